package import SagaModel
internal import SagaSystem

/// What opening a journal found.
package struct RecoveryReport: Hashable, Sendable {
    /// Whether the directory was empty and a new journal was begun in it.
    package var isNew = false
    /// Records that were read.
    package var records = 0
    /// Segments with records.
    package var segments = 0
    /// The position that the oldest record has at least.
    package var oldestPosition = JournalPosition(1)
    /// What each segment was found to be, by its number.
    package var cases: [UInt64: RecoveryCase] = [:]
    /// What was cut off and kept aside.
    package var tornTails: [TornTail] = []
}

/// Reads what an earlier life has left: decides about the tail, then visits all records in order.
struct Recovery {
    /// The end of the journal, where writing goes on.
    struct Tail {
        var segment: PreparedSegment
        var offset: Int
        var chain: FrameChain
        /// Where the frames of the segment before end; 0 if there is none.
        var predecessorLength: Int
        /// The highest durable position that a frame carries.
        var marked: JournalPosition
    }

    /// A torn tail that was found, and is not yet cut off.
    struct Cut {
        var segment: OpenSegment
        var range: Range<Int>
        var foundCase: RecoveryCase
        var position: JournalPosition
    }

    let storage: any Storage
    let manifest: Manifest
    let windowBytes: Int
    /// Whether somebody else may be writing: nothing is synced, and what does not fit at the end of
    /// the tail may still be on its way.
    let isInUse: Bool
    /// Told about how many bytes of records there are.
    let willRead: @Sendable (_ bytes: Int) -> Void
    private var segments: [OpenSegment] = []
    private(set) var cuts: [Cut] = []
    private(set) var report = RecoveryReport()
    /// What the LINK of each segment with one says of the first position, by number.
    private(set) var links: [UInt64: LinkFrame] = [:]
    /// Where the last whole group of each segment ends, by number.
    private(set) var ends: [UInt64: Int] = [:]
    /// The segments before the tail, oldest first.
    private(set) var sealed: [SealedSegment] = []

    init(
        storage: any Storage, manifest: Manifest, windowBytes: Int, isInUse: Bool = false,
        willRead: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) {
        self.storage = storage
        self.manifest = manifest
        self.windowBytes = windowBytes
        self.isInUse = isInUse
        self.willRead = willRead
    }

    /// Bytes of each segment file, by number.
    var sizes: [UInt64: Int] {
        Dictionary(segments.map { ($0.number, $0.byteCount) }) { $1 }
    }

    /// Reads everything; gives the tail, and a segment behind it that is ready for use.
    ///
    /// Changes nothing: what is torn is cut off by `cutTornTails`, when all the rest is known to be
    /// right.
    mutating func run(
        _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> (tail: Tail, spare: PreparedSegment?) {
        try openSegments()
        let last = segments.count - 1
        var tailIndex = last
        if last > 0, try !holdsFrames(segments[last]) { tailIndex = last - 1 }
        let due = try decideAboutTail(tailIndex)
        if tailIndex < last { try decideAboutSpare(last, position: due) }
        let tail = try visitAll(upTo: tailIndex, visit)
        let spare =
            tailIndex < last ? segments[last].prepared(salt: manifest.entries[last].salt) : nil
        return (tail, spare)
    }

    // MARK: - Opening

    /// Opens and syncs every listed segment before a byte of it is believed.
    private mutating func openSegments() throws(JournalFailure) {
        for entry in manifest.entries {
            let file = try SegmentFile(
                storage, entry.number, isInUse ? .asOnDiskUnsynced : .asOnDisk)
            segments.append(try OpenSegment(file, as: entry, of: manifest.lineage))
        }
        guard !isInUse else { return }
        try onStorage { () throws(SystemFailure) in try storage.syncDirectory() }
    }

    private func walk(_ segment: OpenSegment, uncached: Bool) -> SegmentWalk {
        SegmentWalk(segment, uncached: uncached, windowBytes: windowBytes)
    }

    private func holdsFrames(_ segment: OpenSegment) throws(JournalFailure) -> Bool {
        var walk = walk(segment, uncached: true)
        return try walk.scan(from: SegmentHeader.byteCount, stoppingAtFirst: true).frames > 0
    }

    // MARK: - Decisions

    /// Does what the table says about a segment.
    ///
    /// - Parameters:
    ///   - groupEnd: where the last whole group ends.
    ///   - stoppedAt: where the first thing stands that does not belong there.
    ///   - due: the position that was due there.
    private mutating func settle(
        _ facts: SegmentFacts, _ segment: OpenSegment, groupEnd: Int, stoppedAt: Int,
        due: JournalPosition?
    ) throws(JournalFailure) {
        let row = RecoveryCase.row(for: facts)
        report.cases[segment.number] = row.name
        switch row.action {
        case .keep: return
        case .refuse(let finding):
            throw .damaged(
                .init(
                    file: segment.path, offset: stoppedAt, position: due,
                    finding: "\(finding) (case \(row.name.rawValue))"))
        case .cut:
            var walk = walk(segment, uncached: true)
            let end = max(try walk.nonzeroEnd(from: stoppedAt), stoppedAt)
            cuts.append(
                Cut(
                    segment: segment, range: groupEnd..<end, foundCase: row.name,
                    position: due ?? .none))
        }
    }

    /// Keeps what is torn in files of its own and overwrites it with zeros.
    mutating func cutTornTails() throws(JournalFailure) {
        for cut in cuts {
            var walk = walk(cut.segment, uncached: true)
            report.tornTails.append(try TornTail.cut(&walk, cut, storage: storage))
        }
        cuts = []
    }

    private func origin(_ index: Int) -> SegmentFacts.Origin {
        if index > 0 { return .later }
        return segments[index].number == 1 ? .first : .oldest
    }

    private func ending(
        _ segment: OpenSegment, _ end: SegmentWalk.End
    ) throws(JournalFailure) -> SegmentFacts.Ending {
        if end.hasCutGroup { return .cutGroup }
        var walk = walk(segment, uncached: true)
        return try walk.nonzeroEnd(from: end.groupEnd) > end.groupEnd ? .bad : .clean
    }

    /// Looks at the last segment when it has no valid frame: its first batch may have been torn.
    private mutating func decideAboutSpare(
        _ index: Int, position: JournalPosition
    ) throws(JournalFailure) {
        let start = SegmentHeader.byteCount
        let facts = SegmentFacts(
            place: .spare, origin: origin(index), isLinked: false, hasSuccessor: false,
            successor: .silent,
            ending: try ending(segments[index], SegmentWalk.End(chain: .beginning, due: position)),
            isAcknowledged: false)
        try settle(facts, segments[index], groupEnd: start, stoppedAt: start, due: position)
    }

    /// Tells a torn tail from damage by the watermark.
    ///
    /// Every frame carries the highest position known to be durable when it was written. If a frame
    /// of this segment, wherever it stands, knows the position of the first bad one to be durable,
    /// what is bad was acknowledged.
    private mutating func decideAboutTail(
        _ index: Int
    ) throws(JournalFailure) -> JournalPosition {
        let segment = segments[index]
        var (end, due, durable) = try lookAtTail(index)
        while isInUse, due <= durable {
            // What is durable was written before: who looks again sees it, unless it is not there.
            let again = try lookAtTail(index)
            if again.end.stoppedAt == end.stoppedAt { break }
            (end, due, durable) = again
        }
        let facts = SegmentFacts(
            place: .tail, origin: origin(index), isLinked: end.isLinked,
            hasSuccessor: index < segments.count - 1, successor: .silent,
            ending: try ending(segment, end), isAcknowledged: due <= durable)
        try settle(
            facts, segment, groupEnd: end.groupEnd, stoppedAt: end.stoppedAt,
            due: origin(index) == .oldest && !end.isLinked ? nil : due)
        // Sealed segments are full, but for what the group behind had needed.
        willRead(segments[..<index].reduce(end.groupEnd) { $0 + $1.byteCount })
        return due
    }

    private func lookAtTail(
        _ index: Int
    ) throws(JournalFailure) -> (
        end: SegmentWalk.End, due: JournalPosition, durable: JournalPosition
    ) {
        var walk = walk(segments[index], uncached: !isInUse)
        let end = try walk.run(after: nil) { _, _ in }
        var due = end.due
        if !end.isLinked && index > 0 {
            // The LINK would say what is due; without it the end of the segment before does.
            due = try endOfSegment(index - 1).chain.position.next
        }
        return (end, due, max(end.durable, try walk.scan(from: end.stoppedAt).durable))
    }

    /// Walks a segment only to see where it ends.
    private func endOfSegment(_ index: Int) throws(JournalFailure) -> SegmentWalk.End {
        var walk = walk(segments[index], uncached: false)
        return try walk.run(after: nil) { _, _ in }
    }

    /// A segment that has a successor was acknowledged whole: anything bad in it is damage.
    private mutating func decideAboutSealed(
        _ index: Int, _ end: SegmentWalk.End
    ) throws(JournalFailure) {
        let segment = segments[index]
        var next = walk(segments[index + 1], uncached: true)
        _ = try next.readLink(after: nil)
        let successor: SegmentFacts.Successor =
            if let link = next.link {
                link.predecessor == end.chain && link.predecessorLength == end.groupEnd
                    ? .agrees : .disagrees
            } else {
                .silent
            }
        let facts = SegmentFacts(
            place: .sealed, origin: origin(index), isLinked: end.isLinked, hasSuccessor: true,
            successor: successor, ending: try ending(segment, end), isAcknowledged: true)
        try settle(
            facts, segment, groupEnd: end.groupEnd, stoppedAt: end.stoppedAt, due: end.due)
    }

    // MARK: - Records

    private mutating func visitAll(
        upTo tailIndex: Int, _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> Tail {
        var before: SegmentWalk.End?
        for index in 0...tailIndex {
            let segment = segments[index]
            var walk = walk(segment, uncached: index == tailIndex && !isInUse)
            let beginning: FrameChain? = segment.number == 1 ? .beginning : nil
            let end = try walk.run(after: before?.chain ?? beginning, visit)
            if index < tailIndex {
                try decideAboutSealed(index, end)
            }
            report.records += end.records
            if end.isLinked { report.segments += 1 }
            links[segment.number] = walk.link
            if index == 0, let link = walk.link { report.oldestPosition = link.firstPosition }
            ends[segment.number] = end.groupEnd
            if index == tailIndex {
                return Tail(
                    segment: segment.prepared(salt: manifest.entries[index].salt),
                    offset: end.groupEnd, chain: end.chain,
                    predecessorLength: before?.groupEnd ?? 0, marked: end.durable)
            }
            before = end
            sealed.append(
                SealedSegment(
                    number: segment.number, lastPosition: end.chain.position,
                    byteCount: segment.byteCount))
        }
        preconditionFailure("a manifest without segments")
    }
}
