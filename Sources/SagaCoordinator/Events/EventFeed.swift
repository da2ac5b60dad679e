internal import Logging
internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// Tells watchers what happened: one thread reads the journal for all of them, behind what is
/// durable.
///
/// Neither the engine's thread nor an event loop ever reads for them, and while nobody watches
/// nothing is open.
final class EventFeed: Sendable {
    private struct Source {
        let storage: any Storage
        let lineage: JournalLineage
    }

    private struct State {
        var source: Source?
        var joining: [EventWatch] = []
        /// Watchers that have not left.
        var watchers = 0
        var isOver = false
    }

    /// What the thread finds to do.
    private struct Orders {
        var source: Source?
        var joining: [EventWatch]
        var isOver: Bool
    }

    static let stopping = Refusal(
        .unavailable, reason: "STOPPING", "the coordinator is stopping; go on from the last cursor")

    private let mark: DurableMark
    private let limits: Limits
    private let logger: Logger
    private let state = Mutex(State())

    /// Makes a feed that reads nothing yet.
    init(_ mark: DurableMark, limits: Limits, logger: Logger) {
        self.mark = mark
        self.limits = limits
        self.logger = logger
    }

    // MARK: Its life

    /// Starts the thread.
    func begin() throws(SystemFailure) {
        _ = try SystemThread(name: "saga-events") { self.run() }
    }

    /// Says what is to be read; until then watchers wait.
    func read(_ storage: any Storage, lineage: JournalLineage) {
        state.withLock { $0.source = Source(storage: storage, lineage: lineage) }
        mark.ring()
    }

    /// Ends all watchers, those to come too, and the thread.
    func stop() {
        state.withLock { $0.isOver = true }
        mark.ring()
    }

    // MARK: Watchers

    /// Everything up to here can be told.
    var durable: JournalPosition { mark.current }

    /// How many watch now.
    var watchers: Int { state.withLock { $0.watchers } }

    /// Takes a watcher in; it has to leave.
    func watch(_ filter: EventFilter, _ start: EventWatch.Start) throws(Refusal) -> EventWatch {
        let watch = EventWatch(
            filter, start, capBytes: limits.watcherBytes / 2, hasRoom: { self.mark.ring() },
            hasLeft: {
                self.state.withLock { $0.watchers -= 1 }
                self.mark.ring()
            })
        let refusal = state.withLock { state -> Refusal? in
            if state.isOver { return Self.stopping }
            guard state.watchers < limits.watchers else {
                return Refusal(
                    .resourceExhausted, reason: "WATCHERS",
                    "\(state.watchers) calls watch events; the limit is \(limits.watchers), set "
                        + "with --max-watchers")
            }
            state.watchers += 1
            state.joining.append(watch)
            return nil
        }
        if let refusal { throw refusal }
        mark.ring()
        return watch
    }

    // MARK: The thread

    private func run() {
        guard let source = source() else { return }
        let (logger, pace) = (logger, limits.watchPace.microseconds)
        var rounds = EventRounds(
            source.storage, lineage: source.lineage, decodedBytes: limits.decodedBytes
        ) { failure in
            logger.error(
                "the journal cannot be read for those who watch events",
                metadata: ["reason": "\(failure)"])
        }
        while true {
            let began = MonotonicInstant.now()
            let orders = takeOrders()
            let durable = mark.current
            for watch in orders.joining { rounds.join(watch, durable: durable) }
            if orders.isOver {
                rounds.end(Self.stopping)
                return
            }
            if rounds.round(durable) { continue }
            mark.wait(
                beyond: rounds.isAwaiting(durable) ? durable : nil,
                notBefore: MonotonicInstant(microseconds: began.microseconds + pace))
        }
    }

    /// Waits until there is something to read; nil if it is over before.
    private func source() -> Source? {
        while true {
            let (source, isOver) = state.withLock { ($0.source, $0.isOver) }
            if isOver {
                for watch in takeOrders().joining { watch.end(Self.stopping) }
                return nil
            }
            if let source { return source }
            mark.wait(beyond: nil, notBefore: .now())
        }
    }

    private func takeOrders() -> Orders {
        state.withLock { state in
            defer { state.joining = [] }
            return Orders(source: state.source, joining: state.joining, isOver: state.isOver)
        }
    }
}
