/// What a compensation is told of the action that it undoes.
public struct Compensation<Input, Output> {
    /// How the action ended, as far as anybody knows.
    public enum Action {
        /// It returned this.
        case succeeded(Output)
        /// It may have had its effect, or not: a lost reply, a crash, a timeout.
        case unknown
    }

    /// Why the saga goes back.
    public struct Reason: Hashable, Sendable {
        /// The step that is the cause; nil if none is, e.g. for a cancel.
        public let step: String?
        /// The code of its failure, or e.g. `cancelled`.
        public let code: String
        /// The same for people.
        public let message: String
    }

    /// What the action got.
    public let input: Input
    /// How it ended.
    public let action: Action
    /// The idempotency key that the action had.
    public let actionIdempotencyKey: String
    /// Why the saga goes back.
    public let reason: Reason
}

extension Compensation: Sendable where Input: Sendable, Output: Sendable {}
extension Compensation.Action: Sendable where Output: Sendable {}
