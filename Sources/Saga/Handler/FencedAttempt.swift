/// What a participant's store throws for an attempt that comes too late: a newer attempt, or the
/// undo, has been at work already.
///
/// The participant rule answers it with `hold` and the reason `fenced`. The coordinator of this
/// release does not serve `hold`, so the SDK answers `retry` with the code `fenced`, here alone
/// (`AttemptOutcome.init(thrown:)`), which is as safe: a sound coordinator holds another token as
/// current and drops the answer as stale, as it would the hold. Only after a restore of an old
/// journal can the answer count, and then a retry says no more than *in doubt*: it is asked again
/// and fenced again, until the saga goes back or a person looks at an undo that keeps failing. It
/// never claims that there was no effect.
package struct FencedAttempt: Error, Equatable {
    /// The code, reserved for this.
    package static let code = "fenced"
    /// What stood in the way, for people.
    package let message: String

    /// Says what stood in the way.
    package init(_ message: String) {
        self.message = message
    }
}
