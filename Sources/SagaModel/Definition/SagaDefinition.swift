/// A named, versioned, immutable description of a saga: its steps and their policies. Data, never
/// code.
///
/// What was not written down is nil, and so is not part of the definition's digest; the coordinator
/// fills in its defaults when it registers the definition, and sagas run by that form.
public struct SagaDefinition: Hashable, Sendable {
    /// The name: `[a-z][a-z0-9-]{0,62}`.
    public var name: String
    /// The version, from 1; a registered version never changes.
    public var version: UInt32
    /// The steps, at least one, at most 1,000.
    public var steps: [StepDefinition]
    /// How long the whole saga may run before it is cancelled with the reason `timeout`.
    public var timeout: Duration?
    /// What the saga gives back; the output of the last step if not written.
    public var output: DataSource?
    /// What happens when an undo fails for good; `stop` if not written.
    public var onCompensationFailure: CompensationFailurePolicy?
    /// How long a finished saga stays in the archive; 30 days if not written.
    public var retention: Duration?
    /// How long a business key stays taken after the saga's end; 24 hours if not written.
    public var keyRetention: Duration?

    /// Makes a definition of its parts; nothing is checked here.
    public init(
        name: String, version: UInt32, steps: [StepDefinition], timeout: Duration? = nil,
        output: DataSource? = nil, onCompensationFailure: CompensationFailurePolicy? = nil,
        retention: Duration? = nil, keyRetention: Duration? = nil
    ) {
        self.name = name
        self.version = version
        self.steps = steps
        self.timeout = timeout
        self.output = output
        self.onCompensationFailure = onCompensationFailure
        self.retention = retention
        self.keyRetention = keyRetention
    }
}

/// One node of a definition: an action and, unless declared without, a compensation.
public struct StepDefinition: Hashable, Sendable {
    /// The step's name, unique in the definition: `[a-z][a-z0-9-]{0,62}`, not `input`.
    public var name: String
    /// What it runs.
    public var work: StepWork
    /// The steps it waits for; the step before it in the definition if not written.
    public var after: [String]?
    /// False for a step with nothing to undo; true if not written.
    public var isCompensated: Bool?
    /// Whether this is the point of no return; false if not written.
    public var isPivot: Bool?
    /// How its action is tried again.
    public var retry: RetryPolicy?
    /// How its compensation is tried again.
    public var compensationRetry: RetryPolicy?
    /// How long it may take.
    public var timeouts: StepTimeouts?
    /// What a failure of the step means for the saga; `compensate` if not written.
    public var onFailure: StepFailurePolicy?
    /// The condition without which the step is skipped.
    public var when: Condition?
    /// How long to wait before the first attempt; no time if not written.
    public var delay: Duration?
    /// What the handler gets; the saga's input if not written.
    public var input: DataSource?

    /// Makes a step of its name and what it runs; all else is not written.
    public init(name: String, work: StepWork) {
        self.name = name
        self.work = work
    }
}

/// What a step runs.
public enum StepWork: Hashable, Sendable {
    /// A handler by its name, e.g. `payments.charge`.
    case handler(String)
    /// A child saga: the definition's name, and its version unless it is the one registered last.
    case saga(name: String, version: UInt32?)
}

/// What happens when the compensation of a step has failed for good.
public enum CompensationFailurePolicy: UInt8, Hashable, Sendable {
    /// The saga parks at once; what is not undone yet waits.
    case stop
    /// All other compensations run first, then the saga parks.
    case `continue`
}

/// What the failure of a step means for its saga.
public enum StepFailurePolicy: UInt8, Hashable, Sendable {
    /// The saga goes back.
    case compensate
    /// The step is optional: its dependants run.
    case `continue`
}

/// When and how often something is tried again; what is not written has the default of its place.
public struct RetryPolicy: Hashable, Sendable {
    /// How many attempts may fail before it is over.
    public var maxAttempts: UInt32?
    /// The wait after the first failed attempt.
    public var initial: Duration?
    /// By how much the wait grows with each further one, at least 1.
    public var multiplier: Double?
    /// The longest wait.
    public var max: Duration?
    /// By which share the wait is varied, 0 to 1.
    public var jitter: Double?
    /// Codes of `retry` after which nothing is tried again.
    public var nonRetryableCodes: [String]?

    /// Makes a policy of what is written down.
    public init(
        maxAttempts: UInt32? = nil, initial: Duration? = nil, multiplier: Double? = nil,
        max: Duration? = nil, jitter: Double? = nil, nonRetryableCodes: [String]? = nil
    ) {
        self.maxAttempts = maxAttempts
        self.initial = initial
        self.multiplier = multiplier
        self.max = max
        self.jitter = jitter
        self.nonRetryableCodes = nonRetryableCodes
    }
}

/// How long a step may take; Temporal's names.
public struct StepTimeouts: Hashable, Sendable {
    /// From due to handed out, first attempt only.
    public var scheduleToStart: Duration?
    /// One attempt; 30 seconds if not written.
    public var startToClose: Duration?
    /// All attempts together.
    public var scheduleToClose: Duration?
    /// The longest silence of a handler that promises heartbeats.
    public var heartbeat: Duration?

    /// Makes timeouts of what is written down.
    public init(
        scheduleToStart: Duration? = nil, startToClose: Duration? = nil,
        scheduleToClose: Duration? = nil, heartbeat: Duration? = nil
    ) {
        self.scheduleToStart = scheduleToStart
        self.startToClose = startToClose
        self.scheduleToClose = scheduleToClose
        self.heartbeat = heartbeat
    }
}

/// A place in the saga's data: `input#POINTER` or `STEP#POINTER` with a JSON Pointer (RFC 6901).
public struct Reference: Hashable, Sendable, CustomStringConvertible {
    /// `input`, or the name of a step.
    public var source: String
    /// The pointer, empty for the whole.
    public var pointer: String

    /// Makes a reference of its parts.
    public init(source: String, pointer: String) {
        self.source = source
        self.pointer = pointer
    }

    /// Reads `SOURCE#POINTER`; nil without a `#`.
    public init?(_ text: String) {
        guard let mark = text.firstIndex(of: "#") else { return nil }
        source = String(text[..<mark])
        pointer = String(text[text.index(after: mark)...])
    }

    /// `SOURCE#POINTER`.
    public var description: String { "\(source)#\(pointer)" }
}

/// Where a handler's input or a saga's output comes from.
public enum DataSource: Hashable, Sendable {
    /// One place.
    case reference(Reference)
    /// An object with one member a name.
    case map([String: Reference])
}

/// When a step runs at all.
public struct Condition: Hashable, Sendable {
    /// The place that is looked at.
    public var reference: Reference
    /// What must hold there.
    public var test: Test

    /// What must hold at a place.
    public enum Test: Hashable, Sendable {
        /// The value equals this JSON text.
        case equals(String)
        /// The value does not equal this JSON text, or there is none.
        case notEquals(String)
        /// There is a value (true) or none (false).
        case exists(Bool)
    }

    /// Makes a condition.
    public init(reference: Reference, test: Test) {
        self.reference = reference
        self.test = test
    }
}
