/// How much room the journal has left, from all that it needs to almost none.
///
/// What goes on shrinks step by step, so that the end of a disk is never the end of what matters
/// most: first what is new is refused, then forward work is kept back while results and undos go
/// on, at last nothing goes on that needs a record. It is what a disk says now: never recorded, and
/// known anew in each life.
package enum SpaceLevel: UInt8, CaseIterable, Comparable, Sendable {
    /// The next segment is there, and another one could be made.
    case ample
    /// The next segment is there, and none behind it can be made: no starts and no registrations.
    case low
    /// The last segment that there is is written: also no attempt of forward work is handed out.
    case spare
    /// The end of that segment is near: nothing goes on that needs a record.
    case reserve
    /// What is left is for the beginnings of lives, and for marks of what is durable.
    case last

    /// Whether the one leaves more room than the other; the best comes first.
    package static func < (left: SpaceLevel, right: SpaceLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Whether sagas are started and definitions registered.
    package var takesStarts: Bool { self < .low }

    /// Whether first attempts, retries and re-askings of forward work go on.
    package var takesForwardWork: Bool { self < .spare }

    /// Whether anything is recorded.
    package var takesRecords: Bool { self < .reserve }

    /// The name of the level, in lines of the log, in status and in metrics; it never changes.
    package var label: String {
        switch self {
        case .ample: "ample"
        case .low: "low"
        case .spare: "spare"
        case .reserve: "reserve"
        case .last: "last"
        }
    }
}
