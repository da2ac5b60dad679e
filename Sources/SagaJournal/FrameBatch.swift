package import SagaModel
internal import SagaSystem

/// Records on their way into the journal: whole groups, packed as they will stand in the segment.
///
/// One buffer, used again for every batch; nothing is allocated for a frame.
package struct FrameBatch: ~Copyable {
    private(set) var bytes: [UInt8] = []
    /// The index behind each group.
    private(set) var groupEnds: [Int] = []
    /// The position before the first record's, and of the last one.
    private(set) var first = JournalPosition.none
    /// Whether the first record may leave a gap in front of it.
    private(set) var firstMayLeap = false
    private(set) var chain = FrameChain.beginning
    /// How many records there are.
    package private(set) var recordCount = 0
    private let capacity: Int

    /// Makes an empty batch; `capacityBytes` is where it counts as full, and is allocated at once.
    package init(capacityBytes: Int = 256 << 10) {
        capacity = capacityBytes
        bytes.reserveCapacity(capacityBytes + capacityBytes / 4)
        groupEnds.reserveCapacity(1024)
    }

    /// Bytes of all frames so far.
    package var byteCount: Int { bytes.count }

    /// Whether there is nothing to commit.
    package var isEmpty: Bool { bytes.isEmpty }

    /// Whether it should be committed before another group is begun.
    ///
    /// A group that was begun goes in whole, whatever its size.
    package var isFull: Bool { bytes.count >= capacity }

    /// Appends one record.
    ///
    /// - Parameters:
    ///   - type: what the payload is; not one of the journal's own.
    ///   - position: the number of the record, which must follow that of the one before. The first
    ///     of a batch, if it is a group by itself of type `.life`, may leave a gap: it has the
    ///     first number of a new incarnation then.
    ///   - saga: the position of the start record of its saga, or none.
    ///   - continues: whether the next record belongs to the same group.
    ///   - isIgnorable: whether a release that does not know the type may pass over it.
    ///   - payload: appends the payload to the buffer, and does nothing else to it.
    package mutating func append(
        type: RecordType, at position: JournalPosition, saga: JournalPosition, continues: Bool,
        isIgnorable: Bool = false, _ payload: (inout [UInt8]) -> Void
    ) {
        precondition(!type.isJournals, "type \(type.rawValue) is the journal's own")
        if recordCount == 0 {
            first = position
            firstMayLeap = type == .life && !continues
        } else {
            precondition(
                position.rawValue == chain.position.rawValue + 1,
                "record \(position.rawValue) behind \(chain.position.rawValue)")
        }
        var flags: FrameFlags = []
        if continues { flags.insert(.continues) }
        if isIgnorable { flags.insert(.ignorable) }
        let index = bytes.count
        appendZeros(FrameHeader.byteCount, to: &bytes)
        payload(&bytes)
        let length = bytes.count - index
        precondition(length >= FrameHeader.byteCount, "the payload's closure removed bytes")
        finishFrame(&bytes, at: index, type, flags, position, saga)
        chain.position = position
        recordCount += 1
        if !continues { groupEnds.append(bytes.count) }
    }

    /// Forgets everything but keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        groupEnds.removeAll(keepingCapacity: true)
        recordCount = 0
        first = .none
        chain = .beginning
    }

    /// Forgets whole groups at the beginning, the last of which ends with a record.
    mutating func removeFirst(_ count: Int, behind position: JournalPosition) {
        guard count < bytes.count else {
            removeAll()
            return
        }
        guard count > 0 else { return }
        bytes.removeFirst(count)
        groupEnds = groupEnds.drop { $0 <= count }.map { $0 - count }
        recordCount -= Int(clamping: position.rawValue - first.rawValue) + 1
        first = position.next
    }

    /// Fills in durable position, chain and CRC of the frames in a range of whole groups.
    mutating func seal(
        _ range: Range<Int>, salt: FrameSalt, durable: JournalPosition, after chain: FrameChain
    ) -> (chain: FrameChain, records: Int) {
        var chain = chain
        var index = range.lowerBound
        var records = 0
        var span = bytes.mutableSpan
        while index < range.upperBound {
            let sealed = salt.seal(
                &span, at: index, previousChecksum: chain.checksum, durablePosition: durable)
            chain.checksum = sealed.checksum
            chain.position = JournalPosition(span.span.littleEndian(UInt64.self, at: index + 16))
            index += sealed.stride
            records += 1
        }
        return (chain, records)
    }
}

/// Appends zeros at about the speed of memset, where a loop of `append` is far slower.
func appendZeros(_ count: Int, to bytes: inout [UInt8]) {
    bytes.append(addingCapacity: count) { output in
        for _ in 0..<count { output.append(0) }
    }
}

/// Fills in the header of the frame that begins at `index` and ends with the bytes, and pads it.
func finishFrame(
    _ bytes: inout [UInt8], at index: Int, _ type: RecordType, _ flags: FrameFlags,
    _ position: JournalPosition, _ saga: JournalPosition
) {
    let length = bytes.count - index
    appendZeros(FrameHeader.stride(length) - length, to: &bytes)
    var span = bytes.mutableSpan
    span.storeLittleEndian(UInt32(length), at: index)
    span.storeLittleEndian(type.rawValue, at: index + 8)
    span.storeLittleEndian(flags.rawValue, at: index + 10)
    span.storeLittleEndian(position.rawValue, at: index + 16)
    span.storeLittleEndian(saga.rawValue, at: index + 32)
}
