internal import SagaEngine
internal import SagaModel

/// What the engine's thread hands to the event loops: one delivery, and so one wake-up, for each
/// loop and batch.
final class Outbox: Sendable {
    /// What one event loop is to do.
    struct Delivery: Sendable {
        var effects: [Effect] = []
        /// How the journal stands, for a status among the effects.
        var journal: JournalStatus?
        /// The engine has caught up: the loop may read from its sockets again.
        var mayRead = false
        /// Answers of the archive.
        var archived: [(call: CallID, answer: ArchiveAnswer)] = []
    }

    private let loopCount: Int
    private let deliver: @Sendable (Int, Delivery) -> Void
    private let tell: @Sendable (LogFact) -> Void

    /// Makes an outbox.
    ///
    /// - Parameters:
    ///   - loopCount: how many event loops there are.
    ///   - deliver: hands a delivery to an event loop.
    ///   - tell: tells the log.
    init(
        loopCount: Int, deliver: @escaping @Sendable (Int, Delivery) -> Void,
        tell: @escaping @Sendable (LogFact) -> Void
    ) {
        self.loopCount = loopCount
        self.deliver = deliver
        self.tell = tell
    }

    /// Sorts effects by the event loop that their call or session lives on, and hands them over.
    func send(_ effects: [Effect], journal: @autoclosure () -> JournalStatus) {
        var deliveries = Array(repeating: Delivery(), count: loopCount)
        for effect in effects {
            guard let loop = effect.loop else {
                if case .fact(let fact) = effect { tell(fact) }
                continue
            }
            deliveries[loop].effects.append(effect)
            if case .reply(_, .status) = effect { deliveries[loop].journal = journal() }
        }
        for (loop, delivery) in deliveries.enumerated() where !delivery.effects.isEmpty {
            deliver(loop, delivery)
        }
    }

    /// Lets event loops read again.
    func resume(_ loops: [Int]) {
        for loop in loops { deliver(loop, Delivery(mayRead: true)) }
    }
}

extension Effect {
    /// The event loop that it is for: the top byte of its call's or session's number; nil for the
    /// log.
    fileprivate var loop: Int? {
        switch self {
        case .reply(let call, _): call.loop
        case .welcome(let session, _), .dispatch(let session, _), .cancel(let session, _, _),
            .acknowledge(let session, _, _), .heartbeatAck(let session, _),
            .endSession(let session, _):
            Int(session.rawValue >> 56)
        case .fact: nil
        }
    }
}

extension CallID {
    /// The event loop that it lives on: the top byte of its number.
    var loop: Int { Int(rawValue >> 56) }
}
