internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

/// Serves methods with async functions, on one event loop.
final class AsyncServices: ServiceHandler {
    private let methods: [AsyncMethod]
    private let writer: CallWriter
    private let executor: LoopExecutor
    private let queuedBytes: Int
    private let unexpected: ServiceSet.Unexpected
    /// By the places of the loop's table of calls.
    private var calls: [(call: AsyncCall, request: CallRequest)?] = []

    /// Makes the service of one event loop.
    ///
    /// - Parameters:
    ///   - methods: in the order of the server's method table.
    ///   - writer: the loop's.
    ///   - queuedBytes: how much of a caller's messages is kept for a function that does not take
    ///     them, before the caller is given no more room.
    ///   - unexpected: told of errors that are no status.
    init(
        _ methods: [AsyncMethod], _ writer: CallWriter, queuedBytes: Int,
        unexpected: @escaping ServiceSet.Unexpected
    ) {
        self.methods = methods
        self.writer = writer
        self.queuedBytes = queuedBytes
        self.unexpected = unexpected
        executor = LoopExecutor(writer.eventLoop)
    }

    func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission {
        let method = methods[request.method.rawValue]
        let state = AsyncCall(call, method, writer, queuedBytes: queuedBytes)
        while calls.count <= call.place { calls.append(nil) }
        calls[call.place] = (state, request)
        if !method.waitsForItsMessage { begin(state, request) }
        return .accept
    }

    func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
        guard let (state, _) = open(call) else { return }
        let message = ReceivedMessage(
            bytes: [UInt8](copying: bytes), isCompressed: writer.isMessageCompressed)
        if state.method.waitsForItsMessage {
            state.request = message
        } else {
            state.arrived(message)
        }
    }

    func halfClosed(_ call: ServerCallID) {
        guard let (state, request) = open(call) else { return }
        if state.method.waitsForItsMessage {
            begin(state, request)
        } else {
            state.completed()
        }
    }

    func ended(_ call: ServerCallID, _ cause: CallEnd) {
        guard let (state, _) = open(call) else { return }
        calls[call.place] = nil
        state.ended(cause.status)
    }

    func writable(_ call: ServerCallID) {
        open(call)?.call.writable()
    }

    func turnEnded() {}

    private func open(_ call: ServerCallID) -> (call: AsyncCall, request: CallRequest)? {
        guard call.place < calls.count, let open = calls[call.place], open.call.id == call
        else { return nil }
        return open
    }

    // MARK: Tasks

    private func begin(_ state: AsyncCall, _ request: CallRequest) {
        writer.taskBegan()
        let call = ServerCall(state, request, writer.eventLoop)
        let services = NIOLoopBound(self, eventLoop: writer.eventLoop)
        state.began(
            start {
                let result = await Self.serve(call)
                if call.bound.eventLoop.inEventLoop {
                    services.value.done(call, result)
                } else {
                    call.bound.eventLoop.execute { services.value.done(call, result) }
                }
            })
    }

    /// Starts a task at once, on the loop that this runs on, where the system's library can.
    private func start(
        _ body: @escaping @Sendable @concurrent () async -> Void
    ) -> Task<Void, Never> {
        if #available(macOS 26, *) {
            Task.immediate(executorPreference: executor, operation: body)
        } else {
            Task(executorPreference: executor, operation: body)
        }
    }

    private static func serve(_ call: ServerCall) async -> Result<[UInt8]?, any Error> {
        // On the loop: this is the task's beginning.
        let state = call.bound.value
        let request = state.takeRequest()
        do {
            switch state.method.function {
            case .unary(let serve): return .success(try await serve(request, call))
            case .clientStreaming(let serve):
                return .success(try await serve(RequestMessages(call: call), call))
            case .serverStreaming(let serve):
                try await serve(request, ResponseWriter(call: call), call)
            case .bidirectional(let serve):
                try await serve(RequestMessages(call: call), ResponseWriter(call: call), call)
            }
            return .success(nil)
        } catch {
            return .failure(error)
        }
    }

    private func done(_ call: ServerCall, _ result: Result<[UInt8]?, any Error>) {
        let state = call.bound.value
        if open(state.id) != nil { calls[state.id.place] = nil }
        _ = state.finish(result.mapError { status(of: $0, state.method.path) })
        writer.taskEnded()
    }

    private func status(of error: any Error, _ path: String) -> RPCStatus {
        switch error {
        case let status as RPCStatus where status.code != .ok: return status
        case is CancellationError: return AsyncCall.cancelled
        default:
            unexpected(path, error)
            return RPCStatus(.unknown, "the service failed")
        }
    }
}

extension CallEnd {
    /// What a function that still waits is told.
    var status: RPCStatus {
        switch self {
        case .cancelled: RPCStatus(.cancelled, "the caller cancelled")
        case .deadlineExceeded:
            RPCStatus(.deadlineExceeded, "deadline of the call has passed")
        case .connectionLost: RPCStatus(.cancelled, "the connection to the caller is lost")
        case .failed(let status): status
        }
    }
}
