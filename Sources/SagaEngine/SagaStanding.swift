package import SagaModel

/// Where a saga stands, for who looks at all of them.
package struct SagaStanding: Equatable, Sendable {
    /// The saga.
    package let id: SagaID
    /// The definition that it runs by.
    package let definition: String
    /// Its state.
    package let state: SagaState
    /// Whether nothing new of it is dispatched.
    package let isSuspended: Bool
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

    private static func standing(_ saga: SagaInstance) -> SagaStanding {
        SagaStanding(
            id: saga.facts.id, definition: saga.facts.definition.name, state: saga.state,
            isSuspended: saga.isSuspended)
    }
}
