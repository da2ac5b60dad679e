/// The answer comes later, from elsewhere: a message, a webhook, a person.
///
/// From when this is recorded the attempt holds no slot and needs this process no longer. Whoever
/// has the attempt's ``HandlerContext/taskToken`` answers with a client's `complete`, also before
/// the coordinator knows that the answer is deferred. Without an answer in time the attempt ends
/// as unknown, and the step is tried again.
public struct SagaDeferred: Error, Hashable, Sendable, CustomStringConvertible {
    /// How long the answer may take, what is under a millisecond taken as one; nil only where the
    /// step has a scheduleToClose, which then counts alone.
    public var within: Duration?

    /// Says how long the answer may take.
    public init(within: Duration? = nil) {
        self.within = within
    }

    /// `answered later`, with the time if there is one.
    public var description: String { within.map { "answered within \($0)" } ?? "answered later" }
}
