internal import Saga
internal import SagaModel

/// The databases of all services: what is on record for each step, by the participant rule. All
/// instances of a handler share it, and old processes that still run.
struct Business {
    /// What is on record for a step of a saga.
    enum Row: Equatable {
        /// An attempt answered no: only a newer one may run.
        case barred(Token)
        /// The action's effect is there.
        case done
        /// It was there and is undone.
        case undone
        /// It never was there, and never will be.
        case never
    }

    /// A step of a saga.
    struct StepKey: Hashable {
        let saga: SagaID
        let step: String
    }

    private var rows: [StepKey: Row] = [:]
    /// The money that moved.
    private(set) var ledger = Ledger()
    /// Steps whose compensation answered no.
    private(set) var refusedUndos: [StepKey: Bool] = [:]

    /// What is on record for a step.
    func row(_ saga: SagaID, _ step: String) -> Row? { rows[StepKey(saga: saga, step: step)] }

    /// Whether an undo of the saga's step answered no.
    func refusedUndo(_ saga: SagaID, _ step: String) -> Bool {
        refusedUndos[StepKey(saga: saga, step: step)] != nil
    }

    /// What the rule says of an action before its handler runs.
    enum Admission: Equatable {
        case run
        /// The stored result is the answer.
        case stored
        /// Nothing may happen any more.
        case fenced
    }

    /// Locks the row of an action.
    func admit(_ attempt: TaskAttempt) -> Admission {
        switch row(attempt.task.saga, attempt.task.step) {
        case nil: .run
        case .barred(let token): attempt.token > token ? .run : .fenced
        case .done: .stored
        case .undone, .never: .fenced
        }
    }

    /// Commits an action's change.
    mutating func commit(_ attempt: TaskAttempt) {
        ledger.apply(StepKey(saga: attempt.task.saga, step: attempt.task.step))
        set(attempt, .done)
    }

    /// Commits that an attempt changed nothing, and that no older one will.
    mutating func bar(_ attempt: TaskAttempt) { set(attempt, .barred(attempt.token)) }

    /// Commits the undo of an action.
    mutating func undo(_ attempt: TaskAttempt) {
        let row = row(attempt.task.saga, attempt.task.step)
        if row != .undone {
            ledger.revert(StepKey(saga: attempt.task.saga, step: attempt.task.step))
        }
        switch row {
        case .done, .undone: set(attempt, .undone)
        case .barred, .never, nil:
            if !PlantedBug.dropsTombstone.isPlanted { set(attempt, .never) }
        }
    }

    /// Notes that an undo answered no.
    mutating func refuseUndo(_ attempt: TaskAttempt) {
        refusedUndos[StepKey(saga: attempt.task.saga, step: attempt.task.step)] = true
    }

    private mutating func set(_ attempt: TaskAttempt, _ row: Row) {
        rows[StepKey(saga: attempt.task.saga, step: attempt.task.step)] = row
    }
}
