import SagaModel

@testable import SagaEngine

/// Runs the commands of a golden: each is an input for an engine, and what comes out is text.
///
/// Effects are released after each command, until `hold`; then `durable` releases them.
final class Script {
    private(set) var rig: EngineRig
    var output: [String] = []
    /// Names of sagas in the script, by id and by start.
    var names: [SagaID: String] = [:]
    var ids: [String: SagaID] = [:]
    private var releases = true
    private var calls: UInt64 = 0
    var starts: UInt64 = 0
    private var printed = 0
    /// The attempts that sessions were given last, by task.
    private var given: [TaskRef: Token] = [:]
    private var epochs: UInt64 = 1
    /// Whether sagas are rendered with all that there is to say of them.
    var showsAll = false
    /// Effects that came while time passed.
    private var early: [String] = []

    init(limits: EngineLimits = .small) {
        rig = EngineRig(limits: limits)
        names = [:]
        _ = finish()
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs one command and gives the records and effects that come out.
    func run(_ line: String) throws -> [String] {
        var words = ScriptWords(line)
        switch try words.next("command") {
        case "rate":
            // As the first command: how many tasks of an earlier life go on in a second.
            let rate = try words.number()
            limit { $0.redispatchedPerSecond = Int(clamping: rate) }
        case "attempts": limitAttempts(UInt32(clamping: try words.number()))
        case "define": try define(&words)
        case "start": try start(&words)
        case "hello": try hello(&words)
        case "result": try result(&words)
        case "beat": try beat(&words)
        case "drain": rig.step(.draining(try words.session()))
        case "drop": rig.step(.sessionEnded(try words.session()))
        case "cancel", "suspend", "resume", "retry", "skip", "mark-compensated", "compensate",
            "abandon":
            try verb(line)
        case "complete":
            let attempt = try attempt(try words.next("attempt"))
            rig.step(
                .completeTask(
                    nextCall(),
                    CompleteRequest(
                        namespace: "default", attempt: attempt, outcome: try outcome(&words))))
        case "get": rig.step(.get(nextCall(), try selector(&words)))
        case "show": try show(&words)
        case "await":
            let saga = try selector(&words)
            let time = try words.duration()
            rig.step(
                .await(
                    nextCall(), saga, within: time, untilEnded: words.rest().contains("ended")))
        case "gone": rig.step(.callEnded(CallID(try words.number())))
        case "list": try list(&words)
        case "status": rig.step(.status(nextCall()))
        case "participants": rig.step(.participants(nextCall(), namespace: "default"))
        case "after": try after(&words)
        case "silence": rig.pass(try words.duration())
        case "pause":
            rig.jump(try words.duration())
            rig.engine.resumed(now: rig.now)
        case "fire": rig.fire()
        case "space":
            rig.step(.space(try space(try words.next("level"))))
            rig.stepKept()
            rig.fire()
        case "hold": releases = false
        case "durable":
            releases = true
        case "restart":
            // `clock=TIME`: the clock is set while the coordinator is down, also back.
            var level = SpaceLevel.ample
            for word in words.rest() {
                if let time = word.value(of: "clock") {
                    rig.jump(try ScriptWords.duration(time))
                } else if let name = word.value(of: "space") {
                    level = try space(name)
                } else {
                    throw Fault(description: "restart: \(word)")
                }
            }
            given = [:]
            epochs += 1
            rig.restart(seed: epochs, space: level)
            printed = rig.records.count - 1
        case "crash":
            given = [:]
            epochs += 1
            rig.restart(keeping: rig.durable, seed: epochs)
            releases = true
            printed = 0
            while rig.records[printed].position <= rig.engine.lastPosition,
                rig.records[printed].record != rig.records.last?.record
            {
                printed += 1
            }
        case let other: throw Fault(description: "unknown command \(other)")
        }
        return finish()
    }

    private func space(_ name: String) throws -> SpaceLevel {
        guard let level = SpaceLevel.allCases.first(where: { $0.label == name }) else {
            throw Fault(description: "no level \(name)")
        }
        return level
    }

    /// As the first command: how many attempts of a task there may be.
    private func limitAttempts(_ count: UInt32) {
        limit { $0.attempts = count }
    }

    private func limit(_ change: (inout EngineLimits) -> Void) {
        var limits = rig.limits
        change(&limits)
        rig = EngineRig(limits: limits)
        printed = 0
        _ = finish()
    }

    /// Lets time pass in which all sessions are heard of.
    private func after(_ words: inout ScriptWords) throws {
        var left = try words.duration()
        while left > .zero {
            let part = min(left, .seconds(2))
            rig.pass(part)
            left -= part
            for session in rig.engine.sessions.all.map(\.id).sorted() {
                rig.step(.heartbeat(session, []))
            }
            if releases { early += released() }
        }
        early.removeAll { $0.contains(" beat, waiting") }
    }

    private func released() -> [String] {
        var lines: [String] = []
        for effect in rig.release() {
            if case .dispatch(_, let order) = effect { given[order.task] = order.token }
            lines += render(effect)
        }
        return lines
    }

    private func finish() -> [String] {
        var lines = rig.records[min(printed, rig.records.count)...].map { render($0) }
        printed = rig.records.count
        lines += early
        early = []
        if releases { lines += released() }
        return lines
    }

    func nextCall() -> CallID {
        calls += 1
        return CallID(calls)
    }

    static let principal = Principal(name: "tester", isVerified: false)

    func keyHash(_ key: String) -> KeyHash {
        KeyHash(high: 3, low: key.utf8.reduce(5) { ($0 &* 31) &+ UInt64($1) })
    }

    func selector(_ words: inout ScriptWords) throws -> SagaSelector {
        let word = try words.next("saga")
        if let key = word.value(of: "key") {
            return .key(namespace: "default", definition: "order", key: key, keyHash(key))
        }
        return .id(namespace: "default", try id(word))
    }

    func id(_ name: String) throws -> SagaID {
        if name == "nobody" { return SagaID(high: .max, low: 1) }
        guard let id = ids[name] else { throw Fault(description: "no saga \(name)") }
        return id
    }

    private func hello(_ words: inout ScriptWords) throws {
        let session = try words.session()
        let participant = try words.next("participant").split(separator: "/").map(String.init)
        guard participant.count == 2 else { throw Fault(description: "NAME/INSTANCE") }
        var hello = Hello(
            participant: ParticipantName(
                namespace: "default", name: participant[0], instance: participant[1]),
            protocolVersion: 1, sdkVersion: "", serviceVersion: "", handlers: [], slots: 4,
            undoSlots: 1, running: [], holdingResults: [], epochsMet: [])
        for word in words.rest() {
            if let slots = word.value(of: "slots") {
                hello.slots = UInt32(slots) ?? 0
            } else if let slots = word.value(of: "undo") {
                hello.undoSlots = UInt32(slots) ?? 0
            } else if let list = word.value(of: "running") {
                hello.running = try attempts(list.split(separator: ",").map(String.init))
            } else if let list = word.value(of: "holding") {
                hello.holdingResults = try attempts(list.split(separator: ",").map(String.init))
            } else if let epoch = word.value(of: "met"), let number = UInt64(epoch) {
                hello.epochsMet = [
                    EpochMet(lineage: SagaID(high: 7, low: 7), epoch: Epoch(number), life: 0)
                ]
            } else {
                let name = word.hasSuffix("!") ? String(word.dropLast()) : word
                hello.handlers.append(
                    HandlerOffer(name: name, hasCompensation: !word.hasSuffix("!")))
            }
        }
        rig.step(.hello(session, hello))
    }

    private func attempts(_ texts: [String]) throws -> [TaskAttempt] {
        try texts.map { try attempt($0) }
    }

    /// `a.reserve`, `a.reserve/undo`, with `@EPOCH.NUMBER` if it is not the attempt handed out
    /// last.
    func attempt(_ text: String) throws -> TaskAttempt {
        let parts = text.split(separator: "@").map(String.init)
        let names = parts[0].split(separator: ".").map(String.init)
        guard names.count == 2 else { throw Fault(description: "SAGA.STEP: \(text)") }
        let isUndo = names[1].hasSuffix("/undo")
        let task = TaskRef(
            saga: try id(names[0]), step: isUndo ? String(names[1].dropLast(5)) : names[1],
            direction: isUndo ? .compensation : .action)
        if parts.count == 2 {
            let numbers = parts[1].split(separator: ".").compactMap { UInt64($0) }
            guard numbers.count == 2 else { throw Fault(description: "EPOCH.NUMBER: \(text)") }
            let token = Token(epoch: Epoch(numbers[0]), number: UInt32(numbers[1]))
            return TaskAttempt(task: task, token: token)
        }
        guard let token = given[task] else { throw Fault(description: "\(text) has no token") }
        return TaskAttempt(task: task, token: token)
    }

    private func result(_ words: inout ScriptWords) throws {
        let session = try words.session()
        let attempt = try attempt(try words.next("attempt"))
        rig.step(.result(session, TaskResult(attempt: attempt, outcome: try outcome(&words))))
    }

    private func list(_ words: inout ScriptWords) throws {
        var request = ListRequest(SagaFilter(namespace: "default"), pageSize: 100)
        for word in words.rest() {
            if let size = word.value(of: "size") {
                request.pageSize = UInt32(size) ?? 1
            } else if let before = word.value(of: "before"), let number = UInt64(before) {
                request.cursor = JournalPosition(number)
            } else if let state = word.value(of: "state") {
                request.filter.states = SagaState.allCases.filter { $0.label == state }
            } else if let key = word.value(of: "key") {
                request.filter.key = key
            } else if let label = word.value(of: "label") {
                request.filter.labels = [Label(name: "l", value: label)]
            } else if let name = word.value(of: "definition") {
                request.filter.definition = name
            } else if let version = word.value(of: "version") {
                request.filter.version = UInt32(version)
            } else if let reason = word.value(of: "why") {
                request.filter.attention += AttentionReason.allCases.filter { $0.label == reason }
            } else if word == "attention" {
                request.filter.needsAttention = true
            } else if word == "suspended" {
                request.filter.isSuspended = true
            } else {
                throw Fault(description: "list: \(word)")
            }
        }
        rig.step(.list(nextCall(), request))
    }
}

extension EngineLimits {
    /// Limits that a test can reach.
    static let small = EngineLimits(
        heartbeatInterval: .seconds(3), sessionGrace: .seconds(10), cancelGrace: .seconds(20),
        attentionAfter: .seconds(300), attentionLogged: 4, attentionLogWindow: .seconds(10),
        outputLimitBytes: 1_024, endedKept: 4, liveSagas: 12,
        keys: 6, definitions: 12, sessions: 4, waitingCalls: 3, pageRows: 3, pageLooks: 5,
        timersPerTurn: 2, childDepth: 8, queues: 200_000,
        longestPause: .seconds(3_600), attempts: 5, keptBytes: 2_048, statementReach: 1 << 20,
        restatedBytes: 1 << 20, redispatchedPerSecond: 100)
}
