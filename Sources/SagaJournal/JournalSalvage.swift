package import SagaModel
internal import SagaSystem

/// Copies what is whole of a damaged journal into a new one.
///
/// Whole groups in front of damage are copied, and so are those behind it, from the first place on
/// where a group is known to begin. Records keep their positions, since records name each other by
/// them; a record that stands in says of each lost one that it was there. What is left of a saga
/// that has lost a record does not fit any more, and a start sets that saga aside. The source is
/// only read.
package struct JournalSalvage: Sendable {
    /// Positions whose records are not in the copy.
    package struct Loss: Hashable, Sendable {
        /// The first one.
        package var first: JournalPosition
        /// The last one that is known of; below the first if none is.
        package var last: JournalPosition
        /// The path of the segment where they should be.
        package var file: String
        /// Where the trouble begins, in bytes.
        package var offset: Int
        /// What is wrong there.
        package var finding: String
    }

    /// Records that were copied.
    package private(set) var records = 0
    /// The position of the first of them.
    package private(set) var firstPosition = JournalPosition.none
    /// The position of the last of them.
    package private(set) var lastPosition = JournalPosition.none
    /// What was left out, in order; of the end, what had begun and was acknowledged to nobody too.
    package private(set) var losses: [Loss] = []
    /// The highest position that any frame has or knows to be durable.
    private var highest = JournalPosition.none
    /// Files that could not be used at all, with the reason.
    package private(set) var unusable: [String] = []
    /// Whether the source is a backup: the copy is one then, too.
    package private(set) var isBackup = false

    /// The largest gap that is filled; one that is longer is no damage but a wrong file.
    private static let longestGap: UInt64 = 10_000_000

    /// A segment as far as it can be opened.
    private struct Source {
        var segment: OpenSegment
        var link: LinkFrame?
    }

    /// Salvages a journal.
    ///
    /// - Parameters:
    ///   - source: the damaged journal, which nobody writes.
    ///   - target: an empty directory.
    ///   - settings: how the copy is made.
    ///   - progress: gets how many bytes of all were read.
    package static func run(
        from source: any Storage, to target: any Storage, _ settings: JournalSettings,
        progress: (_ done: Int, _ all: Int) -> Void
    ) throws(JournalFailure) -> JournalSalvage {
        var salvage = JournalSalvage()
        let (lineage, sources) = try salvage.open(source)
        guard let lineage, let oldest = sources.first else {
            throw .missingManifest(path: source.location)
        }
        let windowBytes = settings.limits.windowBytes
        let all = sources.reduce(0) { $0 + $1.segment.byteCount }
        let mark = try Self.mark(of: source)
        salvage.isBackup = mark != nil
        var copy = try SalvagedCopy(
            target, settings, mark: mark, lineage: lineage, number: oldest.segment.number,
            link: oldest.link)
        var done = 0
        var damage: (file: String, offset: Int, finding: String)?
        var expected = oldest.segment.number
        for source in sources {
            if source.segment.number != expected, damage == nil {
                damage = (source.segment.path, 0, "the segment before it is missing")
            }
            expected = source.segment.number + 1
            try salvage.copy(source.segment, windowBytes, &damage, &copy)
            done += source.segment.byteCount
            progress(done, all)
        }
        if let damage {
            // What was acknowledged at the end is not given out again either.
            let last = max(copy.chainPosition, salvage.highest)
            salvage.losses.append(
                Loss(
                    first: copy.chainPosition.next, last: last, file: damage.file,
                    offset: damage.offset, finding: damage.finding))
            if last.rawValue - copy.chainPosition.rawValue <= Self.longestGap {
                try copy.fillGap(upTo: last.next)
            }
        }
        try copy.finish()
        salvage.lastPosition = copy.chainPosition
        return salvage
    }

    /// Copies the groups of one segment.
    private mutating func copy(
        _ segment: OpenSegment, _ windowBytes: Int,
        _ damage: inout (file: String, offset: Int, finding: String)?, _ copy: inout SalvagedCopy
    ) throws(JournalFailure) {
        var reader = SegmentReader(segment, uncached: false, windowBytes: windowBytes)
        var offset = SegmentHeader.byteCount
        var chain: FrameChain?
        var group: [SalvagedRecord] = []
        // The beginning of a segment is one of a group.
        var isAtBoundary = true
        while offset + FrameHeader.byteCount <= segment.byteCount {
            guard case .frame(let header) = try reader.frame(at: offset, keeping: offset),
                chain.map({ $0.isFollowed(by: header) }) ?? true
            else {
                let next = try Self.nextRun(&reader, from: offset)
                let isEnd = try reader.firstNonzero(from: offset) == nil
                if !isEnd || !group.isEmpty, damage == nil {
                    damage = (segment.path, offset, "no valid record")
                }
                group = []
                guard let next else { return }
                (offset, chain, isAtBoundary) = (next.offset, next.chain, false)
                continue
            }
            chain = FrameChain(position: header.position, checksum: header.checksum)
            highest = max(highest, header.position)
            let continues = header.flags.contains(.continues)
            if header.type.isJournals || header.isBehindGap {
                if !group.isEmpty { damage = damage ?? (segment.path, offset, "a group is cut") }
                group = []
                isAtBoundary = true
            }
            if header.type.isJournals {
                offset += header.stride
                continue
            }
            if isAtBoundary {
                let payload = reader.withBytes(
                    offset + FrameHeader.byteCount..<offset + header.length
                ) { bytes in
                    [UInt8](capacity: bytes.count) { output in
                        for index in bytes.indices { output.append(bytes[index]) }
                    }
                }
                group.append(SalvagedRecord(header: header, payload: payload))
                if !continues {
                    try take(group, segment, &damage, &copy)
                    group = []
                }
            } else if !continues {
                isAtBoundary = true
            }
            offset += header.stride
        }
        if !group.isEmpty, damage == nil { damage = (segment.path, offset, "no valid record") }
    }

    /// The next place where a chain of frames may begin, and what its first frame follows.
    private static func nextRun(
        _ reader: inout SegmentReader, from offset: Int
    ) throws(JournalFailure) -> (offset: Int, chain: FrameChain)? {
        var next = offset
        while let found = try reader.nextValidFrame(from: next),
            case .frame(let header) = try reader.frame(at: found, keeping: found)
        {
            let step: UInt64 = header.type.isJournals ? 0 : 1
            let chain = FrameChain(
                position: JournalPosition(header.position.rawValue - step),
                checksum: header.previousChecksum)
            if chain.isFollowed(by: header) { return (found, chain) }
            next = found + 8
        }
        return nil
    }

    /// Takes a whole group into the copy, with what stands in for the lost ones before it.
    private mutating func take(
        _ group: [SalvagedRecord], _ segment: OpenSegment,
        _ damage: inout (file: String, offset: Int, finding: String)?, _ copy: inout SalvagedCopy
    ) throws(JournalFailure) {
        let before = copy.chainPosition
        let first = group[0].header.position
        // Seen already: a block that was doubled.
        guard first > before else { return }
        let header = group[0].header
        // Behind the gap of a restore, what was the last record before it is known.
        let due = header.isBehindGap ? header.durablePosition.next : first
        if before.next < due {
            let found = damage ?? (segment.path, SegmentHeader.byteCount, "records are missing")
            losses.append(
                Loss(
                    first: before.next, last: JournalPosition(due.rawValue - 1), file: found.file,
                    offset: found.offset, finding: found.finding))
            guard due.rawValue - before.rawValue <= Self.longestGap else { return }
            try copy.fillGap(upTo: due)
        }
        damage = nil
        if firstPosition == .none { firstPosition = first }
        records += group.count
        try copy.append(group)
    }

    // MARK: - The source

    /// Opens all segments that can be, by the manifest where it can be read.
    private mutating func open(
        _ storage: any Storage
    ) throws(JournalFailure) -> (JournalLineage?, [Source]) {
        let names = try Journal.inDirectory(storage) { () throws(SystemFailure) in
            try storage.list()
        }
        var manifest: Manifest?
        do throws(JournalFailure) {
            manifest = try Journal.readManifest(storage, names, isInUse: true)
        } catch {
            unusable.append(error.message)
        }
        var lineage = manifest?.lineage
        var numbers = names.compactMap { SegmentName.number($0) }
        if let manifest { numbers = manifest.entries.map(\.number) }
        var sources: [Source] = []
        for number in numbers.sorted() {
            do throws(JournalFailure) {
                let listed = manifest?.entries.first { $0.number == number }
                let (segment, found) = try Self.open(storage, number, listed, lineage)
                if lineage == nil { lineage = found }
                var reader = SegmentReader(
                    segment, uncached: false, windowBytes: SegmentHeader.byteCount)
                sources.append(
                    Source(segment: segment, link: try reader.link(after: nil)?.link))
            } catch {
                unusable.append(error.message)
            }
        }
        return (lineage, sources)
    }

    /// What the mark of a backup is to say in the copy; nil if the source has none.
    ///
    /// Without it the copy would go on in the epochs of the coordinator that the backup was made
    /// of.
    private static func mark(of source: any Storage) throws(JournalFailure) -> String? {
        try Journal.inDirectory(source) { () throws(SystemFailure) in
            guard try source.list().contains(BackupMark.name) else { return nil }
            return try BackupMark.textForCopy(of: source)
        }
    }

    /// Opens a segment; where its header is damaged, by what the manifest says of it.
    private static func open(
        _ storage: any Storage, _ number: UInt64, _ listed: Manifest.Entry?,
        _ lineage: JournalLineage?
    ) throws(JournalFailure) -> (OpenSegment, JournalLineage) {
        let file = try SegmentFile(storage, number)
        do throws(JournalFailure) {
            let header = try SegmentHeader(file.header.span, file: file.path)
            if let lineage, header.lineage != lineage {
                throw .otherLineage(file: file.path, found: header.lineage, expected: lineage)
            }
            return (OpenSegment(salvaging: file, salt: header.salt), header.lineage)
        } catch {
            guard case .damaged = error, let listed, let lineage else { throw error }
            return (OpenSegment(salvaging: file, salt: listed.salt), lineage)
        }
    }
}

/// A record on its way into the copy.
struct SalvagedRecord {
    var header: FrameHeader
    var payload: [UInt8]
}

/// The new journal that whole groups go into.
struct SalvagedCopy: ~Copyable {
    private var journal: Journal
    private var batch = FrameBatch()
    /// The last record, those in the batch included.
    private(set) var chainPosition: JournalPosition

    /// Begins a journal of the same lineage, at the same place.
    ///
    /// - Parameter mark: what makes it a backup, before there is anything else in it; nil for
    ///   none.
    init(
        _ storage: any Storage, _ settings: JournalSettings, mark: String?,
        lineage: JournalLineage, number: UInt64, link: LinkFrame?
    ) throws(JournalFailure) {
        try Journal.checkDirectory(storage, settings)
        try Journal.lock(storage, settings)
        var preparation = SegmentPreparation(
            storage: storage, segmentBytes: settings.limits.segmentBytes,
            entropy: settings.entropy, manifest: Manifest(lineage: lineage, entries: []),
            firstNumber: number)
        let segment = try Journal.inDirectory(storage) { () throws(SystemFailure) in
            try storage.makePrivate()
            if let mark { try BackupMark.write(mark, to: storage) }
            return try preparation.next()
        }
        let isOnThread = settings.preparation == .onThread
        let (preparer, freer) = try onStorage { () throws(SystemFailure) in
            let preparer = try SegmentPreparer(preparation, spare: nil, onThread: isOnThread)
            let freer = try SegmentFreer(
                preparer.preparation, hold: settings.freeing, onThread: isOnThread)
            return (preparer, freer)
        }
        let chain = number == 1 ? .beginning : link?.predecessor ?? .beginning
        chainPosition = chain.position
        journal = Journal(
            lineage: lineage, recovered: RecoveryReport(isNew: true), sealed: [],
            tail: Recovery.Tail(
                segment: segment, offset: SegmentHeader.byteCount, chain: chain,
                predecessorLength: number == 1 ? 0 : link?.predecessorLength ?? 0,
                marked: chain.position), storage: storage, preparer: preparer, freer: freer,
            settings: settings)
    }

    /// Puts a record that stands in at each position up to one.
    mutating func fillGap(upTo next: JournalPosition) throws(JournalFailure) {
        while chainPosition.next < next {
            chainPosition = chainPosition.next
            batch.append(
                type: .lost, at: chainPosition, saga: .none, continues: false, isIgnorable: true
            ) { _ in }
            try commitIfFull()
        }
    }

    mutating func append(_ group: [SalvagedRecord]) throws(JournalFailure) {
        // A record behind a gap is the first of its batch.
        if group[0].header.mayLeap { _ = try journal.commit(&batch) }
        for record in group {
            chainPosition = record.header.position
            batch.append(
                type: record.header.type, at: record.header.position, saga: record.header.saga,
                continues: record.header.flags.contains(.continues),
                isIgnorable: record.header.flags.contains(.ignorable)
            ) { $0.append(contentsOf: record.payload) }
        }
        try commitIfFull()
    }

    private mutating func commitIfFull() throws(JournalFailure) {
        if batch.isFull { _ = try journal.commit(&batch) }
    }

    mutating func finish() throws(JournalFailure) {
        _ = try journal.commit(&batch)
        try journal.mark()
    }
}
