/// A request that is answered with a no: what programs and people are told.
package struct Refusal: Error, Hashable, Sendable {
    /// The kinds of no, in gRPC's words.
    package enum Code: UInt8, Hashable, Sendable {
        /// The request is wrong whatever the state.
        case invalidArgument
        /// What it names is not there.
        case notFound
        /// What it would make is there already, and different.
        case alreadyExists
        /// The state does not allow it.
        case failedPrecondition
        /// A limit is reached.
        case resourceExhausted
        /// The range asked for is not kept.
        case outOfRange
        /// Not served by this release.
        case unimplemented
        /// Not now; the same request may work later.
        case unavailable
        /// The caller gave up or was given up.
        case aborted
        /// A fault of the coordinator's own.
        case `internal`
    }

    /// One field of a request that is wrong.
    package struct Violation: Hashable, Sendable {
        /// The path of the field, e.g. `steps[2].timeouts.start_to_close`.
        package let field: String
        /// What is wrong, and what would be right.
        package let description: String

        /// Names a wrong field.
        package init(field: String, description: String) {
            self.field = field
            self.description = description
        }
    }

    /// The kind of no.
    package let code: Code
    /// The machine-readable reason, e.g. `KEY_TAKEN`; SCREAMING_SNAKE_CASE.
    package let reason: String
    /// One sentence for people: what is wrong and what would be right.
    package let message: String
    /// The saga it is about, if there is one.
    package let saga: SagaID?
    /// All wrong fields, where there may be several.
    package let violations: [Violation]
    /// How long to wait before the same request is sent again; nil where nothing is known of it.
    package let retryAfter: Duration?
    /// The oldest place that events can be read on from, where the one that was asked for is not.
    package let oldestCursor: EventCursor?

    /// Makes a refusal.
    package init(
        _ code: Code, reason: String, _ message: String, saga: SagaID? = nil,
        violations: [Violation] = [], retryAfter: Duration? = nil,
        oldestCursor: EventCursor? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.saga = saga
        self.violations = violations
        self.retryAfter = retryAfter
        self.oldestCursor = oldestCursor
    }
}
