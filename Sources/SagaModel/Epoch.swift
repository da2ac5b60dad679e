/// The number of one life of the coordinator: durable before that life does anything, growing over
/// restarts and restores.
public struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Both parts: the incarnation in the high, the start in the low 32 bits.
    public let rawValue: UInt64

    /// Makes an epoch of its 64-bit number.
    @inlinable public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Makes an epoch of its parts: which restore (0 for none) and which start since.
    package init(incarnation: UInt32, start: UInt32) {
        rawValue = UInt64(incarnation) << 32 | UInt64(start)
    }

    /// Before the first life.
    package static let none = Epoch(0)

    /// The epoch of the start after this one, in the same incarnation.
    package var next: Epoch { Epoch(rawValue + 1) }

    /// Epochs sort in the order of the lives.
    @inlinable public static func < (left: Epoch, right: Epoch) -> Bool {
        left.rawValue < right.rawValue
    }

    /// `START`, or `INCARNATION.START` after a restore.
    public var description: String {
        let incarnation = rawValue >> 32
        let start = rawValue & 0xFFFF_FFFF
        return incarnation == 0 ? "\(start)" : "\(incarnation).\(start)"
    }
}

/// What fences late results: the life that opened an attempt, and the attempt's number within its
/// task.
///
/// The newest token of a task wins; what bears an older one is refused as stale.
public struct Token: Hashable, Comparable, Sendable {
    /// The epoch of the life whose record opened the attempt.
    public let epoch: Epoch
    /// The number of the attempt within its task, from 1, counted over every dispatch.
    public let number: UInt32

    /// Makes a token of its parts.
    @inlinable public init(epoch: Epoch, number: UInt32) {
        self.epoch = epoch
        self.number = number
    }

    /// Tokens compare by epoch first.
    public static func < (left: Token, right: Token) -> Bool {
        (left.epoch, left.number) < (right.epoch, right.number)
    }
}
