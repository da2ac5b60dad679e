internal import SagaModel
internal import SagaSystem

/// What opening a journal found.
package struct RecoveryReport: Hashable, Sendable {
    /// Whether the directory was empty and a new journal was begun in it.
    package var isNew = false
    /// Records that were read.
    package var records = 0
    /// Segments with records.
    package var segments = 0
    /// What was cut off and kept aside; at most one for each of the last two segments.
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

    let storage: any Storage
    let manifest: Manifest
    let windowBytes: Int
    private var segments: [OpenSegment] = []
    private(set) var report = RecoveryReport()

    init(storage: any Storage, manifest: Manifest, windowBytes: Int) {
        self.storage = storage
        self.manifest = manifest
        self.windowBytes = windowBytes
    }

    /// Reads everything; gives the tail, and a segment behind it that is ready for use.
    mutating func run(
        _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> (tail: Tail, spare: PreparedSegment?) {
        try openSegments()
        let last = segments.count - 1
        var tailIndex = last
        if last > 0, try !holdsFrames(segments[last]) { tailIndex = last - 1 }
        let due = try decideAboutTail(tailIndex)
        if tailIndex < last { try clear(segments[last], position: due) }
        let tail = try visitAll(upTo: tailIndex, visit)
        let spare =
            tailIndex < last ? segments[last].prepared(salt: manifest.entries[last].salt) : nil
        return (tail, spare)
    }

    // MARK: - Opening

    /// Opens and syncs every listed segment before a byte of it is believed.
    private mutating func openSegments() throws(JournalFailure) {
        for entry in manifest.entries {
            let name = SegmentName.name(entry.number)
            let path = storage.path(name)
            let file: any StorageFile
            do throws(SystemFailure) {
                file = try storage.open(name)
            } catch {
                if error.code == .notFound { throw .missingSegment(file: path) }
                throw .inputOutput(error)
            }
            let (size, bytes) = try onStorage { () throws(SystemFailure) in
                try file.sync()
                var bytes: [UInt8] = []
                try file.read(at: 0, count: SegmentHeader.byteCount, uncached: true, into: &bytes)
                return (try file.size(), bytes)
            }
            segments.append(
                try OpenSegment(
                    entry, of: manifest.lineage, file, path: path, size: size, header: bytes))
        }
        try onStorage { () throws(SystemFailure) in try storage.syncDirectory() }
    }

    private func walk(_ segment: OpenSegment, uncached: Bool) -> SegmentWalk {
        SegmentWalk(segment, uncached: uncached, windowBytes: windowBytes)
    }

    private func holdsFrames(_ segment: OpenSegment) throws(JournalFailure) -> Bool {
        var walk = walk(segment, uncached: true)
        return try walk.scan(from: SegmentHeader.byteCount, stoppingAtFirst: true).frames > 0
    }

    // MARK: - The tail

    /// Cleans a segment without any valid frame: its first batch may have been torn.
    private mutating func clear(
        _ segment: OpenSegment, position: JournalPosition
    ) throws(JournalFailure) {
        var walk = walk(segment, uncached: true)
        let start = SegmentHeader.byteCount
        let end = try walk.nonzeroEnd(from: start)
        guard end > start else { return }
        report.tornTails.append(
            try TornTail.cut(
                &walk, of: segment, from: start, to: end, position: position, storage: storage))
    }

    /// Tells a torn tail from damage by the watermark, and cuts the one or refuses the other.
    ///
    /// Every frame carries the highest position known to be durable when it was written. If a frame
    /// of this segment, wherever it stands, knows the position of the first bad one to be durable,
    /// what is bad was acknowledged.
    private mutating func decideAboutTail(
        _ index: Int
    ) throws(JournalFailure) -> JournalPosition {
        let segment = segments[index]
        var walk = walk(segment, uncached: true)
        let end = try walk.run(after: nil) { _, _ in }
        var due = end.due
        if !end.isLinked && index < segments.count - 1 {
            // The segment behind was only begun after the first sync in this one.
            throw damage(segment, end.stoppedAt, nil, "the segment has lost its beginning")
        } else if !end.isLinked && index > 0 {
            // The LINK would say what is due; without it the end of the segment before does.
            let before = try endOfSegment(index - 1)
            due = before.chain.position.next
        } else if !end.isLinked && segment.number > 1 {
            throw damage(segment, end.stoppedAt, nil, "the oldest segment has lost its beginning")
        }
        let rest = try walk.scan(from: end.stoppedAt)
        let durable = max(end.durable, rest.durable)
        guard due > durable else {
            throw damage(
                segment, end.stoppedAt, due,
                "no valid record, though records up to \(durable.rawValue) were acknowledged")
        }
        let nonzeroEnd = try walk.nonzeroEnd(from: end.stoppedAt)
        guard end.hasCutGroup || nonzeroEnd > end.stoppedAt else { return due }
        report.tornTails.append(
            try TornTail.cut(
                &walk, of: segment, from: end.groupEnd, to: max(nonzeroEnd, end.stoppedAt),
                position: due, storage: storage))
        return due
    }

    /// Walks a segment only to see where it ends.
    private func endOfSegment(_ index: Int) throws(JournalFailure) -> SegmentWalk.End {
        var walk = walk(segments[index], uncached: false)
        return try walk.run(after: nil) { _, _ in }
    }

    // MARK: - Records

    private mutating func visitAll(
        upTo tailIndex: Int, _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> Tail {
        var before: SegmentWalk.End?
        for index in 0...tailIndex {
            let segment = segments[index]
            var walk = walk(segment, uncached: index == tailIndex)
            let beginning: FrameChain? = segment.number == 1 ? .beginning : nil
            let end = try walk.run(after: before?.chain ?? beginning, visit)
            if index < tailIndex {
                try checkSealed(index, end)
            }
            report.records += end.records
            if end.isLinked { report.segments += 1 }
            if index == tailIndex {
                return Tail(
                    segment: segment.prepared(salt: manifest.entries[index].salt),
                    offset: end.groupEnd, chain: end.chain,
                    predecessorLength: before?.groupEnd ?? 0, marked: end.durable)
            }
            before = end
        }
        preconditionFailure("a manifest without segments")
    }

    /// A segment that has a successor was acknowledged whole: anything bad in it is damage.
    private func checkSealed(_ index: Int, _ end: SegmentWalk.End) throws(JournalFailure) {
        let segment = segments[index]
        var next = walk(segments[index + 1], uncached: true)
        _ = try next.readLink(after: nil)
        let isWhole: Bool
        if let link = next.link {
            isWhole = link.predecessor == end.chain && link.predecessorLength == end.groupEnd
        } else {
            var rest = walk(segment, uncached: false)
            let nonzeroEnd = try rest.nonzeroEnd(from: end.groupEnd)
            isWhole = !end.hasCutGroup && nonzeroEnd == end.groupEnd
        }
        guard end.isLinked, isWhole else {
            throw damage(segment, end.stoppedAt, end.due, "no valid record in a full segment")
        }
    }

    private func damage(
        _ segment: OpenSegment, _ offset: Int, _ position: JournalPosition?, _ finding: String
    ) -> JournalFailure {
        .damaged(.init(file: segment.path, offset: offset, position: position, finding: finding))
    }
}
