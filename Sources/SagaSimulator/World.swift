internal import Saga
internal import SagaCoordinator
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf

/// A world with one coordinator, participants and clients, in which everything that happens
/// follows from one seed.
final class World {
    var now = WorldTime(microseconds: 0)
    var random: SimulationRandom
    var rates: FaultRates
    var queue = EventQueue()
    var trace: Trace
    var check: Checker
    let follower: JournalFollower
    let watcher: SimulatedWatcher?
    let host: CoordinatorHost
    let definitions: [SagaDefinition]
    /// How often the coordinator's process has ended.
    var crashes = 0
    private(set) var events = 0
    var coverage = Coverage()

    var calls: [CallNumber: WireCall] = [:]
    /// Calls whose peers wait, in the order of their beginning.
    var openCalls: [CallNumber] = []
    var lastCall = 0
    /// One for each participant, then one for each client.
    var cuts: [Cut]

    var participants: [SimulatedParticipant]
    var processes: [ParticipantProcess] = []
    var business = Business()
    /// The last one is the operator.
    var clients: [SimulatedClient]
    var deferrals: [Deferral] = []
    /// How often each saga was helped on.
    var helped: [SagaID: Int] = [:]
    var encoding = EncodingArena()
    var decoding = DecodingArena(limit: 1 << 20)
    private var isHealed = false
    private let safetyEnds: WorldTime

    /// How long everything may take once nothing goes wrong any more.
    private static let healing: Int64 = 900_000_000

    init(seed: UInt64, tell: ((String) -> Void)?) {
        var random = SimulationRandom(world: seed)
        rates = FaultRates(&random)
        trace = Trace(tell: tell)
        definitions = WorldPlan.definitions(&random)
        participants = WorldPlan.participants(&random)
        clients = WorldPlan.clients(definitions, &random) + [SimulatedClient(wishes: [])]
        cuts = Array(repeating: Cut(), count: participants.count + clients.count)
        check = Checker(definitions)
        var limits = WorldPlan.limits(&random)
        WorldPlan.free(&limits, world: seed)
        host = CoordinatorHost(limits: limits, random.split())
        watcher = SimulatedWatcher(world: seed)
        follower = JournalFollower(
            limits: limits, watcher: watcher,
            tell: tell.map { tell in
                { tell("\trecord\t\($0.position.rawValue) of \($0.saga.rawValue)\t\($0.record)") }
            })
        host.driftPerMillion = Int64(random.index(below: 201)) - 100
        safetyEnds = WorldTime(microseconds: random.span(2_000_000...120_000_000))
        self.random = random
    }

    /// Lets everything happen.
    func run() {
        startCoordinator()
        for place in participants.indices {
            queue.add(.processStarts(place: place), at: now + random.span(10...2_000_000))
        }
        for client in clients.indices {
            queue.add(.client(client), at: now + random.span(10...1_000_000))
        }
        queue.add(.trouble, at: now + 1_000)
        while let (at, event) = queue.next() {
            now = at
            if !isHealed, now >= safetyEnds { heal() }
            events += 1
            happen(event)
            if isOver { break }
        }
        guard let coordinator = host.coordinator else {
            check.fail(now, "no coordinator runs at the end")
            return
        }
        check.ended(coordinator, business, now)
        if let text = watcher?.finish(coordinator) { check.fail(now, text) }
        for participant in participants { checkSlots(of: participant, coordinator) }
    }

    /// Every slot that the coordinator has given is one that the participant knows of.
    private func checkSlots(
        of participant: SimulatedParticipant, _ coordinator: SteppedCoordinator<SimulatedOutput>
    ) {
        let alive = processes.filter {
            $0.isAlive && participants[$0.place].name == participant.name
        }
        guard alive.count == 1, let process = alive.first, let stream = process.stream,
            process.welcomed == stream,
            // Of a connection that broke each side has still to learn, and what was on its way is
            // lost.
            calls[stream]?.isBroken == false,
            let taken = coordinator.inspect({ $0.slotsTaken(by: participant.name) })
        else { return }
        let onTheirWay =
            calls[stream]?.down.count { next in
                if case .spoken(.task) = next { true } else { false }
            } ?? 0
        let known = process.runs.count + process.results.count + onTheirWay
        if taken > known {
            check.fail(now, "\(participant.name) has \(taken) slots taken, and knows of \(known)")
        }
    }

    private func happen(_ event: WorldEvent) {
        switch event {
        case .trouble: makeTrouble()
        case .turn(let life): turn(life: life)
        case .release(let life): release(life: life)
        case .start: startCoordinator()
        case .toCoordinator(let call): arriveAtCoordinator(call)
        case .toPeer(let call): arriveAtPeer(call)
        case .streamOpens(let process, let stream): streamOpens(process, stream: stream)
        case .sessionWakes(let process): sessionWakes(process)
        case .handler(let process, let run): handlerGoesOn(process, run: run)
        case .signs(let process, let run): handlerSigns(process, run: run)
        case .processStarts(let place): processStarts(place)
        case .client(let client): clientGoesOn(client)
        case .completes(let deferral): complete(deferrals[deferral])
        case .roomReturns: emptyDisk()
        case .help:
            helpSagas()
            queue.add(.help, at: now + 5_000_000)
        }
    }

    /// Nothing goes wrong any more: every saga must come to its end.
    private func heal() {
        isHealed = true
        trace.note(now, "heal", 0)
        rates.heal()
        for place in cuts.indices { cuts[place] = Cut() }
        queue.add(.help, at: now + 1_000_000)
        host.arm(nil)
        host.storage.setCapacity(nil)
        host.pausedUntil = min(host.pausedUntil, now)
        pokeCoordinator()
    }

    private var isOver: Bool {
        guard isHealed else { return false }
        if now > safetyEnds + Self.healing { return true }
        return clients.allSatisfy(\.isDone)
            && host.coordinator?.standings.allSatisfy { $0.state.isEnded } ?? false
    }

    // MARK: - Trouble

    private func makeTrouble() {
        guard !isHealed else { return }
        queue.add(.trouble, at: now + random.span(2_000...4_000_000))
        guard let fault = rates.pick(FaultClass.spontaneous, &random) else { return }
        trace.note(now, "trouble", 0, fault.rawValue)
        cover(fault)
        let place = random.index(below: participants.count)
        let process = participants[place].process.map { processes[$0] }
        switch fault {
        case .coordinatorCrash: crashSomewhere()
        case .coordinatorPause:
            host.pausedUntil = now + random.span(10_000...30_000_000)
        case .participantCrash: if let process { kill(process) }
        case .zombie: startProcess(place)
        case .participantDrain:
            if let process, process.isAlive {
                act(process) { $0.session.drain(now: now.rpc, into: &$1) }
            }
        case .connectionBreak:
            if !openCalls.isEmpty { breakCall(random.element(of: openCalls)) }
        case .partition: partition()
        case .verb: for _ in 0..<3 { giveAnyVerb() }
        case .garbage: if let process { sayGarbage(process) }
        case .fullDisk: fillDisk()
        case .crashInCommit, .crashInRelease, .diskError, .slowDisk, .clockJump, .slowHandler,
            .silentHandler, .busyHandler, .businessNo, .lostReply, .refusedOutput, .notYet,
            .deferral, .hold, .failingUndo, .cancel, .impatientClient, .bitFlip:
            preconditionFailure("\(fault) does not come by itself")
        }
    }

    /// Notes how a fault finds the sagas.
    func cover(_ fault: FaultClass) {
        for standing in host.coordinator?.standings ?? [] where !standing.state.isEnded {
            coverage.note("fault \(fault.rawValue)", standing.state.label)
        }
    }

    private func partition() {
        let place = random.index(below: cuts.count)
        let end = now + random.span(1_000...40_000_000)
        let way = random.index(below: 3)
        if way != 0 { cuts[place].up = end }
        if way != 1 { cuts[place].down = end }
    }

    private func sayGarbage(_ process: ParticipantProcess) {
        guard process.isAlive, let stream = process.stream else { return }
        if random.chance(0.3) {
            let count = 1 + random.index(below: 40)
            toCoordinator(
                stream, .message((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }))
            return
        }
        guard !check.sagas.isEmpty else { return }
        let saga = random.element(of: check.sagas)
        let step = random.element(of: random.element(of: definitions).steps)
        let task = TaskRef(
            saga: saga, step: step.name, direction: random.chance(0.5) ? .action : .compensation)
        let token =
            check.staleToken(task) ?? Token(epoch: Epoch(UInt64(host.life + 10)), number: 1)
        let attempt = TaskAttempt(task: task, token: token)
        follower.naive.answers(attempt)
        let message: ParticipantMessage =
            random.chance(0.5)
            ? .heartbeat([AttemptSign(attempt)])
            : .result(TaskResult(attempt: attempt, outcome: .succeeded(.empty)))
        toCoordinator(stream, .message(process.encode(message)))
    }
}
