internal import DequeModule
internal import SagaEngine
internal import SagaModel

/// Sagas through an engine without sockets: its participants answer at once.
struct EngineLoad<World: LoadedEngine & ~Copyable>: ~Copyable {
    var world: World
    private let settings: Settings
    private var now = Instant(microseconds: 1_700_000_000_000_000)
    /// What comes in next.
    private var inputs: UniqueDeque<Input>
    private var started: UInt64 = 0
    private let payload: Payload
    /// How many inputs were stepped.
    private(set) var stepped = 0
    /// How many sagas were answered as completed.
    private(set) var completed = 0

    struct Settings {
        /// How many sagas are under way at a time.
        var concurrency: Int
        var steps: Int
        var payloadBytes: Int
        /// How many other sagas wait meanwhile.
        var live: Int
    }

    private var session: SessionID { SessionID(1) }
    private var handler: String { "bench.step" }
    private var running: String { "bench" }
    private var waiting: String { "bench-waiting" }
    private var principal: Principal { Principal(name: "sagabench", isVerified: false) }

    /// Takes what the sagas are run through; nothing has begun before `prepare`.
    init(_ settings: Settings, _ world: consuming World) {
        self.world = world
        inputs = UniqueDeque<Input>()
        self.settings = settings
        payload = Self.makePayload(settings.payloadBytes)
    }

    /// Begins a life, registers what is run, and attaches the participant.
    mutating func prepare() throws {
        inputs.append(
            .begin(Life(epoch: Epoch(1), lineage: SagaID(high: 1, low: 1), life: 1, seed: 1)))
        try register(running, steps: settings.steps, delayed: nil)
        try register(waiting, steps: 2, delayed: .seconds(30 * 86_400))
        try attach()
    }

    /// What the engine needs for so much load.
    static func limits(_ settings: Settings) -> EngineLimits {
        EngineLimits(
            heartbeatInterval: .seconds(3), sessionGrace: .seconds(10), cancelGrace: .seconds(30),
            attentionAfter: .seconds(300), attentionLogged: 20,
            attentionLogWindow: .seconds(10), outputLimitBytes: 1 << 20, endedKept: 10_000,
            liveSagas: settings.live + settings.concurrency, keys: 16_000_000, definitions: 16,
            sessions: 1, waitingCalls: settings.concurrency + 1, pageRows: 200, pageLooks: 2_000,
            timersPerTurn: 1_024, childDepth: 8, queues: 16,
            longestPause: .seconds(86_400), attempts: .max, keptBytes: 1 << 20,
            statementReach: 1 << 20, restatedBytes: 1 << 20, redispatchedPerSecond: 5_000)
    }

    private static func makePayload(_ bytes: Int) -> Payload {
        Payload(
            contentType: Payload.json,
            bytes: [UInt8](repeating: UInt8(ascii: "7"), count: bytes))
    }

    /// Registers a definition of steps one after the other, of which the last may wait first.
    private mutating func register(_ name: String, steps: Int, delayed: Duration?) throws {
        var list = (1...steps).map { number in
            StepDefinition(name: "step-\(number)", work: .handler(handler))
        }
        list[steps - 1].delay = delayed
        let written = SagaDefinition(name: name, version: 1, steps: list)
        inputs.append(
            .register(
                CallID(0),
                RegisterRequest(
                    namespace: "default", written: written,
                    filled: DefinitionDefaults.fill(written), digest: Digest256(1, 2, 3, 4),
                    principal: principal)))
        try step()
    }

    private mutating func attach() throws {
        inputs.append(
            .hello(
                session,
                Hello(
                    participant: ParticipantName(
                        namespace: "default", name: "bench", instance: "1"),
                    protocolVersion: 1, sdkVersion: "", serviceVersion: "",
                    handlers: [HandlerOffer(name: handler, hasCompensation: true)],
                    slots: UInt32(clamping: settings.concurrency), undoSlots: 1, running: [],
                    holdingResults: [], epochsMet: [])))
        try step()
    }

    /// Starts the sagas that only wait: each has run a step, and has a timer. Payloads are its own.
    mutating func startWaiting() throws {
        var left = settings.live
        while left > 0 {
            let batch = min(left, settings.concurrency)
            left -= batch
            for _ in 0..<batch {
                inputs.append(start(waiting, Self.makePayload(settings.payloadBytes), nil))
            }
            while !inputs.isEmpty { try turn(ownOutputs: true) }
        }
    }

    /// Starts as many sagas as are under way at a time; each that ends is followed by another.
    mutating func begin() {
        for _ in 0..<settings.concurrency { inputs.append(nextStart()) }
    }

    private mutating func nextStart() -> Input {
        start(running, payload, .seconds(60))
    }

    /// A start that waits for the result, without a key: keys outlive their sagas.
    private mutating func start(
        _ definition: String, _ input: Payload, _ waits: Duration?
    ) -> Input {
        started += 1
        return .start(
            CallID(started),
            StartRequest(
                namespace: "default", definition: definition, version: nil, key: "",
                keyIsRandom: true, input: input, labels: [], traceContext: [],
                principal: principal,
                id: SagaID(at: now, shard: 0, entropy: started &* 0x9E37_79B9_7F4A_7C15),
                keyHash: nil, requestHash: RequestHash(high: 1, low: started), waits: waits,
                // As a client asks that waits for the output alone.
                view: SagaView(output: true, steps: false)))
    }

    /// Steps everything that came in, and turns what comes out into what comes in next.
    mutating func turn(ownOutputs: Bool = false) throws {
        var effects = try step()
        // Each is taken out, the newest first: to copy it beside the list is not the engine's work,
        // and participants answer in any order.
        while let effect = effects.popLast() {
            switch consume effect {
            case .dispatch(let session, let order):
                let output = ownOutputs ? Self.makePayload(settings.payloadBytes) : payload
                inputs.append(
                    .result(
                        session,
                        TaskResult(
                            attempt: TaskAttempt(task: order.task, token: order.token),
                            outcome: .succeeded(output))))
            case .reply(_, .started(_, _, _, let status?)) where status.state == .completed:
                completed += 1
                inputs.append(nextStart())
            case .reply, .welcome, .cancel, .acknowledge, .heartbeatAck, .endSession, .fact: break
            }
        }
    }

    @discardableResult
    private mutating func step() throws -> [Effect] {
        stepped += inputs.count
        now = now.later(byMicroseconds: Int64(inputs.count))
        return try world.step(&inputs, now: now)
    }
}

/// What sagas are run through.
protocol LoadedEngine: ~Copyable {
    /// Takes all inputs, and gives what follows once they are durable.
    mutating func step(_ inputs: inout UniqueDeque<Input>, now: Instant) throws -> [Effect]
}

/// An engine alone: every record is durable at once.
struct BareEngine: LoadedEngine, ~Copyable {
    private var engine: Engine

    init(_ limits: EngineLimits) { engine = Engine(limits: limits) }

    mutating func step(_ inputs: inout UniqueDeque<Input>, now: Instant) -> [Effect] {
        while let input = inputs.popFirst() { engine.step(input, now: now) }
        while let due = engine.nextWake, due <= now, engine.fireTimers(now: now) {}
        let out = engine.takeRecords()
        return engine.advance(to: out.last?.position ?? .none)
    }
}
