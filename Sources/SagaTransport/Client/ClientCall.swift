internal import SagaHTTP2
internal import SagaRPC

/// One call of a channel; used on the channel's event loop only.
///
/// A call that is over takes every method without effect.
package final class ClientCall {
    enum Phase {
        /// For a connection, for its turn on one, or for the time to be made again.
        /// Can transition to: open, closed.
        case waiting
        /// Can transition to: waiting (see ``RetryTable``), closed.
        case open(ClientConnectionHandler, HTTP2Stream)
        /// The end was told, or stands in the dispatcher's list of ends.
        case closed
    }

    /// Who takes the answer.
    enum Consumer {
        case stream(any ClientStreamHandler)
        case unary(Response, (Result<CallResponse, RPCFailure>) -> Void)
    }

    /// What has come for a unary call.
    enum Response {
        case nothing
        case message([UInt8])
        case tooMany
    }

    let path: String
    let metadata: Metadata
    let deadline: RPCInstant?
    /// Whether the call outlives failures to connect.
    let waitForReady: Bool
    let retry: RetryRule
    let encoding: MessageEncoding?
    /// When the call was made; known only if somebody observes the channel.
    var began: RPCInstant?
    var phase = Phase.waiting
    /// How often the call was handed to a connection.
    private(set) var attempts = 0
    /// The call waits for this moment, not for a connection.
    var isHeldBack = false
    var consumer: Consumer
    /// The response's head has come.
    private(set) var hasHead = false
    /// Everything that was sent is in ``kept``.
    private(set) var canBeSentAgain = true
    /// Messages to be sent when the call opens, and again when it is made again.
    private var kept: [[UInt8]]
    private var keptBytes = 0
    private(set) var isHalfClosed: Bool
    private var isReceivingPaused = false
    var isToldTurnEnd = false
    private var head = Metadata()
    private let dispatcher: ClientDispatcher

    init(
        _ dispatcher: ClientDispatcher, _ path: String, _ metadata: Metadata,
        deadline: RPCInstant?, waitForReady: Bool, retry: RetryRule, encoding: MessageEncoding?,
        request: [UInt8]? = nil, _ consumer: Consumer
    ) {
        self.dispatcher = dispatcher
        self.path = path
        self.metadata = metadata
        self.deadline = deadline
        self.waitForReady = waitForReady
        self.retry = retry
        self.encoding = encoding
        self.consumer = consumer
        kept = request.map { [$0] } ?? []
        isHalfClosed = request != nil
    }

    var isUnary: Bool {
        switch consumer {
        case .unary: true
        case .stream: false
        }
    }

    var isWaiting: Bool {
        switch phase {
        case .waiting: true
        case .open, .closed: false
        }
    }

    // MARK: What the caller does

    /// Sends a message. Returns how many bytes wait on the call now: a caller who sees more than
    /// the cap of the settings stops until it is told `writable`.
    @discardableResult
    package func send(_ message: Span<UInt8>) -> Int {
        guard !isHalfClosed else { return 0 }
        switch phase {
        case .waiting:
            keep(message)
            return keptBytes
        case .open(let connection, let stream):
            if canBeSentAgain {
                keep(message)
                forgetIfTooMuch()
            }
            dispatcher.touch(connection)
            return connection.connection.send(stream, message)
        case .closed: return 0
        }
    }

    private func keep(_ message: Span<UInt8>) {
        kept.append([UInt8](copying: message))
        keptBytes += message.count + Self.prefixBytes
    }

    /// A unary call's request is the caller's own array and costs nothing to keep.
    private func forgetIfTooMuch() {
        if keptBytes > dispatcher.settings.replayBytes { forget() }
    }

    private func forget() {
        canBeSentAgain = false
        kept = []
        keptBytes = 0
    }

    /// Says that nothing more is sent.
    package func halfClose() {
        guard !isHalfClosed else { return }
        isHalfClosed = true
        if case .open(let connection, let stream) = phase {
            connection.connection.halfClose(stream)
            dispatcher.touch(connection)
        }
    }

    /// Gives the call up: the server is told, and the call ends as CANCELLED.
    package func cancel() {
        switch phase {
        case .waiting:
            let status = RPCStatus(.cancelled, "call was cancelled by its caller")
            dispatcher.endWaiting(self, ClientCallEnd(status, reach: .neverSeen))
        case .open(let connection, let stream):
            connection.connection.cancel(stream)
            dispatcher.touch(connection)
        case .closed: break
        }
    }

    /// Bytes that wait to be sent on the call.
    package var outgoingBytes: Int {
        switch phase {
        case .waiting: keptBytes
        case .open(let connection, let stream): connection.connection.outgoingBytes(stream)
        case .closed: 0
        }
    }

    /// A flag and a length ahead of each message (gRPC's `PROTOCOL-HTTP2`).
    private static let prefixBytes = 5

    /// Stops giving the server room: it can send what its window holds, then waits.
    package func pauseReceiving() {
        isReceivingPaused = true
        if case .open(let connection, let stream) = phase {
            connection.connection.pauseReceiving(stream)
        }
    }

    /// Gives the server the room back that was held.
    package func resumeReceiving() {
        isReceivingPaused = false
        if case .open(let connection, let stream) = phase {
            connection.connection.resumeReceiving(stream)
            dispatcher.touch(connection)
        }
    }

    /// Whether the call is not over.
    package var isOpen: Bool {
        switch phase {
        case .waiting, .open: true
        case .closed: false
        }
    }

    // MARK: What a connection does

    /// Takes the stream that was opened, and sends what was kept for it.
    func opened(_ handler: ClientConnectionHandler, _ stream: HTTP2Stream) {
        attempts += 1
        phase = .open(handler, stream)
        for message in kept { handler.connection.send(stream, message.span) }
        forgetIfTooMuch()
        if isHalfClosed { handler.connection.halfClose(stream) }
        if isReceivingPaused { handler.connection.pauseReceiving(stream) }
    }

    func tellOpened(_ metadata: Metadata) {
        hasHead = true
        forget()
        switch consumer {
        case .stream(let handler): handler.opened(metadata)
        case .unary: head = metadata
        }
    }

    func tellMessage(_ bytes: Span<UInt8>) {
        switch consumer {
        case .stream(let handler): handler.message(bytes)
        case .unary(.nothing, let completion):
            consumer = .unary(.message([UInt8](copying: bytes)), completion)
        case .unary(.message, let completion):
            consumer = .unary(.tooMany, completion)
            cancel()
        case .unary(.tooMany, _): break
        }
    }

    func tellWritable() {
        if case .stream(let handler) = consumer { handler.writable() }
    }

    /// Tells the end; the call must be closed by now.
    func tellEnd(_ end: ClientCallEnd) {
        switch consumer {
        case .stream(let handler): handler.closed(end)
        case .unary(let response, let completion):
            completion(result(response, end))
        }
    }

    private func result(
        _ response: Response, _ end: ClientCallEnd
    ) -> Result<CallResponse, RPCFailure> {
        let status: RPCStatus
        switch response {
        case .tooMany: status = .tooManyResponses
        case .nothing where end.status.code == .ok: status = .noResponse
        case .message(let bytes) where end.status.code == .ok:
            return .success(CallResponse(head: head, message: bytes, trailers: end.metadata))
        case .nothing, .message: return .failure(RPCFailure(end: end))
        }
        return .failure(
            RPCFailure(end: ClientCallEnd(status, metadata: end.metadata, reach: end.reach)))
    }
}
