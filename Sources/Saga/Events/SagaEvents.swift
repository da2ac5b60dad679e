public import SagaModel
internal import SagaProtobuf

/// What happens in a coordinator, in the order of its journal, each thing once and none left out.
///
/// It goes on by itself, behind the last event, when a connection breaks or the coordinator is
/// started again; it gives up with what kept it from that once the client's own time for a call is
/// over. What has not been read is not sent, so a slow reader costs neither side memory. Events are
/// told once they are durable, so an event that was seen is never taken back.
///
/// A reader that must miss nothing keeps the ``SagaEvent/cursor`` of the last event that it is done
/// with, and begins behind it the next time. When that is too long ago, or was before the restore
/// of a backup, the error has the code `outOfRange` and the ``SagaError/oldestCursor``.
public struct SagaEvents: AsyncSequence, Sendable {
    /// What was heard beside events.
    package enum Sign: Sendable {
        /// Reading on from here gives what follows.
        case moved(EventCursor)
        /// So many records tell nothing, because they or the start of their saga cannot be read.
        case unreadable(UInt64)
        /// There is no connection for this reason; it tries again.
        case lost(SagaError)
    }

    private let client: SagaClient
    private let selection: EventSelection
    private let start: EventStart
    private let endsWithSaga: Bool
    private let observe: @Sendable (Sign) -> Void

    /// Nothing is asked before the first event is.
    package init(
        _ client: SagaClient, _ selection: EventSelection, _ start: EventStart, endsWithSaga: Bool,
        observe: @escaping @Sendable (Sign) -> Void
    ) {
        self.client = client
        self.selection = selection
        self.start = start
        self.endsWithSaga = endsWithSaga
        self.observe = observe
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(self)
    }

    /// Reads one event after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// Where it is: moved by every event, and now and then over those that were not wanted. Nil
        /// before the coordinator has answered.
        public private(set) var cursor: EventCursor?
        /// How many records told nothing so far, because they or the start of their saga cannot be
        /// read; the status of the coordinator names these sagas.
        public private(set) var unreadableRecords: UInt64 = 0

        private let events: SagaEvents
        private var answers: (any AnswerStream)?
        private var backoff = Backoff(
            initial: Limits.reconnectInitial, maximum: Limits.reconnectMaximum)
        private var awaySince: ContinuousClock.Instant?
        private var isOver = false

        init(_ events: SagaEvents) { self.events = events }

        /// The next event; nil when the task is cancelled, or behind the end of a saga's events.
        public mutating func next() async throws(SagaError) -> SagaEvent? {
            while !isOver, !Task.isCancelled {
                do throws(SagaError) {
                    let answer = try await answer()
                    awaySince = nil
                    backoff.reset()
                    take(answer)
                    guard let event = answer.event else { continue }
                    isOver = events.endsWithSaga && event.kind.endsSaga
                    return event
                } catch {
                    answers = nil
                    if Task.isCancelled { return nil }
                    try await pause(after: error)
                }
            }
            answers = nil
            return nil
        }

        /// As above.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(SagaError) -> SagaEvent? {
            try await next()
        }

        private mutating func take(_ answer: WatchAnswer) {
            cursor = answer.cursor
            events.observe(.moved(answer.cursor))
            guard answer.unreadableRecords > 0 else { return }
            unreadableRecords += answer.unreadableRecords
            events.observe(.unreadable(answer.unreadableRecords))
        }

        private mutating func answer() async throws(SagaError) -> WatchAnswer {
            let call: any AnswerStream
            if let answers {
                call = answers
            } else {
                call = try events.open(from: cursor.map(EventStart.after) ?? events.start)
                answers = call
            }
            guard let bytes = try await call.next() else {
                throw SagaError(
                    .unavailable, reason: "", "the coordinator has ended the events in order")
            }
            return try SagaClient.read(bytes) { bytes, arena throws(CodecFailure) in
                try SagaServiceCodec.decodeWatchEventsResponse(
                    bytes, limits: CodecLimits(), arena: &arena)
            }
        }

        /// Waits before it asks again; throws what is no reason to.
        private mutating func pause(after error: SagaError) async throws(SagaError) {
            let since = awaySince ?? events.client.now
            // Where a person waits, an address that was never reached is told at once.
            guard error.code == .unavailable, cursor != nil || !events.client.failsFast,
                events.client.now < since + events.client.timeout
            else { throw error }
            if awaySince == nil { events.observe(.lost(error)) }
            awaySince = since
            await events.client.pause(SagaClient.wait(after: error, &backoff))
        }
    }

    fileprivate func open(from start: EventStart) throws(SagaError) -> any AnswerStream {
        var message = WatchMessage(namespace: client.namespace)
        switch start {
        case .now: message.start = .now
        case .oldest: message.start = .oldest
        case .after(let cursor): message.start = .after(cursor)
        }
        message.saga = selection.saga.map { .id($0) }
        if let definition = selection.definition {
            message.definition = definition
            message.version = selection.version
            if let key = selection.key { message.saga = .key(definition: definition, key: key) }
        }
        message.labels = selection.labels.sorted { $0.key < $1.key }
            .map { Label(name: $0.key, value: $0.value) }
        message.kinds = selection.kinds.sorted { $0.rawValue < $1.rawValue }
        var bytes: [UInt8] = []
        var arena = EncodingArena(chunk: Limits.arenaChunkBytes)
        SagaServiceCodec.encodeWatchEventsRequest(message, into: &bytes, arena: &arena)
        return try client.open("/saga.v1.SagaService/WatchEvents", bytes)
    }
}

extension SagaClient {
    /// What happens, to all sagas of the namespace or to those that are selected.
    public func events(
        _ selection: EventSelection = EventSelection(), from start: EventStart = .now
    ) -> SagaEvents {
        SagaEvents(self, selection, start, endsWithSaga: false, observe: { _ in })
    }
}

extension EventKind {
    /// Whether the saga is over with it.
    fileprivate var endsSaga: Bool {
        switch self {
        case .sagaCompleted, .sagaCompensated, .sagaAbandoned: true
        case .sagaStarted, .sagaRunning, .sagaCompensating, .sagaFailed, .sagaTimedOut,
            .sagaSuspended, .sagaResumed, .stepStarted, .stepSucceeded, .stepFailed, .stepSkipped,
            .attemptEnded, .taskDeferred, .compensationStarted, .compensationSucceeded,
            .compensationFailed, .verbGiven, .attentionRaised, .attentionCleared:
            false
        }
    }
}
