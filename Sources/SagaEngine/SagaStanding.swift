package import SagaModel

/// Where a saga stands, for who looks at all of them.
package struct SagaStanding: Equatable, Sendable {
    /// The saga.
    package let id: SagaID
    /// Its start record.
    package let start: JournalPosition
    /// The definition that it runs by.
    package let definition: String
    /// Its state.
    package let state: SagaState
    /// Whether nothing new of it is dispatched.
    package let isSuspended: Bool
}

/// Where a step of a saga stands, for who looks at all of them.
package struct StepStanding: Equatable, Sendable {
    /// Its state, as the journal has it.
    package let state: StepState
    /// What is known of it, once its action failed or its saga goes back.
    package let knowledge: UndoKnowledge?
    /// Whether its action is due or under way.
    package let isActionCurrent: Bool
    /// Whether its undo is due or under way.
    package let isUndoCurrent: Bool
    /// How many attempts of its action were opened.
    package let actions: UInt32
    /// How many attempts of its undo were opened.
    package let undos: UInt32
}

extension Engine {
    /// All sagas that are kept, in the order of their starts. It looks at everything: for tests and
    /// simulations.
    package var standings: [SagaStanding] { order.kept.map(Self.standing) }

    /// Where a saga stands; nil if it is not known, or no longer.
    package func standing(of saga: SagaID) -> SagaStanding? { sagas[saga].map(Self.standing) }

    /// Where a step of a saga stands; nil if there is none.
    package func stepState(_ step: String, of saga: SagaID) -> StepState? {
        guard let saga = sagas[saga], let index = saga.facts.definition.index(of: step) else {
            return nil
        }
        return saga.steps[index.rawValue].state
    }

    /// Where a saga stands, by its start record; nil if it is not known, or no longer.
    package func standing(at start: JournalPosition) -> SagaStanding? {
        order.find(start).map(Self.standing)
    }

    /// Where the steps of a saga stand, by its start record.
    package func stepStandings(at start: JournalPosition) -> [StepStanding] {
        (order.find(start)?.steps ?? []).map { step in
            StepStanding(
                state: step.state, knowledge: step.knowledge,
                isActionCurrent: step.action.isCurrent, isUndoCurrent: step.undo.isCurrent,
                actions: step.action.attempts, undos: step.undo.attempts)
        }
    }

    /// The newest attempt of a task on record; nil if the saga or step is not known, or no longer.
    package func newestAttempt(of task: TaskRef) -> UInt32? {
        guard let saga = sagas[task.saga], let step = saga.facts.definition.index(of: task.step)
        else { return nil }
        return saga.task(step, task.direction).attempts
    }

    /// Whether an attempt is its task's current one, by the journal.
    package func isOpen(_ attempt: TaskAttempt) -> Bool {
        guard let saga = sagas[attempt.task.saga],
            let step = saga.facts.definition.index(of: attempt.task.step)
        else { return false }
        return saga.task(step, attempt.task.direction).token == attempt.token
    }

    /// How many slots of an instance are taken; nil unless its stream is there.
    package func slotsTaken(by participant: ParticipantName) -> Int? {
        guard let session = instances[participant]?.session, session.isConnected else { return nil }
        return session.attempts.count
    }

    private static func standing(_ saga: SagaInstance) -> SagaStanding {
        SagaStanding(
            id: saga.facts.id, start: saga.facts.start, definition: saga.facts.definition.name,
            state: saga.state,
            isSuspended: saga.isSuspended)
    }
}
