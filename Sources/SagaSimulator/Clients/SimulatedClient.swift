internal import SagaModel
internal import SagaProtobuf

/// Somebody who starts sagas and waits for them, and writes down what was acknowledged.
struct SimulatedClient {
    /// A start that it wants.
    struct Start: Equatable {
        let key: String
        let definition: String
        /// In microseconds of the world; nil for at once.
        let startAt: Int64?
        /// Whether the definition is sent along.
        var isInline = false
        /// Whether the key was only drawn to repeat this one start.
        var keyIsRandom = false
        /// Whether a saga that the key names may be replaced, if it has come to nothing.
        var replaces = false
    }

    /// What it does, or waits for the answer to.
    enum Work: Equatable {
        case register(Int)
        case start(Start)
        case await(SagaID)
        case verb(Verb, SagaID, step: String)
        case complete(TaskAttempt, AttemptOutcome)
    }

    /// What it still wants to do, the next thing last.
    var wishes: [Work]
    /// The call whose answer it waits for, and until when.
    var waiting: (call: CallNumber, until: WorldTime)?
    /// Sagas that it was told of, in order.
    var acknowledged: [SagaID] = []
    /// Keys that it has used, with the saga that each names.
    var sagaOfKey: [String: SagaID] = [:]
    /// Keys for which it has asked for another saga, whether it heard of the answer or not.
    var replacedKeys: [String: Bool] = [:]

    var isDone: Bool { wishes.isEmpty }

    /// All that an operator can tell a saga.
    static let verbs = Verb.allCases.map(\.label)
}
