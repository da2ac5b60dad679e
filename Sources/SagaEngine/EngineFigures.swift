package import SagaModel

/// What the engine says of itself for metrics: what it has counted in this life, and what is there
/// now.
package struct EngineFigures: Sendable {
    /// Its counts.
    package var status: EngineStatus
    /// Sessions that did not return in this life.
    package var sessionsLost: UInt64
    /// Sagas by definition; the last one is for all definitions that have no place of their own.
    package var definitions: [DefinitionFigures]
    /// Attempts and queues by handler; the last one is for all handlers that have no place of their
    /// own.
    package var handlers: [HandlerFigures]
}

/// What was counted of one definition's sagas in this life, all versions together.
package struct DefinitionFigures: Sendable {
    /// Its name, with its namespace in front unless that is the usual one.
    package let label: String
    /// Sagas started.
    package var started: UInt64 = 0
    /// How long those took that ended, in microseconds, by `endStates`.
    package var durations: [Log2Histogram]

    /// The states that end a saga, in the order of `durations`.
    package static let endStates: [SagaState] = [.completed, .compensated, .abandoned]

    init(_ label: String) {
        self.label = label
        durations = Array(repeating: Log2Histogram(), count: Self.endStates.count)
    }
}

/// What was counted of one handler in this life, and what waits for it now.
package struct HandlerFigures: Sendable {
    /// Its name, with its namespace in front unless that is the usual one.
    package let label: String
    /// Its action.
    package var action = DirectionFigures()
    /// Its compensation.
    package var compensation = DirectionFigures()
    /// Tasks that wait to be handed out.
    package var queued: UInt64 = 0
    /// Since when the one is due that is due for longest; nil if none waits.
    package var oldestDueAt: Instant?
    /// Actions that all participants who serve it take at a time.
    package var slots: UInt64 = 0
    /// How many of them are free.
    package var freeSlots: UInt64 = 0

    init(_ label: String) { self.label = label }
}

/// What was counted of one direction of a handler in this life.
package struct DirectionFigures: Sendable {
    /// Attempts that ended, by `AttemptOutcome.Kind`.
    package private(set) var outcomes = Array(
        repeating: UInt64(0), count: AttemptOutcome.Kind.allCases.count)
    /// Attempts that are followed by another since they failed or nobody knows what they did.
    package private(set) var retries: UInt64 = 0
    /// How long attempts took from being handed out to their end, in microseconds.
    package private(set) var durations = Log2Histogram()
    /// How long tasks waited in the queue before they were handed out, in microseconds.
    package private(set) var waits = Log2Histogram()

    mutating func count(_ kind: AttemptOutcome.Kind, took: Duration?, isRetried: Bool) {
        outcomes[kind.rawValue] += 1
        if isRetried { retries += 1 }
        if let took { durations.count(took.microseconds) }
    }

    mutating func countWait(_ wait: Duration) { waits.count(wait.microseconds) }
}

extension AttemptOutcome {
    /// What an attempt ended with, without more.
    package enum Kind: Int, CaseIterable, Sendable {
        case succeeded, failed, retry, notYet, deferred, hold, refused, unknown, declined

        /// The word in metrics.
        package var label: String {
            switch self {
            case .succeeded: "succeeded"
            case .failed: "failed"
            case .retry: "retry"
            case .notYet: "not_yet"
            case .deferred: "deferred"
            case .hold: "hold"
            case .refused: "refused"
            case .unknown: "unknown"
            case .declined: "declined"
            }
        }
    }

    /// What it is, without more.
    var kind: Kind {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .retry: .retry
        case .notYet: .notYet
        case .deferred: .deferred
        case .hold: .hold
        case .refused: .refused
        case .unknown: .unknown
        case .declined: .declined
        }
    }
}

/// What a look at all sagas has found, page by page.
package struct SagaFigures: Sendable {
    /// Live sagas by definition, as in `EngineFigures.definitions`, and state.
    package private(set) var live: [[SagaState: UInt64]]
    /// Sagas that need attention, by the reason.
    package private(set) var attention: [AttentionReason: Standing] = [:]
    /// Effects of live sagas that are done, or may be, and are not undone: by handler, as in
    /// `EngineFigures.handlers`.
    package private(set) var exposed: [Standing]

    /// How many there are, and since when the oldest is.
    package struct Standing: Equatable, Sendable {
        /// How many there are.
        package var count: UInt64 = 0
        /// Since when the oldest is; nil if there is none.
        package var oldest: Instant?

        mutating func add(_ since: Instant?) {
            count += 1
            oldest = [oldest, since].compactMap(\.self).min()
        }
    }

    /// Nothing found yet.
    ///
    /// - Parameter labels: how many definitions and handlers have a place of their own.
    package init(labels: Int) {
        live = Array(repeating: [:], count: labels + 1)
        exposed = Array(repeating: Standing(), count: labels + 1)
    }

    mutating func addLive(_ state: SagaState, of definition: Int) {
        live[definition][state, default: 0] += 1
    }

    mutating func addAttention(_ item: Attention) {
        attention[item.reason, default: Standing()].add(item.since)
    }

    mutating func addExposed(since: Instant, of handler: Int) { exposed[handler].add(since) }
}
