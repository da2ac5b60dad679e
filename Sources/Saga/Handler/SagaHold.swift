/// A person must look: the saga is suspended with this reason until somebody resumes it.
///
/// Nothing is said of the effect, so it is in doubt; once resumed, the step is tried again with
/// the same key. `fenced` is reserved for stores that follow the participant rule.
public struct SagaHold: Error, Hashable, Sendable, CustomStringConvertible {
    /// Why, for people and for lists; cut at 1 KiB.
    public var reason: String

    /// Says why.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// `on hold: REASON`.
    public var description: String { "on hold: \(reason)" }
}
