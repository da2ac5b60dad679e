/// When the next deadline of a connection's calls may be due.
///
/// Calls end long before their deadlines, so each costs a comparison here and nothing when it
/// ends: what is kept is a lower bound, and only when that moment has come the calls are looked
/// at. An ordered queue would have to hold every ended call until its deadline.
package struct DeadlineScan: Equatable, Sendable {
    /// A moment before which no noted deadline is due; nil when none was noted.
    package private(set) var earliest: RPCInstant?

    /// Makes a scan of no deadline.
    package init() {}

    /// Takes a call's deadline into account.
    package mutating func note(_ deadline: RPCInstant) {
        if earliest.map({ deadline < $0 }) ?? true { earliest = deadline }
    }

    /// Whether the calls are to be looked at; if so, each with a deadline must be noted again.
    package mutating func isDue(_ now: RPCInstant) -> Bool {
        guard let due = earliest, due <= now else { return false }
        earliest = nil
        return true
    }
}
