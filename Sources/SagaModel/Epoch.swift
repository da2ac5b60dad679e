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

    /// Which restore it belongs to: 0 for none, otherwise about the second in UTC of that restore.
    package var incarnation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    /// Which start since that restore, from 1.
    package var start: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    /// Before the first life.
    package static let none = Epoch(0)

    /// The epoch of the start after this one, in the same incarnation.
    package var next: Epoch { Epoch(rawValue + 1) }

    /// The epoch of the first start of a restored copy, and so the number of its first record.
    ///
    /// Two copies of one journal get different incarnations unless they are restored within one
    /// second; a clock that is behind never gives one that was there before.
    ///
    /// - Parameters:
    ///   - last: the last record of the copy. A busy life counts beyond 2^32 records, so that its
    ///     positions reach into the room of incarnations that follow its own.
    ///   - seconds: the clock, in seconds since 1970 in UTC.
    package func restored(behind last: JournalPosition, atSecond seconds: Int64) -> Epoch {
        let clock = UInt64(min(max(seconds, 1), Int64(Self.latestClock)))
        let next = max(rawValue >> 32 + 1, last.rawValue >> 32 + 1, clock)
        precondition(next < UInt32.max, "no incarnation is left behind \(self) and \(last)")
        return Epoch(incarnation: UInt32(next), start: 1)
    }

    /// A clock that is wilder than this (the year 2097) is not believed: it would leave too few
    /// incarnations for the restores to come.
    private static let latestClock: UInt32 = 0xF000_0000

    /// The number of the first record of its incarnation.
    package var firstPosition: JournalPosition { JournalPosition(UInt64(incarnation) << 32) }

    /// Epochs sort in the order of the lives.
    @inlinable public static func < (left: Epoch, right: Epoch) -> Bool {
        left.rawValue < right.rawValue
    }

    /// `START`, or `INCARNATION.START` after a restore.
    public var description: String {
        incarnation == 0 ? "\(start)" : "\(incarnation).\(start)"
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
