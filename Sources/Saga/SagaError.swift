public import SagaModel

/// What could not be asked, or was answered with a no.
///
/// A saga that was undone is an answer and not an error; see ``SagaResult``.
public struct SagaError: Error, Sendable, CustomStringConvertible {
    /// The kind of error, in gRPC's words. The set may grow; compare with the values that matter.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// gRPC's name, e.g. `NOT_FOUND`.
        public let description: String

        /// Names a code as gRPC does.
        package init(_ name: String) {
            description = name
        }

        /// The caller gave up.
        public static let cancelled = Code("CANCELLED")
        /// An error that is none of the others.
        public static let unknown = Code("UNKNOWN")
        /// The request is wrong whatever the state.
        public static let invalidArgument = Code("INVALID_ARGUMENT")
        /// There was no answer in time; what was asked may have happened.
        public static let deadlineExceeded = Code("DEADLINE_EXCEEDED")
        /// What it names is not there.
        public static let notFound = Code("NOT_FOUND")
        /// What it would make is there already, and different.
        public static let alreadyExists = Code("ALREADY_EXISTS")
        /// The caller may not.
        public static let permissionDenied = Code("PERMISSION_DENIED")
        /// A limit is reached.
        public static let resourceExhausted = Code("RESOURCE_EXHAUSTED")
        /// The state does not allow it.
        public static let failedPrecondition = Code("FAILED_PRECONDITION")
        /// It was given up, e.g. for a newer session.
        public static let aborted = Code("ABORTED")
        /// The range asked for is not kept.
        public static let outOfRange = Code("OUT_OF_RANGE")
        /// The coordinator does not serve it.
        public static let unimplemented = Code("UNIMPLEMENTED")
        /// A fault of the coordinator or the SDK.
        public static let `internal` = Code("INTERNAL")
        /// No coordinator, or not now; what was asked may have happened.
        public static let unavailable = Code("UNAVAILABLE")
        /// Data is lost.
        public static let dataLoss = Code("DATA_LOSS")
        /// The coordinator does not know who asks.
        public static let unauthenticated = Code("UNAUTHENTICATED")
    }

    /// The kind of error.
    public let code: Code
    /// What programs look at, e.g. `KEY_TAKEN`; empty if the coordinator gave none.
    public let reason: String
    /// One sentence for people: what is wrong and what would be right.
    public let message: String
    /// The saga it is about, if there is one.
    public let sagaID: SagaID?
    /// What led to it, if it was an error of this process.
    public let cause: (any Error)?
    /// How long the coordinator wants to be left alone before the same call; nil if it does not
    /// say.
    public let retryAfter: Duration?
    /// The oldest cursor that events can be read on from, where the one that was given is not good
    /// any more.
    public let oldestCursor: EventCursor?
    /// All wrong fields, where there may be several.
    package let violations: [Refusal.Violation]

    /// All wrong fields of what was sent, where the coordinator names them.
    public var fields: [Field] {
        violations.map { Field(path: $0.field, description: $0.description) }
    }

    /// One wrong field of what was sent.
    public struct Field: Hashable, Sendable {
        /// Where it is, e.g. `definition.steps[charge].retry.max`.
        public let path: String
        /// What is wrong, and what would be right.
        public let description: String
    }

    /// Makes an error of its parts.
    package init(
        _ code: Code, reason: String, _ message: String, sagaID: SagaID? = nil,
        cause: (any Error)? = nil, violations: [Refusal.Violation] = [],
        retryAfter: Duration? = nil, oldestCursor: EventCursor? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.sagaID = sagaID
        self.cause = cause
        self.violations = violations
        self.retryAfter = retryAfter
        self.oldestCursor = oldestCursor
    }

    /// `NOT_FOUND (UNKNOWN_DEFINITION): ...`.
    public var description: String {
        reason.isEmpty ? "\(code): \(message)" : "\(code) (\(reason)): \(message)"
    }
}
