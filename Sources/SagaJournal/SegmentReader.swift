internal import SagaModel
internal import SagaSystem

/// A listed segment, open and with its header checked.
struct OpenSegment: Sendable {
    var name: String
    var path: String
    var number: UInt64
    var salt: FrameSalt
    var byteCount: Int
    var file: any StorageFile

    /// Takes a file, and checks that it is the one that is listed.
    init(
        _ found: SegmentFile, as entry: Manifest.Entry, of lineage: JournalLineage
    ) throws(JournalFailure) {
        let header = try SegmentHeader(found.header.span, file: found.path)
        guard header.lineage == lineage else {
            throw .otherLineage(file: found.path, found: header.lineage, expected: lineage)
        }
        guard header.number == entry.number, header.salt == entry.salt,
            header.segmentBytes == found.byteCount
        else {
            throw .damaged(
                .init(
                    file: found.path, offset: 0,
                    finding: "it is not the file that the manifest lists"))
        }
        self.init(salvaging: found, salt: entry.salt)
    }

    /// Takes a file of a damaged journal as it is.
    init(salvaging found: SegmentFile, salt: UInt64) {
        name = SegmentName.name(found.number)
        path = found.path
        number = found.number
        self.salt = FrameSalt(salt)
        byteCount = found.byteCount
        file = found.file
    }

    /// The same as something to write into.
    func prepared(salt: UInt64) -> PreparedSegment {
        PreparedSegment(number: number, salt: salt, byteCount: byteCount, file: file)
    }
}

/// Reads the frames of one segment through a window that slides over the file.
struct SegmentReader: ~Copyable {
    /// What stands at an offset.
    enum Found {
        /// A frame whose CRC is right.
        case frame(FrameHeader)
        /// No frame: the length is zero, or no header fits any more.
        case end
        /// Something that is no frame.
        case bad
    }

    let segment: OpenSegment
    private let uncached: Bool
    private let windowBytes: Int
    private var window: [UInt8] = []
    private var windowStart = 0

    init(_ segment: OpenSegment, uncached: Bool, windowBytes: Int) {
        self.segment = segment
        self.uncached = uncached
        self.windowBytes = windowBytes
    }

    /// Looks at an offset; the window keeps everything from `kept` on.
    mutating func frame(
        at offset: Int, keeping kept: Int
    ) throws(JournalFailure) -> Found {
        guard offset + FrameHeader.byteCount <= segment.byteCount else { return .end }
        try cover(kept, offset + FrameHeader.byteCount)
        let length = Int(window.span.littleEndian(UInt32.self, at: offset - windowStart))
        if length == 0 { return .end }
        guard length >= FrameHeader.byteCount, offset + length <= segment.byteCount else {
            return .bad
        }
        // Cheap, and keeps stray bytes that look like a length from costing a long CRC.
        var header = FrameHeader(window.span, at: offset - windowStart)
        guard header.durablePosition <= header.position, header.saga <= header.position,
            header.position < JournalPosition(.max),
            header.type.isJournals || header.position > .none
        else { return .bad }
        let end = offset + FrameHeader.stride(length)
        try cover(kept, end)
        let sum = segment.salt.checksum(window.span, at: offset - windowStart, length: length)
        // The padding is not in the CRC, but nothing else than zeros is ever written there.
        guard sum == header.checksum, withBytes(offset + length..<end, { $0.nonzeroEnd }) == 0
        else { return .bad }
        header.length = length
        return .frame(header)
    }

    /// Reads the LINK; nil if there is none that follows `before`, or what it says itself stands
    /// before it.
    mutating func link(
        after before: FrameChain?
    ) throws(JournalFailure) -> (header: FrameHeader, link: LinkFrame)? {
        let offset = SegmentHeader.byteCount
        guard case .frame(let header) = try frame(at: offset, keeping: offset),
            header.type == .link,
            let link = withBytes(
                offset + FrameHeader.byteCount..<offset + header.length, { LinkFrame($0) })
        else { return nil }
        let expected = before ?? link.predecessor
        guard expected.isFollowed(by: header), link.predecessor == expected else { return nil }
        return (header, link)
    }

    /// The offset of the next frame that is valid alone; nil if there is none.
    mutating func nextValidFrame(from offset: Int) throws(JournalFailure) -> Int? {
        var next = offset
        while let nonzero = try firstNonzero(from: next) {
            // A frame begins with its length, which is not zero, at a multiple of eight; the first
            // byte that is not zero may be one of the length's upper ones.
            next = nonzero & ~7
            if case .frame = try frame(at: next, keeping: next) { return next }
            next += 8
        }
        return nil
    }

    /// Drops what was read: the file may have been written since.
    mutating func forget() {
        window.removeAll(keepingCapacity: true)
        windowStart = 0
    }

    /// The bytes of a range that the window still covers.
    func withBytes<Result, Failure: Error>(
        _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = range.lowerBound - windowStart
        return try body(window.span.extracting(start..<start + range.count))
    }

    /// The offset of the first byte from `offset` on that is not zero; nil if there is none.
    mutating func firstNonzero(from offset: Int) throws(JournalFailure) -> Int? {
        var next = offset
        while next < segment.byteCount {
            // What the window holds already comes first: a search that goes on does not read.
            let held = windowStart + window.count
            let isHeld = next >= windowStart && next < held
            let end = min(isHeld ? held : next + windowBytes, segment.byteCount)
            try cover(next, end)
            let found = withBytes(next..<end) { $0.firstNonzeroIndex }
            if next + found < end { return next + found }
            next = end
        }
        return nil
    }

    /// The end of what is not zero from `offset` on; `offset` if all are zero.
    mutating func nonzeroEnd(from offset: Int) throws(JournalFailure) -> Int {
        var last = offset
        var next = offset
        while next < segment.byteCount {
            let end = min(next + windowBytes, segment.byteCount)
            try cover(next, end)
            let found = withBytes(next..<end) { $0.nonzeroEnd }
            if found > 0 { last = next + found }
            next = end
        }
        return last
    }

    /// Makes the window hold a range, and forgets what is before it.
    mutating func cover(_ lower: Int, _ upper: Int) throws(JournalFailure) {
        if lower >= windowStart && upper <= windowStart + window.count { return }
        let unit = SegmentHeader.byteCount
        let start = lower / unit * unit
        if start >= windowStart && start < windowStart + window.count {
            window.removeFirst(start - windowStart)
        } else {
            window.removeAll(keepingCapacity: true)
        }
        windowStart = start
        let readFrom = windowStart + window.count
        let wanted = max(upper, start + windowBytes)
        let readTo = min((wanted + unit - 1) / unit * unit, segment.byteCount)
        if readTo > readFrom {
            try onStorage { () throws(SystemFailure) in
                try segment.file.read(
                    at: readFrom, count: readTo - readFrom, uncached: uncached, into: &window)
            }
        }
        guard upper <= windowStart + window.count else {
            throw .damaged(
                .init(
                    file: segment.path, offset: windowStart + window.count, finding: "it ends early"
                ))
        }
    }
}
