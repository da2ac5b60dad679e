internal import DequeModule
internal import SagaEngine
internal import SagaModel

/// Sagas through an engine alone: no journal, no sockets, and every record durable at once.
struct EngineLoad: ~Copyable {
    private var engine: Engine
    private let settings: Settings
    private var now = Instant(microseconds: 1_700_000_000_000_000)
    /// What comes in next.
    private var inputs = UniqueDeque<Input>()
    private var started: UInt64 = 0
    private let payload: Payload
    /// How many inputs were stepped.
    private(set) var stepped = 0
    /// How many sagas were answered as completed.
    private(set) var completed = 0
    /// How many records came out.
    private(set) var records = 0

    struct Settings {
        /// How many sagas are under way at a time.
        var concurrency: Int
        var steps: Int
        var payloadBytes: Int
        /// How many other sagas wait meanwhile.
        var live: Int
    }

    private static let session = SessionID(1)
    private static let handler = "bench.step"
    private static let running = "bench"
    private static let waiting = "bench-waiting"
    private static let principal = Principal(name: "sagabench", isVerified: false)

    init(_ settings: Settings) {
        self.settings = settings
        payload = Self.makePayload(settings.payloadBytes)
        engine = Engine(limits: Self.limits(settings))
        inputs.append(
            .begin(Life(epoch: Epoch(1), lineage: SagaID(high: 1, low: 1), life: 1, seed: 1)))
        register(Self.running, steps: settings.steps, delayed: nil)
        register(Self.waiting, steps: 2, delayed: .seconds(86_400))
        attach()
    }

    private static func limits(_ settings: Settings) -> EngineLimits {
        EngineLimits(
            heartbeatInterval: .seconds(3), sessionGrace: .seconds(10), cancelGrace: .seconds(30),
            attentionAfter: .seconds(300), attentionLogged: 20,
            attentionLogWindow: .seconds(10), outputLimitBytes: 1 << 20, endedKept: 10_000,
            liveSagas: settings.live + settings.concurrency, keys: 16_000_000, definitions: 16,
            sessions: 1, waitingCalls: settings.concurrency + 1, pageRows: 200, pageLooks: 2_000,
            timersPerTurn: 1_024, childDepth: 8, queues: 16,
            longestPause: .seconds(86_400), attempts: .max, keptBytes: 1 << 20,
            statementReach: 1 << 20, restatedBytes: 1 << 20)
    }

    private static func makePayload(_ bytes: Int) -> Payload {
        Payload(
            contentType: Payload.json,
            bytes: [UInt8](repeating: UInt8(ascii: "7"), count: bytes))
    }

    /// Registers a definition of steps one after the other, of which the last may wait first.
    private mutating func register(_ name: String, steps: Int, delayed: Duration?) {
        var list = (1...steps).map { number in
            StepDefinition(name: "step-\(number)", work: .handler(Self.handler))
        }
        list[steps - 1].delay = delayed
        let written = SagaDefinition(name: name, version: 1, steps: list)
        inputs.append(
            .register(
                CallID(0),
                RegisterRequest(
                    namespace: "default", written: written,
                    filled: DefinitionDefaults.fill(written), digest: Digest256(1, 2, 3, 4),
                    principal: Self.principal)))
        step()
    }

    private mutating func attach() {
        inputs.append(
            .hello(
                Self.session,
                Hello(
                    participant: ParticipantName(
                        namespace: "default", name: "bench", instance: "1"),
                    protocolVersion: 1, sdkVersion: "", serviceVersion: "",
                    handlers: [HandlerOffer(name: Self.handler, hasCompensation: true)],
                    slots: UInt32(clamping: settings.concurrency), undoSlots: 1, running: [],
                    holdingResults: [], epochsMet: [])))
        step()
    }

    /// Starts the sagas that only wait: each has run a step, and has a timer. Payloads are its own.
    mutating func startWaiting() {
        var left = settings.live
        while left > 0 {
            let batch = min(left, settings.concurrency)
            left -= batch
            for _ in 0..<batch {
                inputs.append(start(Self.waiting, Self.makePayload(settings.payloadBytes), nil))
            }
            while !inputs.isEmpty { turn(ownOutputs: true) }
        }
    }

    /// Starts as many sagas as are under way at a time; each that ends is followed by another.
    mutating func begin() {
        for _ in 0..<settings.concurrency { inputs.append(nextStart()) }
    }

    private mutating func nextStart() -> Input {
        start(Self.running, payload, .seconds(60))
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
                principal: Self.principal,
                id: SagaID(at: now, shard: 0, entropy: started &* 0x9E37_79B9_7F4A_7C15),
                keyHash: nil, requestHash: RequestHash(high: 1, low: started), waits: waits,
                // As a client asks that waits for the output alone.
                view: SagaView(output: true, steps: false)))
    }

    /// Steps everything that came in, and turns what comes out into what comes in next.
    mutating func turn(ownOutputs: Bool = false) {
        for effect in step() {
            switch effect {
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
    private mutating func step() -> [Effect] {
        stepped += inputs.count
        now = now.later(byMicroseconds: Int64(inputs.count))
        while let input = inputs.popFirst() { engine.step(input, now: now) }
        while let due = engine.nextWake, due <= now, engine.fireTimers(now: now) {}
        let out = engine.takeRecords()
        records += out.count
        return engine.advance(to: out.last?.position ?? .none)
    }
}
