package import Logging
public import SagaModel
internal import SagaProtobuf
internal import Synchronization

/// What a handler knows of the attempt that it runs.
public struct HandlerContext: Sendable {
    /// A definition and its version.
    public struct Definition: Hashable, Sendable, CustomStringConvertible {
        /// The name.
        public let name: String
        /// The version.
        public let version: UInt32

        /// `order v3`.
        public var description: String { "\(name) v\(version)" }
    }

    let attemptFacts: AttemptFacts

    /// Makes the context of an attempt.
    ///
    /// - Parameters:
    ///   - task: what was received.
    ///   - lineage: the journal that the task comes from.
    ///   - namespace: that of the participant, and so of the saga.
    ///   - deadline: when the coordinator stops waiting for the answer, by this machine's clock.
    ///   - ended: which sagas of that journal can ask no more.
    ///   - logger: what the handler's logger is made of.
    package init(
        _ task: ReceivedTask, lineage: SagaID, namespace: String,
        deadline: ContinuousClock.Instant?, ended: EndedSagas? = nil, logger: Logger
    ) {
        self.init(
            AttemptFacts(
                task, lineage: lineage, namespace: namespace, deadline: deadline, ended: ended,
                logger: logger, onSign: { _ in }))
    }

    /// The context of an attempt of which others know the same.
    package init(_ attemptFacts: AttemptFacts) {
        self.attemptFacts = attemptFacts
    }

    /// The saga.
    public var sagaID: SagaID { task.attempt.task.saga }
    /// The definition that the saga runs by.
    public var definition: Definition { Definition(name: task.definition, version: task.version) }
    /// The step's name.
    public var step: String { task.attempt.task.step }
    /// Whether the action runs or its compensation.
    public var direction: Direction { task.attempt.task.direction }
    /// The number of this attempt of the task, from 1, counted over every dispatch.
    public var attempt: Int { Int(task.attempt.token.number) }
    /// What to deduplicate by: `SAGA:STEP`, and `SAGA:STEP:undo` for the compensation; the same
    /// on every attempt.
    public var idempotencyKey: String { task.idempotencyKey }
    /// When the coordinator stops waiting for this attempt: its startToClose, counted from its
    /// receipt. The effect may still count afterwards, so nothing stops by itself at that time.
    public var deadline: ContinuousClock.Instant? { attemptFacts.deadline }
    /// The saga's labels.
    public var labels: [String: String] { Self.dictionary(task.labels) }
    /// What the client passed on for tracing, such as `traceparent`.
    public var traceContext: [String: String] { Self.dictionary(task.traceContext) }
    /// What names this attempt to whoever answers for it later; see ``SagaDeferred``.
    ///
    /// It is made on each call, so that an attempt that answers by itself pays nothing.
    public var taskToken: TaskToken {
        var arena = EncodingArena(chunk: Limits.arenaChunkBytes)
        return TaskToken(
            ParticipantCodec.taskToken(
                task.attempt, namespace: attemptFacts.namespace, arena: &arena))
    }
    /// Says that the handler lives, for a step with a heartbeat timeout.
    ///
    /// It may be called as often as is easiest: what is too much is not sent. After the end of the
    /// attempt it does nothing.
    public func heartbeat() {
        attemptFacts.sign(nil)
    }

    /// Says that the handler lives and how far it is; the next attempt can read that.
    ///
    /// The newest word counts. It is lost with the coordinator's restart, and left out where it has
    /// more bytes than an output may have: it may spare work, and is not to be relied on.
    ///
    /// - Throws: what the value's own encoding throws.
    public func heartbeat(_ progress: some Encodable) throws {
        attemptFacts.sign(try ValueJSON.encode(progress))
    }

    /// How far the attempts before this one were, as the last of them that said so put it; nil if
    /// none did.
    ///
    /// - Throws: `DecodingError` for a value of another type.
    public func progress<Value: Decodable>(as type: Value.Type) throws -> Value? {
        try task.previousProgress.map { try ValueJSON.decode(type, from: $0) }
    }

    /// Why the attempt was cancelled, once it is; Swift's own task cancellation says that it is.
    public var cancellationReason: CancellationReason? {
        attemptFacts.cancellation.withLock(\.self)
    }

    /// What fences this attempt against older and newer ones of its task.
    package var token: Token { task.attempt.token }
    /// The journal that the saga lives in.
    package var lineage: SagaID { attemptFacts.lineage }
    /// The position at which the saga began in it.
    package var startPosition: UInt64 { task.startPosition.rawValue }
    /// Which sagas of the journal can ask no more, as the coordinator said when the attempt began;
    /// nil if nothing is known of it.
    package var ended: EndedSagas? { attemptFacts.ended }

    var task: ReceivedTask { attemptFacts.task }

    private static func dictionary(_ labels: [Label]) -> [String: String] {
        Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    }
}

/// What all copies of a context share.
package final class AttemptFacts: Sendable {
    let task: ReceivedTask
    let lineage: SagaID
    let namespace: String
    let deadline: ContinuousClock.Instant?
    let ended: EndedSagas?
    let logger: Logger
    let cancellation = Mutex<CancellationReason?>(nil)
    private let onSign: @Sendable (AttemptFacts) -> Void
    private let given = Mutex(GivenSign())

    private struct GivenSign {
        /// Whether one waits to be taken, so that no second word of it is needed.
        var isWaiting = false
        var progress: Payload?
    }

    /// Puts them together.
    ///
    /// - Parameters:
    ///   - deadline: when the coordinator stops waiting for the answer, by this machine's clock.
    ///   - ended: which sagas of that journal can ask no more.
    ///   - onSign: called when a sign waits to be taken; not again before it is.
    package init(
        _ task: ReceivedTask, lineage: SagaID, namespace: String,
        deadline: ContinuousClock.Instant?, ended: EndedSagas? = nil, logger: Logger,
        onSign: @escaping @Sendable (AttemptFacts) -> Void
    ) {
        self.task = task
        self.lineage = lineage
        self.namespace = namespace
        self.deadline = deadline
        self.ended = ended
        self.logger = logger
        self.onSign = onSign
    }

    /// Whether the attempt was cancelled.
    package var isCancelled: Bool { cancellation.withLock { $0 != nil } }

    /// How long its step goes without a sign of it; nil for any time.
    package var heartbeatTimeout: Duration? { task.heartbeatTimeout }

    /// Notes why the attempt is cancelled; the first reason counts.
    package func cancelled(for reason: CancellationReason) {
        cancellation.withLock { $0 = $0 ?? reason }
    }

    /// The handler gives a sign, with or without its progress.
    func sign(_ progress: Payload?) {
        let isFirst = given.withLock { given in
            if let progress { given.progress = progress }
            defer { given.isWaiting = true }
            return !given.isWaiting
        }
        if isFirst { onSign(self) }
    }

    /// Takes the sign that waits; its progress is nil if none came with it.
    package func takeSign() -> Payload? {
        given.withLock { given in
            defer { given = GivenSign() }
            return given.progress
        }
    }
}
