import SagaModel

@testable import SagaEngine

/// Participants that keep the participant rule, clients and trouble, all drawn from one seed.
final class RandomWorld {
    let rig: EngineRig
    var random: Randomness
    /// In some worlds the disk of the journal gets full.
    private let isDiskSmall: Bool
    /// For freeing, which is to change nothing else; nil where nothing is freed.
    private var freeing: Randomness?
    var faults: [String] { rig.faults + found }
    var found: [String] = []
    var instances: [Instance]
    /// What the business has on record, shared by all instances of a handler.
    var rows: [TaskRef: Row] = [:]
    private var acknowledged: [SagaID] = []
    var deferred: [TaskAttempt] = []
    /// Steps whose undo an operator has taken as done.
    var byHand: Set<TaskRef> = []
    private var calls: UInt64 = 0
    var sessions: UInt64 = 0
    var isHealed = false
    var undosMayFail: Bool

    enum Row: Equatable {
        case barred(Token)
        case done
        case undone
        case never
    }

    struct Instance {
        let name: String
        let handlers: [String]
        var session: SessionID?
        var running: [TaskAttempt] = []
        var results: [TaskResult] = []
    }

    init(seed: UInt64) {
        random = Randomness(seed: seed &* 0x9E37_79B9)
        isDiskSmall = seed % 3 == 0
        var limits = EngineLimits.small
        limits.endedKept = 1_000
        limits.liveSagas = 1_000
        limits.timersPerTurn = 3
        limits.redispatchedPerSecond = [10, 30, 1_000][Int(seed % 3)]
        if seed % 4 != 0 {
            freeing = Randomness(seed: seed)
            limits.statementReach = [4, 12, 40][Int(seed % 3)]
        }
        rig = EngineRig(limits: limits, seed: seed)
        instances = [
            Instance(name: "p-1", handlers: ["h.one", "h.two"]),
            Instance(name: "p-2", handlers: ["h.one", "h.two", "h.three"]),
            Instance(name: "p-3", handlers: ["h.three"]),
        ]
        undosMayFail = false
        undosMayFail = chance(40)
        define()
    }

    func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }

    private func nextCall() -> CallID {
        calls += 1
        return CallID(calls)
    }

    private func define() {
        let words = chance(40) ? sequence() : graph()
        let steps = words.compactMap { try? StepDefinition(scriptWord: $0) }
        var definition = SagaDefinition(name: "order", version: 1, steps: steps)
        if chance(20) { definition.timeout = .seconds(40) }
        if chance(20) { definition.onCompensationFailure = .continue }
        rig.step(
            .register(
                nextCall(),
                RegisterRequest(
                    namespace: "default", written: definition,
                    filled: DefinitionDefaults.fill(definition), digest: Digest256(1, 1, 1, 1),
                    principal: Script.principal)))
        release(rig.engine.lastPosition)
    }

    private func sequence() -> [String] {
        [
            "one:h.one,max=4,close=4s", "two:h.two\(chance(30) ? ",none" : ""),close=3s",
            "three:h.three,max=3,initial=0s", "four:h.one",
        ]
    }

    /// What times out first, and what outlives a session that is lost.
    private func close() -> String { chance(60) ? "4s" : "30s" }

    /// Branches and joins, with all that steps can be.
    private func graph() -> [String] {
        let options = [
            "", ",optional", ",optional,max=1", ",delay=2s", ",all=9s", ",start=6s", ",none",
            ",heartbeat=3s", ",heartbeat=4s", ",exists=input#/x",
            ",missing=one#/x", ",input=a=one#/a", ",max=2",
        ]
        let hasPivot = chance(40)
        func option() -> String { chance(50) ? options[pick(options.count)] : "" }
        let handlers = ["h.one", "h.two", "h.three"]
        func step(_ name: String, _ after: String, _ more: String) -> String {
            "\(name):\(handlers[pick(3)])\(more),close=\(close()),after=\(after)"
        }
        let tail = hasPivot ? [",optional", "", ",delay=1s", ",max=1"][pick(4)] : option()
        return [
            step("one", "-", ""), step("two", "one", option()), step("three", "one", option()),
            step(
                "four", chance(50) ? "two+three" : "three+two+one",
                hasPivot ? ",pivot" : option()),
            step("five", "four", tail),
        ]
    }

    /// Somebody tells a saga to do something.
    private func verb() {
        let kept = rig.engine.order.kept
        guard !kept.isEmpty else { return }
        let saga = kept[pick(kept.count)]
        let verbs: [Verb] = [
            .cancel, .suspend, .resume, .resume, .retry, .retry, .skip, .compensate,
            .markCompensated,
        ]
        let verb = chance(4) ? .abandon : verbs[pick(verbs.count)]
        let step = saga.facts.definition.steps[pick(saga.steps.count)].name
        let needsStep = verb == .skip || verb == .markCompensated
        give(verb, saga, step: needsStep || chance(20) ? step : "")
    }

    private func give(_ verb: Verb, _ saga: SagaInstance, step: String = "") {
        if verb == .markCompensated {
            byHand.insert(TaskRef(saga: saga.facts.id, step: step, direction: .action))
        }
        rig.step(
            .verb(
                nextCall(),
                VerbRequest(
                    verb: verb, saga: .id(namespace: "default", saga.facts.id), step: step,
                    output: verb == .skip ? .empty : nil, reason: "because",
                    principal: Script.principal)))
    }

    /// Somebody answers what was deferred.
    private func complete() {
        // Whoever is refused asks again later.
        guard !deferred.isEmpty, rig.engine.space.takesRecords else { return }
        let attempt = deferred.remove(at: pick(deferred.count))
        var outcome = attempt.task.direction == .action ? runAction(attempt) : runUndo(attempt)
        // What is fenced has nobody who would answer.
        if outcome == Self.fenced { return }
        switch outcome {
        case .succeeded, .failed, .retry: break
        case .notYet, .deferred, .hold, .refused, .unknown, .declined:
            outcome = .retry(Failure(code: "busy", message: ""), after: nil)
        }
        rig.step(
            .completeTask(
                nextCall(),
                CompleteRequest(namespace: "default", attempt: attempt, outcome: outcome)))
    }

    /// One thing that happens.
    func act() {
        freeSpace()
        let place = pick(instances.count)
        switch random.next() % 100 {
        case 0..<10: start()
        case 10..<55: run(place)
        case 55..<70: send(place)
        case 70..<76: if instances[place].session == nil { attach(place) } else { beat() }
        case 76..<83: lose(place)
        case 83..<88: pass(.milliseconds(Int64(random.next() % 3_000)))
        case 88..<91: verb()
        case 91..<92: complete()
        case 92..<94: garbage(place)
        case 94..<95: restart()
        case 95..<96: pass(.seconds(chance(50) ? 5 : 12))
        case 96..<97 where isDiskSmall: room(SpaceLevel.allCases[pick(SpaceLevel.allCases.count)])
        case 97..<99 where rig.engine.space != .ample: room(.ample)
        default: beat()
        }
        if chance(70) { release(rig.engine.lastPosition) }
    }

    /// The disk has more or less room than before.
    private func room(_ level: SpaceLevel) {
        rig.step(.space(level))
        rig.stepKept()
    }

    /// Some of what lives is stated anew, and what is not needed then is freed.
    private func freeSpace() {
        guard var random = freeing else { return }
        defer { freeing = random }
        switch random.next() % 8 {
        case 0:
            let last = rig.engine.lastPosition.rawValue
            rig.step(
                .restate(
                    before: JournalPosition(last - random.next() % min(last, 40)),
                    byteBudget: Int(random.next() % 6_000)))
        case 1: rig.free()
        default: break
        }
    }

    /// Everything works again: every saga must end, or park.
    func heal() {
        isHealed = true
        room(.ample)
        // A handler that was declined as unknown is closed until the next Hello.
        for place in instances.indices {
            if let session = instances[place].session { rig.step(.sessionEnded(session)) }
            instances[place].session = nil
        }
        for round in 0..<400 {
            for saga in rig.engine.order.kept where saga.isSuspended { give(.resume, saga) }
            while !deferred.isEmpty { complete() }
            if rig.engine.order.kept.allSatisfy({ $0.state.isEnded || $0.state == .failed }) {
                break
            }
            for place in instances.indices {
                if instances[place].session == nil { attach(place) }
                while !instances[place].running.isEmpty { run(place) }
                while !instances[place].results.isEmpty, instances[place].session != nil {
                    let before = instances[place].results.count
                    send(place)
                    release(rig.engine.lastPosition)
                    if instances[place].results.count == before { break }
                }
            }
            beat()
            pass(.seconds(2))
            release(rig.engine.lastPosition)
            if round == 399 {
                let stuck = rig.engine.order.kept.first { !$0.state.isEnded && $0.state != .failed }
                found.append("stuck: \(stuck.map { "\($0.state) \($0.steps)" } ?? "")")
            }
        }
        for place in instances.indices {
            while !instances[place].running.isEmpty { run(place) }
        }
        for item in rig.records {
            guard case .attemptEnded(let ended) = item.record, ended.outcome == Self.fenced else {
                continue
            }
            found.append("an attempt that is fenced was the current one: \(ended)")
        }
        checkEnds()
    }

    private func checkEnds() {
        for id in acknowledged where rig.engine.sagas[id] == nil {
            found.append("\(id) was acknowledged and is gone")
        }
        for saga in rig.engine.order.kept {
            for step in saga.stepIndices where !byHand.contains(saga.facts.task(step, .action)) {
                let row = rows[saga.facts.task(step, .action)]
                switch saga.state {
                case .completed:
                    let state = saga.steps[step.rawValue].state
                    if row != .done, state == .succeeded {
                        found.append("\(saga.facts.id) completed without \(step)")
                    }
                    if row == .done, state == .compensated {
                        found.append("\(saga.facts.id): \(step) is not undone")
                    }
                case .compensated:
                    let isCompensated =
                        saga.facts.definition.steps[step.rawValue].isCompensated
                    if row == .done, isCompensated {
                        found.append("\(saga.facts.id): \(step) is not undone")
                    }
                case .pending, .running, .compensating, .failed, .abandoned: break
                }
            }
        }
    }

    private func start() {
        let number = rig.records.count
        let key = chance(30) ? KeyHash(high: 1, low: random.next() % 4) : nil
        rig.step(
            .start(
                nextCall(),
                StartRequest(
                    namespace: "default", definition: "order", version: nil, key: "k",
                    keyIsRandom: chance(50), input: .empty, labels: [], traceContext: [],
                    principal: Script.principal,
                    id: SagaID(at: rig.now, shard: 0, entropy: UInt64(number) << 20 | calls),
                    keyHash: key, requestHash: RequestHash(high: 1, low: random.next() % 2),
                    waits: chance(20) ? .seconds(3) : nil)))
    }

    func pass(_ duration: Duration) {
        if duration > .seconds(4), chance(50) {
            rig.jump(duration)
            rig.engine.resumed(now: rig.now)
            beat()
            rig.fire()
        } else {
            rig.pass(duration)
        }
    }

    private func beat() {
        for instance in instances {
            guard let session = instance.session else { continue }
            let signs = isHealed || chance(25) ? instance.running.map { AttemptSign($0) } : []
            rig.step(.heartbeat(session, signs))
        }
    }

    private func garbage(_ place: Int) {
        guard let session = instances[place].session else { return }
        let kept = rig.engine.order.kept
        guard !kept.isEmpty else { return }
        let saga = kept[pick(kept.count)]
        let step = StepIndex(pick(saga.steps.count))
        let direction: Direction = chance(50) ? .action : .compensation
        let task = saga.facts.task(step, direction)
        let number = saga.task(step, direction).attempts
        let isAhead = chance(50)
        let token = Token(
            epoch: isAhead ? rig.engine.lastEpoch.next : Epoch(1),
            number: number + (isAhead ? 0 : 7))
        let attempt = TaskAttempt(task: task, token: token)
        rig.step(.result(session, TaskResult(attempt: attempt, outcome: .succeeded(.empty))))
        if chance(30) { rig.step(.heartbeat(session, [AttemptSign(attempt)])) }
    }

    private func restart() {
        let last = rig.engine.lastPosition.rawValue
        let span = last - rig.durable.rawValue
        rig.restart(
            keeping: JournalPosition(rig.durable.rawValue + random.next() % (span + 1)),
            seed: random.next(), space: chance(50) ? rig.engine.space : .ample)
        for place in instances.indices { instances[place].session = nil }
    }

    private func release(_ position: JournalPosition) {
        for effect in rig.release(upTo: position) {
            switch effect {
            case .dispatch(let session, let order): take(order, session)
            case .acknowledge(_, let attempt, _):
                for place in instances.indices {
                    instances[place].results.removeAll { $0.attempt == attempt }
                }
            case .cancel(let session, let attempt, _): stop(attempt, session)
            case .endSession(let session, _):
                for place in instances.indices where instances[place].session == session {
                    instances[place].session = nil
                }
            case .reply(_, .started(let id, false, _, _)): acknowledged.append(id)
            case .reply, .welcome, .heartbeatAck, .fact: break
            }
        }
    }
}
