internal import SagaModel
internal import SagaProtobuf

/// Somebody who starts sagas and waits for them, and writes down what was acknowledged.
struct SimulatedClient {
    /// What it does, or waits for the answer to.
    enum Work: Equatable {
        case register(Int)
        case start(key: String, definition: String)
        case await(SagaID)
        case cancel(SagaID)
    }

    /// What it still wants to do, the next thing last.
    var wishes: [Work]
    /// The call whose answer it waits for, and until when.
    var waiting: (call: CallNumber, until: WorldTime)?
    /// Sagas that it was told of, in order.
    var acknowledged: [SagaID] = []
    /// Keys that it has used, with the saga that each names.
    var sagaOfKey: [String: SagaID] = [:]

    var isDone: Bool { wishes.isEmpty }
}
