internal import NIOCore
package import SagaRPC

/// A unary call's continuation in the task that made it.
typealias UnaryContinuation = CheckedContinuation<Result<CallResponse, RPCFailure>, Never>

/// A call as both its task and the event loop know it.
enum Ticket {
    /// Can transition to: started, cancelled.
    case new
    /// The task was cancelled before the loop saw the call.
    case cancelled
    case started(ClientCall)

    mutating func cancel() {
        switch self {
        case .new: self = .cancelled
        case .cancelled: break
        case .started(let call): call.cancel()
        }
    }
}

/// A unary call on its way to the event loop.
struct UnaryRequest: Sendable {
    let path: String
    let message: [UInt8]
    let options: CallOptions
    let deadline: RPCInstant?

    func start(
        on dispatcher: ClientDispatcher, _ ticket: NIOLoopBoundBox<Ticket>,
        _ continuation: UnaryContinuation
    ) {
        let call = dispatcher.unary(
            path, message, options.metadata, deadline: deadline,
            waitForReady: options.waitForReady, retry: options.retry,
            encoding: options.encoding
        ) { continuation.resume(returning: $0) }
        if case .cancelled = ticket.value { call.cancel() }
        ticket.value = .started(call)
    }
}

extension ClientChannel {
    /// Makes a call with one message each way.
    ///
    /// When the task is cancelled, the server is told, and the call ends as CANCELLED. A call
    /// that could not connect has ``RPCFailure/connectFailures``.
    package func unary(
        _ path: String, _ request: [UInt8], _ options: CallOptions
    ) async throws(RPCFailure) -> CallResponse {
        let request = UnaryRequest(
            path: path, message: request, options: options, deadline: options.deadline)
        let ticket = NIOLoopBoundBox<Ticket>.makeBoxSendingValue(.new, eventLoop: eventLoop)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { submit(.start(request, ticket, $0)) }
        } onCancel: {
            submit(.cancel(ticket))
        }
        return try result.get()
    }

    /// Makes a call with one message each way and gives back the answer's message, see
    /// ``unary(_:_:_:)``; `deadline` counts from now.
    package func unary(
        _ path: String, _ request: [UInt8], metadata: Metadata = Metadata(),
        deadline: Duration?, waitForReady: Bool = true
    ) async throws(RPCFailure) -> [UInt8] {
        let options = CallOptions(
            metadata: metadata, timeout: deadline, waitForReady: waitForReady)
        return try await unary(path, request, options).message
    }
}

extension CallOptions {
    /// When the call is over that is made now.
    var deadline: RPCInstant? { timeout.map { RPCInstant.now.advanced(by: RPCTimeout($0)) } }
}
