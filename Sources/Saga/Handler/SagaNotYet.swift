/// Too early: nothing is wrong, and the step is asked again after that time.
///
/// For what is asked until it is so: a build that runs, a payment that settles. It counts against
/// no limit of attempts, only against the step's scheduleToClose; the next asking is a new attempt
/// with the same key.
public struct SagaNotYet: Error, Hashable, Sendable, CustomStringConvertible {
    /// How long to wait; what is under a millisecond is taken as one.
    public var after: Duration

    /// Says when to ask again.
    public init(after: Duration) {
        self.after = after
    }

    /// `not yet; ask again after 5.0 seconds`.
    public var description: String { "not yet; ask again after \(after)" }
}
