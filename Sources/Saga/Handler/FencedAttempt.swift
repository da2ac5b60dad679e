/// What a participant's store throws for an attempt that comes too late: a newer attempt, or the
/// undo, has been at work already.
///
/// The participant rule answers it with `hold` and the reason `fenced`. A sound coordinator holds
/// another token as current and drops that answer as stale; only after a restore of an old journal
/// does it count, and then a person decides. It never claims that there was no effect.
package struct FencedAttempt: Error, Equatable {
    /// The reason of the hold, reserved for this.
    package static let reason = "fenced"
    /// What stood in the way, for people.
    package let message: String

    /// Says what stood in the way.
    package init(_ message: String) {
        self.message = message
    }
}
