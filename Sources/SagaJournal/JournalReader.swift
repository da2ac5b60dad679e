package import SagaModel
internal import SagaSystem

/// Reads the records of a journal up to a durable position while somebody else writes it.
///
/// It opens files of its own, takes no lock and costs the one who writes nothing. What is durable
/// is never written again, so that all it needs to be told is the durable position; what lies
/// behind that it does not look at. To be used by one thread at a time.
package struct JournalReader: ~Copyable {
    /// A place between two frames, to begin at without reading the segment from its start.
    private struct Landmark {
        var offset: Int
        /// The frame before that place.
        var chain: FrameChain
    }

    /// Bytes between two landmarks: what finding a record reads at most. At 32 bytes each they take
    /// 1 part in 2,000 of the journal's size in memory.
    private static let landmarkStride = 64 << 10

    private let storage: any Storage
    private let lineage: JournalLineage
    private let windowBytes: Int
    private var reader: SegmentReader
    /// Where the next frame is due in the segment that is read.
    private var offset = SegmentHeader.byteCount
    /// The last frame that was passed; nil before the LINK of the first segment.
    private var chain: FrameChain?
    /// The highest durable position that it was told of; what was read before that may be stale.
    private var known = JournalPosition.none
    /// By segment, in rising order.
    private var landmarks: [UInt64: [Landmark]] = [:]

    /// Opens a journal that is there already, and stands at its oldest record.
    ///
    /// - Parameter windowBytes: how much it reads at a time, a multiple of 4096.
    package init(
        _ storage: any Storage, lineage: JournalLineage, windowBytes: Int = 64 << 10
    ) throws(JournalFailure) {
        self.storage = storage
        self.lineage = lineage
        self.windowBytes = windowBytes
        let entries = try Self.entries(storage, lineage)
        let segment = try Self.open(entries[0], storage, lineage)
        reader = SegmentReader(segment, uncached: false, windowBytes: windowBytes)
    }

    /// The position of the oldest record that is kept; nil if none is durable yet.
    package func oldest(durable: JournalPosition) throws(JournalFailure) -> JournalPosition? {
        let entries = try Self.entries(storage, lineage)
        let segment = try Self.open(entries[0], storage, lineage)
        var first = SegmentReader(
            segment, uncached: false, windowBytes: SegmentHeader.byteCount)
        guard let link = try first.link(after: nil)?.link, link.firstPosition <= durable
        else { return nil }
        return link.firstPosition
    }

    /// Goes to a record, so that it is the next that is read.
    ///
    /// - Returns: false if there is no such record among the durable ones: it is older than what is
    ///   kept, in the gap that a restore has left, or not there yet. Then it stands anywhere.
    package mutating func place(
        at position: JournalPosition, durable: JournalPosition
    ) throws(JournalFailure) -> Bool {
        guard position > .none, position <= durable else { return false }
        refresh(durable)
        guard try openSegment(with: position) else { return false }
        if let landmark = landmarks[reader.segment.number]?
            .last(where: { $0.chain.position < position })
        {
            (offset, chain) = (landmark.offset, landmark.chain)
        }
        while (chain?.position ?? .none) < durable {
            let header = try peek()
            if header.position >= position { return header.position == position }
            pass(header)
        }
        return false
    }

    /// Reads on, up to the durable position or a number of bytes.
    ///
    /// - Parameters:
    ///   - durable: how far it may read.
    ///   - byteBudget: it stops behind the record that reaches it.
    ///   - visit: gets frame and payload of each record; when it gives false, that record is not
    ///     taken and will be the next. What it throws ends up in `unreadableRecord`.
    /// - Returns: how many bytes of frames it went over; 0 at the end.
    /// - Throws: `missingSegment` if it was too slow and what it stood before was freed.
    @discardableResult
    package mutating func read(
        upTo durable: JournalPosition, byteBudget: Int = .max,
        _ visit: (FrameHeader, Span<UInt8>) throws -> Bool
    ) throws(JournalFailure) -> Int {
        refresh(durable)
        var bytes = 0
        while (chain?.position ?? .none) < durable, bytes < byteBudget {
            let header = try peek()
            guard header.position <= durable else { break }
            let payload = offset + FrameHeader.byteCount..<offset + header.length
            let isTaken: Bool
            do {
                isTaken = try reader.withBytes(payload) { bytes in try visit(header, bytes) }
            } catch {
                throw .unreadableRecord(
                    .init(
                        file: reader.segment.path, offset: offset, position: header.position,
                        finding: "the record of type \(header.type.rawValue) is not read: \(error)")
                )
            }
            guard isTaken else { break }
            bytes += header.stride
            pass(header)
        }
        return bytes
    }

    // MARK: - Frames

    /// What was read when less was durable may have been written since.
    private mutating func refresh(_ durable: JournalPosition) {
        guard durable > known else { return }
        known = durable
        reader.forget()
    }

    /// The frame of the next record, which must be there: it is durable.
    private mutating func peek() throws(JournalFailure) -> FrameHeader {
        while true {
            guard let before = chain, offset > SegmentHeader.byteCount else {
                try enter()
                continue
            }
            switch try reader.frame(at: offset, keeping: offset) {
            case .frame(let header):
                guard header.type != .link, before.isFollowed(by: header) else { throw damage() }
                if !header.type.isJournals { return header }
                pass(header)
            case .end: try openNext()
            case .bad: throw damage()
            }
        }
    }

    /// Goes over the LINK of a segment.
    private mutating func enter() throws(JournalFailure) {
        guard let (header, _) = try reader.link(after: chain) else { throw damage() }
        pass(header)
    }

    private mutating func pass(_ header: FrameHeader) {
        offset += header.stride
        let passed = FrameChain(position: header.position, checksum: header.checksum)
        chain = passed
        let last = landmarks[reader.segment.number]?.last?.offset ?? 0
        if offset - last >= Self.landmarkStride {
            landmarks[reader.segment.number, default: []].append(
                Landmark(offset: offset, chain: passed))
        }
    }

    private func damage() -> JournalFailure {
        .damaged(
            .init(
                file: reader.segment.path, offset: offset, position: chain?.position.next,
                finding: "no valid record, though it was acknowledged"))
    }

    // MARK: - Segments

    /// Goes to the segment behind this one; the frames of this one have ended.
    private mutating func openNext() throws(JournalFailure) {
        let number = reader.segment.number + 1
        guard
            let entry = try listed().first(where: { $0.number >= number })
        else { throw damage() }
        guard entry.number == number else {
            throw .missingSegment(file: storage.path(SegmentName.name(number)))
        }
        begin(try Self.open(entry, storage, lineage))
    }

    /// Goes to the beginning of the segment that a position would be in; false if all are younger.
    private mutating func openSegment(
        with position: JournalPosition
    ) throws(JournalFailure) -> Bool {
        let entries = try listed()
        for entry in entries.reversed() {
            if entry.number != reader.segment.number {
                begin(try Self.open(entry, storage, lineage))
            }
            (offset, chain) = (SegmentHeader.byteCount, nil)
            // Of the newest the first write may be under way: it holds nothing durable then.
            guard let link = try reader.link(after: nil)?.link, link.firstPosition <= position
            else { continue }
            return true
        }
        return false
    }

    /// The segments that there are; what is known of others is forgotten.
    private mutating func listed() throws(JournalFailure) -> [Manifest.Entry] {
        let entries = try Self.entries(storage, lineage)
        let oldest = entries[0].number
        landmarks = landmarks.filter { $0.key >= oldest }
        return entries
    }

    private mutating func begin(_ segment: OpenSegment) {
        reader = SegmentReader(segment, uncached: false, windowBytes: windowBytes)
        offset = SegmentHeader.byteCount
    }

    static func entries(
        _ storage: any Storage, _ lineage: JournalLineage
    ) throws(JournalFailure) -> [Manifest.Entry] {
        let bytes = try onStorage { () throws(SystemFailure) in
            let file = try storage.open(Manifest.name)
            var bytes: [UInt8] = []
            try file.read(at: 0, count: try file.size(), uncached: false, into: &bytes)
            return bytes
        }
        let path = storage.path(Manifest.name)
        let manifest = try Manifest(bytes.span, file: path)
        guard manifest.lineage == lineage else {
            throw .otherLineage(file: path, found: manifest.lineage, expected: lineage)
        }
        return manifest.entries
    }

    static func open(
        _ entry: Manifest.Entry, _ storage: any Storage, _ lineage: JournalLineage
    ) throws(JournalFailure) -> OpenSegment {
        try OpenSegment(SegmentFile(storage, entry.number), as: entry, of: lineage)
    }
}
