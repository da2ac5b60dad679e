internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC
internal import Synchronization

/// A call with messages one by one, between its tasks and the event loop of its channel.
final class StreamExchange: Sendable {
    typealias State = StreamState<CheckedContinuation<Void, Never>>

    private let channel: ClientChannel
    private let path: String
    private let options: CallOptions
    private let deadline: RPCInstant?
    private let state: Mutex<State>
    /// The call, once the loop has seen it.
    private let ticket: NIOLoopBoundBox<Ticket>

    init(_ channel: ClientChannel, _ path: String, _ options: CallOptions) {
        self.channel = channel
        self.path = path
        self.options = options
        deadline = options.deadline
        state = Mutex(
            State(
                readAheadBytes: channel.settings.readAheadBytes,
                outgoingCapBytes: channel.settings.rpc.http2.outgoingCapBytes))
        ticket = .makeBoxSendingValue(.new, eventLoop: channel.eventLoop)
    }

    // MARK: From tasks

    func begin() {
        channel.execute { dispatcher in
            let call = dispatcher.open(
                self.path, self.options.metadata, deadline: self.deadline,
                waitForReady: self.options.waitForReady, retry: self.options.retry,
                encoding: self.options.encoding, StreamBridge(self))
            if case .cancelled = self.ticket.value { call.cancel() }
            self.ticket.value = .started(call)
        }
    }

    /// Without effect on a call that is over.
    func cancel() {
        guard state.withLock({ $0.end == nil }) else { return }
        channel.submit(.cancel(ticket))
    }

    func write(_ message: [UInt8]) async throws(RPCFailure) -> Bool {
        while true {
            switch state.withLock({ $0.write(message.count) }) {
            case .go:
                channel.submit(.send(self, message))
                return true
            case .ended(let end):
                if end.status.code == .ok { return false }
                throw RPCFailure(end: end)
            case .full: await wait { $0.waitToWrite($1) }
            }
        }
    }

    func halfClose() {
        channel.execute { _ in self.call?.halfClose() }
    }

    func next() async throws(RPCFailure) -> [UInt8]? {
        while true {
            switch state.withLock({ $0.read() }) {
            case .message(let message, let givesBack):
                if givesBack { channel.execute { _ in self.call?.resumeReceiving() } }
                return message
            case .ended(let end):
                if end.status.code == .ok { return nil }
                throw RPCFailure(end: end)
            case .nothing: await wait { $0.waitToRead($1) }
            }
        }
    }

    func head() async throws(RPCFailure) -> Metadata {
        while true {
            let (head, end) = state.withLock { ($0.head, $0.end) }
            if let head { return head }
            if let end {
                if end.status.code == .ok { return Metadata() }
                throw RPCFailure(end: end)
            }
            await wait { $0.waitForHead($1) }
        }
    }

    func end() async -> ClientCallEnd {
        while true {
            if let end = state.withLock({ $0.end }) { return end }
            await wait { $0.waitForEnd($1) }
        }
    }

    /// Waits for something to happen to the call. A task that is cancelled meanwhile cancels the
    /// call, whose end is what wakes it.
    private func wait(
        _ keep: (inout State, CheckedContinuation<Void, Never>)
            -> CheckedContinuation<Void, Never>?
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { keep(&$0, continuation) }?.resume()
            }
        } onCancel: {
            cancel()
        }
    }

    // MARK: On the event loop

    private var call: ClientCall? {
        if case .started(let call) = ticket.value { return call }
        return nil
    }

    func sendOnLoop(_ message: [UInt8]) {
        let outgoing = call?.send(message.span) ?? 0
        wake {
            $0.sent(message.count, outgoingBytes: outgoing)
            return $0.takeWritersWithRoom()
        }
    }

    func opened(_ metadata: Metadata) { wake { $0.opened(metadata) } }

    func received(_ messages: [[UInt8]]) {
        let (waiters, pauses) = state.withLock { $0.received(messages) }
        if pauses { call?.pauseReceiving() }
        for waiter in waiters { waiter.resume() }
    }

    func writable() { wake { $0.writable() } }

    func closed(_ end: ClientCallEnd) { wake { $0.closed(end) } }

    private func wake(_ change: (inout State) -> [CheckedContinuation<Void, Never>]) {
        for waiter in state.withLock({ change(&$0) }) { waiter.resume() }
    }
}

/// Hands a call's events over, the messages of one read together.
private final class StreamBridge: ClientStreamHandler {
    private let exchange: StreamExchange
    private var messages: [[UInt8]] = []

    init(_ exchange: StreamExchange) { self.exchange = exchange }

    func opened(_ metadata: Metadata) { exchange.opened(metadata) }

    func message(_ bytes: Span<UInt8>) { messages.append([UInt8](copying: bytes)) }

    func turnEnded() { handOver() }

    func writable() { exchange.writable() }

    func closed(_ end: ClientCallEnd) {
        handOver()
        exchange.closed(end)
    }

    private func handOver() {
        guard !messages.isEmpty else { return }
        let all = messages
        messages = []
        exchange.received(all)
    }
}
