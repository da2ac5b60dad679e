internal import Saga
internal import SagaModel

/// Names one run of a handler in a test's world.
struct RunID: Hashable, Sendable {
    /// The run that the current task belongs to; nil for a task that is no handler's.
    @TaskLocal static var current: RunID?

    let rawValue: Int
}

/// An attempt that a participant of a test's world has taken, until it has answered.
struct HandlerRun {
    enum Phase {
        /// Its handler is not called yet. Can transition to: atWork, (gone).
        case held
        /// Its handler runs. Can transition to: lost, (gone).
        case atWork(Task<Void, Never>)
        /// Its handler has ended, and its answer got lost. Can transition to: (gone).
        case lost(AttemptOutcome)
    }

    let process: TestProcess
    let place: AttemptPlace
    let handler: Handler
    let facts: AttemptFacts
    let fault: Fault?
    var phase = Phase.held
    /// Calls and sleeps that the handler waits for: meanwhile time may go on.
    var waits = 0

    var task: Task<Void, Never>? {
        guard case .atWork(let task) = phase else { return nil }
        return task
    }
}
