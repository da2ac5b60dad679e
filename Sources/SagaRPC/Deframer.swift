internal import SagaHTTP2

/// Where a received message's bytes are.
package enum MessageBytes: Equatable, Sendable {
    /// In the bytes given to `receive`: the message came whole in one DATA frame.
    case input(Range<Int>)
    /// Put together from several DATA frames.
    case assembled([UInt8])
    /// Came compressed.
    case decompressed([UInt8])

    /// How many bytes the message has.
    package var count: Int {
        switch self {
        case .input(let range): range.count
        case .assembled(let bytes), .decompressed(let bytes): bytes.count
        }
    }
}

extension MessageBytes {
    /// The bytes of a message that was found in `input`.
    func copied(from input: Span<UInt8>) -> [UInt8] {
        switch self {
        case .input(let range): [UInt8](copying: input.extracting(range))
        case .assembled(let bytes), .decompressed(let bytes): bytes
        }
    }
}

/// Finds length-prefixed messages in a stream of DATA, whatever way it is cut.
///
/// Bytes are kept only as they arrive; nothing is allocated for a length that is merely announced.
struct Deframer: Equatable, Sendable {
    enum Fault: Equatable, Sendable {
        /// A length over the limit.
        case tooLarge(announced: Int)
        /// The compressed flag without a `grpc-encoding`, or an unknown flag.
        case flag(UInt8)
    }

    enum Step: Equatable, Sendable {
        case message(MessageBytes, isCompressed: Bool)
        case fault(Fault)
        /// All bytes are taken.
        case more
    }

    private var prefix: UInt64 = 0
    private var prefixCount = 0
    private var partial: [UInt8] = []

    /// Whether a message has begun and not ended.
    var isInside: Bool { prefixCount > 0 }

    private var length: Int { Int(UInt32(truncatingIfNeeded: prefix)) }

    /// Takes bytes from `place` on, up to the end of a message or of the bytes.
    ///
    /// `end` bounds the DATA frame within `bytes`; `takesCompressed` says whether the peer named
    /// an encoding. After a fault the stream must be given up.
    mutating func next(
        _ bytes: Span<UInt8>, at place: inout Int, end: Int, maxMessageBytes: Int,
        takesCompressed: Bool
    ) -> Step {
        while prefixCount < 5 {
            guard place < end else { return .more }
            prefix = prefix << 8 | UInt64(bytes[place])
            prefixCount += 1
            place += 1
            if prefixCount == 1, prefix != 0, prefix != 1 || !takesCompressed {
                return .fault(.flag(UInt8(prefix)))
            }
        }
        guard length <= maxMessageBytes else { return .fault(.tooLarge(announced: length)) }
        let missing = length - partial.count
        let available = min(missing, end - place)
        let start = place
        place += available
        if available == missing {
            let isWhole = partial.isEmpty
            if !isWhole { partial.append(bytes: bytes.extracting(start..<place)) }
            let message: MessageBytes = isWhole ? .input(start..<place) : .assembled(partial)
            let isCompressed = prefix >> 32 != 0
            prefix = 0
            prefixCount = 0
            if !isWhole { partial = [] }
            return .message(message, isCompressed: isCompressed)
        }
        partial.append(bytes: bytes.extracting(start..<place))
        return .more
    }
}

extension Deframer.Fault {
    /// The status a call ends with.
    func status(maxMessageBytes: Int) -> RPCStatus {
        switch self {
        case .tooLarge(let announced):
            RPCStatus(
                .resourceExhausted,
                "message of \(announced) bytes is over the limit of \(maxMessageBytes) bytes")
        case .flag(1):
            RPCStatus(.internal, "message is marked as compressed, but grpc-encoding names nothing")
        case .flag(let flag):
            RPCStatus(.internal, "message has the unknown flag \(flag)")
        }
    }
}
