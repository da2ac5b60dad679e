internal import Saga
internal import Synchronization

/// What a saga of the load is given: its number, and whether its last step is to say no; zeros
/// behind that.
struct LoadOrder {
    /// The fewest bytes that hold an order.
    static let leastBytes = 9

    let number: UInt64
    let isRefused: Bool

    init(number: UInt64, isRefused: Bool) {
        self.number = number
        self.isRefused = isRefused
    }

    /// Reads an order back.
    init(_ bytes: [UInt8]) {
        number = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        isRefused = bytes.count > 8 && bytes[8] == 1
    }

    func payload(bytes count: Int) -> Payload {
        var bytes = [UInt8](repeating: 0, count: count)
        for place in 0..<8 {
            bytes[place] = UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * place))
        }
        bytes[8] = isRefused ? 1 : 0
        return Payload(contentType: "application/octet-stream", bytes: bytes)
    }
}

/// Numbers for the sagas of the load, each once.
final class Numbers: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
}
