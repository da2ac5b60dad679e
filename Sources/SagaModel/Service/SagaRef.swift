/// How a client names a saga, before anything is hashed.
package enum SagaRef: Hashable, Sendable {
    /// By its id.
    case id(SagaID)
    /// By definition and business key.
    case key(definition: String, key: String)
}

/// Which parts of a saga an answer carries beside the summary.
package struct SagaView: Hashable, Sendable {
    /// The saga's output.
    package var output: Bool
    /// The steps.
    package var steps: Bool
    /// The attempts of the steps, and the verbs.
    package var history: Bool
    /// The saga's input, and inputs, outputs and progress of steps.
    package var payloads: Bool

    /// Names the parts; output and steps are what a request without a view gets.
    package init(
        output: Bool = true, steps: Bool = true, history: Bool = false, payloads: Bool = false
    ) {
        self.output = output
        self.steps = steps
        self.history = history
        self.payloads = payloads
    }

    /// What either of two asks for.
    package func union(_ other: SagaView) -> SagaView {
        SagaView(
            output: output || other.output, steps: steps || other.steps,
            history: history || other.history, payloads: payloads || other.payloads)
    }
}

/// How a client wants to wait for a saga.
package struct AwaitWish: Hashable, Sendable {
    /// How long at most; nil for as long as the coordinator lets it.
    package var timeout: Duration?
    /// Whether a parked saga is waited for further.
    package var untilEnded: Bool
    /// What the answer carries.
    package var view: SagaView

    /// States the wish.
    package init(timeout: Duration? = nil, untilEnded: Bool = false, view: SagaView = SagaView()) {
        self.timeout = timeout
        self.untilEnded = untilEnded
        self.view = view
    }

    /// Whether a saga in this state is what is waited for.
    package func isReached(_ state: SagaState) -> Bool {
        state.isEnded || (state == .failed && !untilEnded)
    }
}

/// A version of a definition.
package struct DefinitionVersion: Hashable, Sendable {
    /// The definition's name.
    package var name: String
    /// The version.
    package var version: UInt32

    /// Names a version.
    package init(name: String, version: UInt32) {
        self.name = name
        self.version = version
    }
}

/// The answer to one start of several.
package enum StartResult: Equatable, Sendable {
    /// It was started, now or by the same request before; by this definition, which is nil for a
    /// saga that is not kept any more.
    case started(SagaID, existing: Bool, DefinitionVersion?)
    /// It was refused.
    case refused(Refusal)
}
