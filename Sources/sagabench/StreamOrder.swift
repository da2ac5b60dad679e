/// So many bytes of a stream, in messages of a size; what the echo server is asked for, and what it
/// answers.
struct StreamOrder: Equatable {
    /// Bytes of messages that are still to come.
    private(set) var bytes: Int
    /// The size of each message but the last.
    let messageBytes: Int

    init(bytes: Int, messageBytes: Int) {
        self.bytes = bytes
        self.messageBytes = messageBytes
    }

    /// Reads an order back; nil for what is none.
    init?(_ message: Span<UInt8>) {
        guard message.count == 16 else { return nil }
        var numbers = [0, 0]
        for place in 0..<16 {
            numbers[place / 8] = numbers[place / 8] << 8 | Int(message[place])
        }
        guard numbers[0] >= 0, numbers[1] > 0 || numbers[0] == 0 else { return nil }
        self.init(bytes: numbers[0], messageBytes: numbers[1])
    }

    /// The order as a message.
    var message: [UInt8] {
        [bytes, messageBytes].flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
        }
    }

    /// Takes the next message away; its size.
    mutating func takeMessage() -> Int {
        let count = min(bytes, messageBytes)
        bytes -= count
        return count
    }
}
