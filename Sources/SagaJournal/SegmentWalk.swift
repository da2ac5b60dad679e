internal import SagaModel
internal import SagaSystem

/// Goes through the frames of one segment in order, group by group, until something does not fit.
struct SegmentWalk: ~Copyable {
    /// Where a walk ended.
    struct End {
        /// The offset behind the last whole group.
        var groupEnd = SegmentHeader.byteCount
        /// The last frame of that group.
        var chain: FrameChain
        /// Where the first thing stands that is no good frame; behind `groupEnd` if a group is cut.
        var stoppedAt = SegmentHeader.byteCount
        /// The position that was due there.
        var due: JournalPosition
        /// Whether a LINK was there and fitted.
        var isLinked = false
        /// Records of whole groups.
        var records = 0
        /// The highest durable position in the good frames.
        var durable = JournalPosition.none

        /// Whether a group has begun and not ended.
        var hasCutGroup: Bool { stoppedAt != groupEnd }
    }

    private var reader: SegmentReader
    /// The frames of the group that is being read, with their offsets.
    private var group: [(header: FrameHeader, offset: Int)] = []
    /// The LINK, once it was read.
    private(set) var link: LinkFrame?

    init(_ segment: OpenSegment, uncached: Bool, windowBytes: Int) {
        reader = SegmentReader(segment, uncached: uncached, windowBytes: windowBytes)
    }

    /// Walks to the end.
    ///
    /// - Parameters:
    ///   - before: the last frame of the segment before; nil for the oldest listed segment, whose
    ///     LINK says it.
    ///   - visit: gets each record of each whole group.
    mutating func run(
        after before: FrameChain?, _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> End {
        let beginning = before ?? .beginning
        var end = End(chain: beginning, due: beginning.position.next)
        guard let linked = try readLink(after: before) else { return end }
        end.isLinked = true
        end.durable = linked.durablePosition
        var chain = FrameChain(position: linked.position, checksum: linked.checksum)
        var offset = SegmentHeader.byteCount + linked.stride
        (end.chain, end.groupEnd) = (chain, offset)
        while case .frame(let header) = try reader.frame(at: offset, keeping: end.groupEnd),
            chain.isFollowed(by: header), header.type != .link,
            offset == end.groupEnd || !chain.beginsGroup(header)
        {
            try checkKnown(header, offset)
            chain = FrameChain(position: header.position, checksum: header.checksum)
            end.durable = max(end.durable, header.durablePosition)
            if !header.type.isJournals { group.append((header, offset)) }
            offset += header.stride
            if !header.flags.contains(.continues) || PlantedBug.acceptsTornGroups.isPlanted {
                try visitGroup(visit)
                end.records += group.count
                group.removeAll(keepingCapacity: true)
                (end.chain, end.groupEnd) = (chain, offset)
            }
        }
        end.stoppedAt = offset
        end.due = chain.position.next
        return end
    }

    /// Reads the LINK and notes it; nil if there is none that follows `before`.
    mutating func readLink(
        after before: FrameChain?
    ) throws(JournalFailure) -> FrameHeader? {
        guard let (header, link) = try reader.link(after: before) else { return nil }
        self.link = link
        return header
    }

    /// A frame of the journal's own that only a newer release knows is refused, unless it says that
    /// it may be passed over.
    private func checkKnown(_ header: FrameHeader, _ offset: Int) throws(JournalFailure) {
        guard header.type.isJournals, header.type != .mark, !header.flags.contains(.ignorable)
        else { return }
        throw .newerRecord(
            .init(
                file: reader.segment.path, offset: offset, position: header.position,
                finding: "a frame of the journal's own of type \(header.type.rawValue)"))
    }

    private func visitGroup(
        _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) {
        for (header, offset) in group {
            do {
                let payload = offset + FrameHeader.byteCount..<offset + header.length
                try reader.withBytes(payload) { bytes in try visit(header, bytes) }
            } catch let error as UnknownRecordType {
                throw .newerRecord(
                    .init(
                        file: reader.segment.path, offset: offset, position: header.position,
                        finding: "\(error)"))
            } catch {
                throw .unreadableRecord(
                    .init(
                        file: reader.segment.path, offset: offset, position: header.position,
                        finding: "the record of type \(header.type.rawValue) is not read: \(error)")
                )
            }
        }
    }

    /// Looks for frames that are valid alone, from an offset to the end of the segment.
    ///
    /// Gives how many there are and the highest durable position in them.
    mutating func scan(
        from offset: Int, stoppingAtFirst: Bool = false
    ) throws(JournalFailure) -> (frames: Int, durable: JournalPosition) {
        var result = (frames: 0, durable: JournalPosition.none)
        var next = offset
        while let found = try reader.nextValidFrame(from: next),
            case .frame(let header) = try reader.frame(at: found, keeping: found)
        {
            result.frames += 1
            result.durable = max(result.durable, header.durablePosition)
            if stoppingAtFirst { return result }
            next = found + header.stride
        }
        return result
    }

    /// The end of what is not zero, from an offset on.
    mutating func nonzeroEnd(from offset: Int) throws(JournalFailure) -> Int {
        try reader.nonzeroEnd(from: offset)
    }

    /// Copies a range of the segment, piece by piece.
    mutating func copy(_ range: Range<Int>, to file: any StorageFile) throws(JournalFailure) {
        let pieceBytes = 1 << 20
        var next = range.lowerBound
        while next < range.upperBound {
            let end = min(next + pieceBytes, range.upperBound)
            try reader.cover(next, end)
            let offset = next - range.lowerBound
            try reader.withBytes(next..<end) { bytes throws(JournalFailure) in
                try onStorage { () throws(SystemFailure) in try file.write(bytes, at: offset) }
            }
            next = end
        }
    }
}
