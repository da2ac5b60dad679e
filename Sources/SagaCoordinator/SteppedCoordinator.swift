package import Logging
package import SagaEngine
package import SagaJournal
package import SagaModel
package import SagaRPC
package import SagaTransport

/// A coordinator that goes on only when it is told to: the daemon's own recovery, driver, journal
/// and services, without its threads, clocks, disk and sockets.
///
/// What stands outside brings calls, as a transport would, lets it take turns, and gets its answers
/// through an output of its own. One life: after a crash, make another one on what is left of the
/// storage.
package final class SteppedCoordinator<Output: CallOutput> {
    /// What takes calls.
    package var service: any ServiceHandler { services }
    /// This life.
    package let life: Life
    /// What the start found.
    package let recovery: RecoveryStatus
    private let context: ServiceContext
    private let services: LoopServices<Output>
    private var driver: CommittingDriver
    let mark: DurableMark
    var rounds: EventRounds
    private let now: @Sendable () -> Instant
    private let logger: Logger
    private var effects: [Effect] = []
    private var spare: [Input] = []

    /// Recovers from a storage and begins a life in it.
    ///
    /// - Parameters:
    ///   - storage: the directory; a new journal is made in an empty one.
    ///   - settings: the journal's own needs.
    ///   - limits: all limits.
    ///   - now: the engine's time, which never goes back.
    ///   - output: gets what is answered.
    ///   - logger: told the facts of this life.
    package init(
        storage: any Storage, settings: JournalSettings, limits: Limits,
        now: @escaping @Sendable () -> Instant, output: Output, logger: Logger
    ) throws(JournalFailure) {
        let recovered = try RecoveredCoordinator.open(storage, settings, limits: limits, now: now)
        life = recovered.life
        recovery = recovered.recovery
        context = ServiceContext(
            inbox: Inbox(limit: limits.inboxInputs), now: now, entropy: settings.entropy,
            limits: limits, version: "", logger: logger)
        services = LoopServices(context, writer: output)
        let mark = DurableMark()
        rounds = EventRounds(
            storage, lineage: recovered.journal.lineage, decodedBytes: limits.decodedBytes
        ) { failure in
            logger.error("events cannot be read", metadata: ["reason": "\(failure)"])
        }
        driver = CommittingDriver(recovered, limits: limits, mark: mark, pace: context.pace)
        self.now = now
        self.logger = logger
        self.mark = mark
        driver.decide([.begin(life)], now: now())
        effects = try driver.commit(now: now)
        try serveIfBegun()
    }

    private func serveIfBegun() throws(JournalFailure) {
        // A life whose record waits for room has not begun.
        guard !context.isServing, !driver.isStuck else { return }
        if life.isRestored { try driver.endRestore() }
        context.serve(BegunLife(life: life, recovery: recovery))
    }

    /// Whether a turn has something to do now.
    package var isDue: Bool {
        context.inbox.hasInputs || driver.wake(now: now()).map { $0 <= now() } ?? false
    }

    /// When a turn is due without a call; nil for never.
    package var wakeAt: Instant? { driver.wake(now: now()) }

    /// Decides what came in and what is due, and makes it durable. Nobody hears of it before
    /// `release`.
    ///
    /// - Throws: what the journal failed with: this life is over then.
    package func turn() throws(JournalFailure) {
        let delivery = context.inbox.takeNow(reusing: spare)
        driver.decide(delivery.inputs, now: now())
        if !delivery.resumed.isEmpty { services.receive(Outbox.Delivery(mayRead: true)) }
        spare = delivery.inputs
        spare.removeAll(keepingCapacity: true)
        effects += try driver.commit(now: now)
        try serveIfBegun()
    }

    /// Does what was decided and is durable.
    package func release() {
        var delivery = Outbox.Delivery(journal: driver.journalStatus(at: now()))
        for effect in effects {
            if case .fact(let fact) = effect {
                fact.tell(logger)
            } else {
                delivery.effects.append(effect)
            }
        }
        effects.removeAll(keepingCapacity: true)
        services.receive(delivery)
    }

    // MARK: - For who checks it

    /// A method by its path, as a transport would find it.
    package static func method(_ path: String) -> MethodIndex {
        guard let method = Method.allCases.first(where: { $0.path == path }) else {
            preconditionFailure("no method \(path)")
        }
        return MethodIndex(method.rawValue)
    }

    /// Where a saga stands; nil if it is not known.
    package func standing(of saga: SagaID) -> SagaStanding? {
        driver.inspect { $0.standing(of: saga) }
    }

    /// Where a step of a saga stands; nil if there is none.
    package func stepState(_ step: String, of saga: SagaID) -> StepState? {
        driver.inspect { $0.stepState(step, of: saga) }
    }

    /// Where all sagas stand, children too, in the order of their starts.
    package var standings: [SagaStanding] { driver.inspect { $0.standings } }

    /// Up to which record everything is durable.
    package var durablePosition: JournalPosition { driver.durablePosition }

    /// How much room there was for what the last turn decided first.
    package var spaceAtTurn: SpaceLevel { driver.space.level(afterWriting: 0) }

    /// Whether a task of some direction is about to be handed out, or has to wait for a release.
    package func isHandingOut(_ direction: Direction) -> Bool {
        effects.contains { effect in
            guard case .dispatch(_, let order) = effect else { return false }
            return order.task.direction == direction
        }
    }

    /// The checksum over all that is durable.
    package var durableChecksum: UInt32 { driver.durableChecksum }

    /// Lends the engine to look at.
    package func inspect<Result>(_ body: (borrowing Engine) -> Result) -> Result {
        driver.inspect(body)
    }

    /// What the engine counts wrongly, or does not go on with; nil if all is well.
    package var inconsistency: String? { driver.inspect { $0.inconsistency() } }
}
