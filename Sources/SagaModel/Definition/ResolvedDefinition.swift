/// A definition as sagas run it: every default filled in, steps by index instead of by name.
///
/// It is made from the stored form once, when the record is applied, and shared by all sagas of the
/// definition.
package final class ResolvedDefinition: Sendable {
    /// The namespace it is registered in.
    package let namespace: String
    /// What was registered: only what was written down.
    package let written: SagaDefinition
    /// The same with the defaults of the day of its registration.
    package let filled: SagaDefinition
    /// Over what was written down.
    package let digest: Digest256
    /// The record that registered it.
    package let position: JournalPosition
    /// When it was registered.
    package let registeredAt: Instant
    /// The steps, in the order of the definition.
    package let steps: [ResolvedStep]
    /// The steps so that each comes after all it waits for; of several such orders the one nearest
    /// to the definition's.
    package let order: [StepIndex]
    private let indices: [String: StepIndex]
    /// How long a key stays taken after a saga's end.
    package let keyRetention: Duration
    /// What happens when an undo fails for good.
    package let onCompensationFailure: CompensationFailurePolicy

    /// The definition's name.
    package var name: String { filled.name }
    /// The definition's version.
    package var version: UInt32 { filled.version }

    /// Resolves a stored definition.
    ///
    /// - Parameters:
    ///   - stored: what the record holds; its filled form has no field unset that a saga runs by.
    ///   - position: the record's position.
    package init(_ stored: DefinitionRegistered, position: JournalPosition) {
        let definition = stored.filled
        namespace = stored.namespace
        written = stored.written
        filled = definition
        digest = stored.digest
        self.position = position
        registeredAt = stored.at
        keyRetention = definition.keyRetention ?? DefinitionDefaults.keyRetention
        onCompensationFailure = definition.onCompensationFailure ?? .stop
        let indices = Dictionary(
            definition.steps.enumerated().map { ($1.name, StepIndex($0)) },
            uniquingKeysWith: { first, _ in first })
        let predecessors = definition.steps.map { step in
            (step.after ?? []).compactMap { indices[$0] }
        }
        steps = definition.steps.enumerated().map { place, step in
            let dependants = predecessors.indices.filter {
                predecessors[$0].contains(StepIndex(place))
            }
            return ResolvedStep(
                step, after: predecessors[place], dependants: dependants.map(StepIndex.init))
        }
        self.indices = indices
        order = Self.order(of: predecessors)
    }

    /// The place of the step with this name.
    package func index(of step: String) -> StepIndex? { indices[step] }

    private static func order(of predecessors: [[StepIndex]]) -> [StepIndex] {
        var placed = Array(repeating: false, count: predecessors.count)
        var order: [StepIndex] = []
        while order.count < predecessors.count {
            let before = order.count
            for place in predecessors.indices
            where !placed[place] && predecessors[place].allSatisfy({ placed[$0.rawValue] }) {
                placed[place] = true
                order.append(StepIndex(place))
            }
            precondition(order.count > before, "a stored definition has a cycle")
        }
        return order
    }
}

/// A step as sagas run it.
package struct ResolvedStep: Sendable {
    /// The step's name.
    package let name: String
    /// The handler that runs it.
    package let handler: String
    /// The steps that must have ended before it.
    package let after: [StepIndex]
    /// The steps that wait for it.
    package let dependants: [StepIndex]
    /// Whether there is anything to undo.
    package let isCompensated: Bool
    /// How the action is tried again.
    package let retry: ResolvedRetry
    /// How the compensation is tried again.
    package let compensationRetry: ResolvedRetry
    /// The longest that one attempt may take.
    package let startToClose: Duration

    init(_ step: StepDefinition, after: [StepIndex], dependants: [StepIndex]) {
        name = step.name
        switch step.work {
        case .handler(let name): handler = name
        case .saga(let name, _): handler = name
        }
        self.after = after
        self.dependants = dependants
        isCompensated = step.isCompensated ?? true
        retry = ResolvedRetry(step.retry ?? RetryPolicy(), or: DefinitionDefaults.retry)
        compensationRetry = ResolvedRetry(
            step.compensationRetry ?? RetryPolicy(), or: DefinitionDefaults.compensationRetry)
        startToClose = step.timeouts?.startToClose ?? DefinitionDefaults.startToClose
    }
}

/// A retry policy with nothing left open.
package struct ResolvedRetry: Sendable {
    /// How many attempts may fail; nil for no end.
    package let maxAttempts: UInt32?
    /// The wait after the first failed attempt.
    package let initial: Duration
    /// The growth of the wait.
    package let multiplier: Double
    /// The longest wait.
    package let max: Duration
    /// The share by which the wait is varied.
    package let jitter: Double
    /// Codes after which nothing is tried again.
    package let nonRetryableCodes: [String]

    init(_ policy: RetryPolicy, or defaults: RetryPolicy) {
        maxAttempts = policy.maxAttempts ?? defaults.maxAttempts
        initial = policy.initial ?? defaults.initial ?? .zero
        multiplier = policy.multiplier ?? defaults.multiplier ?? 1
        max = policy.max ?? defaults.max ?? initial
        jitter = policy.jitter ?? defaults.jitter ?? 0
        nonRetryableCodes = policy.nonRetryableCodes ?? defaults.nonRetryableCodes ?? []
    }

    /// The wait before the next attempt.
    ///
    /// - Parameters:
    ///   - failures: how many attempts failed so far, at least 1.
    ///   - draw: a random number from 0 to below 1, which places the wait within its jitter.
    package func backoff(failures: UInt32, draw: Double) -> Duration {
        let limit = Double(max.microseconds)
        var wait = Double(initial.microseconds)
        var round: UInt32 = 1
        while round < failures, wait > 0, wait < limit {
            wait *= multiplier
            round += 1
            if multiplier <= 1 { break }
        }
        let varied = Swift.min(wait, limit) * (1 + jitter * (2 * draw - 1))
        return .microseconds(Int64(Swift.max(0, varied)))
    }
}
