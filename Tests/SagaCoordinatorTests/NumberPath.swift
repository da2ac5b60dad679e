import SagaEngine
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// The way of what a peer says: its bytes decoded, the engine, the journal's bytes, a replay of
/// these; and the answers' bytes, as a client reads them.
final class NumberPath {
    private var engine: Engine
    /// Fed by the records' bytes alone.
    private var replayed: Engine
    private var journal: [Frame] = []
    private var encoding = EncodingArena()
    private var decoding = DecodingArena(limit: 1 << 20)
    private(set) var now = Instant(microseconds: 1_763_719_200_000_000)
    private var lives: UInt64 = 0
    private var calls: UInt64 = 0

    private struct Frame {
        let type: UInt16
        let bytes: [UInt8]
        let position: JournalPosition
        let saga: JournalPosition
    }

    init() {
        engine = Engine(limits: Self.limits)
        replayed = Engine(limits: Self.limits)
        begin()
    }

    /// Nothing that the protocol can say is cut.
    private static var limits: EngineLimits {
        var limits = Limits()
        limits.longestPause = FarFutureTests.longest
        return limits.engine
    }

    static let principal = Principal(name: "test", isVerified: false)

    private func begin() {
        lives += 1
        step(
            .begin(
                Life(
                    epoch: engine.lastEpoch.next, lineage: SagaID(high: 7, low: 7), life: lives,
                    seed: lives)))
    }

    /// Steps an input and everything that is due then; gives what comes out.
    @discardableResult
    func step(_ input: Input) -> [Effect] {
        engine.step(input, now: now)
        var effects = collect()
        while engine.fireTimers(now: now) { effects += collect() }
        return effects + collect()
    }

    /// Goes on at the moment of the next timer.
    @discardableResult
    func wake() -> [Effect] {
        guard let due = engine.nextWake else { return [] }
        now = max(now, due)
        while engine.fireTimers(now: now) {}
        return collect()
    }

    /// Begins the next life, over the bytes of the journal.
    func restart() {
        engine = Engine(limits: Self.limits)
        replayed = Engine(limits: Self.limits)
        for frame in journal {
            replay(frame, into: &engine)
            replay(frame, into: &replayed)
        }
        begin()
    }

    /// What a client reads of a saga.
    func status(of id: SagaID) throws -> SagaStatus {
        let effects = step(.get(nextCall(), .id(namespace: "default", id)))
        for case .reply(_, .saga(let status)) in effects { return try read(status) }
        throw CancellationError()
    }

    func nextCall() -> CallID {
        calls += 1
        return CallID(calls)
    }

    private func read(_ status: SagaStatus) throws -> SagaStatus {
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeGetSaga(
            status, view: SagaView(output: true, steps: true, payloads: true), into: &bytes,
            arena: &encoding)
        return try SagaServiceCodec.decodeGetSagaResponse(
            bytes.span, limits: CodecLimits(), arena: &decoding)
    }

    private func collect() -> [Effect] {
        for emitted in engine.takeRecords() {
            var bytes: [UInt8] = []
            RecordCodec.encode(emitted.record, into: &bytes, arena: &encoding)
            let type = RecordCodec.type(of: emitted.record)
            let frame = Frame(
                type: type, bytes: bytes, position: emitted.position, saga: emitted.saga)
            journal.append(frame)
            replay(frame, into: &replayed)
        }
        let effects = engine.advance(to: engine.lastPosition)
        let difference = engine.journaledDifference(from: replayed)
        #expect(difference == nil, "replaying gives another state")
        return effects
    }

    private func replay(_ frame: Frame, into engine: inout Engine) {
        do {
            let record = try RecordCodec.decode(
                type: frame.type, frame.bytes.span, arena: &decoding)
            var again: [UInt8] = []
            RecordCodec.encode(record, into: &again, arena: &encoding)
            #expect(again == frame.bytes, "read and written again, a record is the same")
            try engine.replay(record, at: frame.position, saga: frame.saga)
        } catch {
            Issue.record("the journal cannot be read: \(error)")
        }
    }
}

/// What peers say, by way of their bytes.
extension NumberPath {
    /// What a participant says; nil, with the fields that are wrong, if it is refused.
    func said(_ message: ParticipantMessage) -> Result<ParticipantMessage, CodecFailure> {
        var bytes: [UInt8] = []
        ParticipantCodec.encode(message, into: &bytes, arena: &encoding)
        do throws(CodecFailure) {
            return .success(
                try ParticipantCodec.decodeRequest(
                    bytes.span, limits: CodecLimits(), arena: &decoding))
        } catch {
            return .failure(error)
        }
    }

    /// Says a Hello and gives what comes of it.
    @discardableResult
    func hello(_ session: UInt64, _ hello: Hello) throws -> [Effect] {
        guard case .hello(let heard) = try said(.hello(hello)).get() else {
            throw CancellationError()
        }
        return step(.hello(SessionID(session), heard))
    }

    /// Says a result and gives what comes of it.
    func result(
        _ session: UInt64, _ attempt: TaskAttempt, _ outcome: AttemptOutcome
    ) throws -> [Effect] {
        let message = said(.result(TaskResult(attempt: attempt, outcome: outcome)))
        guard case .result(let heard) = try message.get() else { throw CancellationError() }
        return step(.result(SessionID(session), heard))
    }

    /// Registers a definition as the services do; gives what is wrong with it.
    func register(_ definition: SagaDefinition) throws -> [String] {
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeRegisterDefinitionRequest(
            RegisterMessage(namespace: "default", definition: definition), into: &bytes,
            arena: &encoding)
        let message = try SagaServiceCodec.decodeRegisterDefinition(
            bytes.span, limits: CodecLimits(), arena: &decoding)
        let faults = message.definition.faults()
        guard faults.isEmpty else { return faults.map(\.path.protoPath) }
        let digest = RequestHashing.definition(DefinitionCodec.packedForDigest(message.definition))
        step(
            .register(
                nextCall(),
                RegisterRequest(
                    namespace: "default", written: message.definition,
                    filled: DefinitionDefaults.fill(message.definition), digest: digest,
                    principal: Self.principal)))
        return []
    }

    /// Starts a saga and gives what comes of it.
    func start(
        _ number: UInt64, key: UInt64? = nil, version: UInt32? = nil, waits: Duration? = nil
    ) throws -> [Effect] {
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeStartSagaRequest(
            StartMessage(
                namespace: "default", definition: "order", version: version,
                key: "K-\(key ?? number)",
                input: Payload(contentType: Payload.json, bytes: Array("{}".utf8)),
                wait: waits.map { AwaitWish(timeout: $0) }), into: &bytes, arena: &encoding)
        let message = try SagaServiceCodec.decodeStartSaga(
            bytes.span, limits: CodecLimits(), arena: &decoding)
        return step(
            .start(
                nextCall(),
                StartRequest(
                    namespace: message.namespace, definition: message.definition,
                    version: message.version, key: message.key, keyIsRandom: message.keyIsRandom,
                    input: message.input, labels: message.labels,
                    traceContext: message.traceContext, principal: Self.principal,
                    id: Self.saga(number), keyHash: KeyHash(high: 1, low: key ?? number),
                    requestHash: RequestHash(high: 2, low: 2), waits: message.wait?.timeout)))
    }

    /// The id of a saga that is started under a number.
    static func saga(_ number: UInt64) -> SagaID {
        SagaID(at: Instant(microseconds: 1_763_719_200_000_000), shard: 0, entropy: number)
    }

    /// The attempt that effects hand out.
    static func attempt(in effects: [Effect]) -> TaskAttempt? {
        for case .dispatch(_, let order) in effects {
            return TaskAttempt(task: order.task, token: order.token)
        }
        return nil
    }

    /// Lists sagas and gives the pages' rows; nil for the token if the request is refused.
    func list(size: UInt32, before: JournalPosition?) throws -> SagaPage? {
        var bytes: [UInt8] = []
        SagaServiceCodec.encodeListSagasRequest(
            ListRequest(
                SagaFilter(namespace: "default"), pageSize: size, cursor: before), into: &bytes,
            arena: &encoding)
        let request = try SagaServiceCodec.decodeListSagas(
            bytes.span, limits: CodecLimits(), arena: &decoding)
        for case .reply(_, .page(let page)) in step(.list(nextCall(), request)) { return page }
        return nil
    }
}
