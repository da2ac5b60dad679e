package import NIOCore
internal import NIOPosix
package import SagaRPC
internal import Synchronization

/// A way to one service: makes calls over one connection, and a new connection when that is gone.
///
/// Connects when the first call is made. It must be ended with ``shutdown(within:)``, or its
/// connection stays.
package final class ClientChannel: Sendable {
    /// A call as both its task and the event loop know it.
    private enum Ticket {
        /// Can transition to: started, cancelled.
        case new
        /// The task was cancelled before the loop saw the call.
        case cancelled
        case started(ClientCall)
    }

    private typealias Continuation = CheckedContinuation<Result<[UInt8], RPCFailure>, Never>

    private struct Request: Sendable {
        let path: String
        let bytes: [UInt8]
        let metadata: Metadata
        let deadline: RPCInstant?
        let waitForReady: Bool
    }

    private enum Submission: Sendable {
        case start(Request, NIOLoopBoundBox<Ticket>, Continuation)
        case cancel(NIOLoopBoundBox<Ticket>)
        case run(@Sendable (ClientDispatcher) -> Void)
    }

    private let eventLoop: any EventLoop
    private let dispatcher: NIOLoopBoundBox<ClientDispatcher>
    /// What is to be done on the loop; the one who finds it empty wakes the loop.
    private let inbox = Mutex<[Submission]>([])

    /// Makes a channel on one event loop of a group; nothing is connected yet.
    ///
    /// `random` is where the jitter of the waits between attempts comes from.
    package init(
        _ target: ClientTarget, _ settings: ClientSettings,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
    ) {
        let eventLoop = group.any()
        self.eventLoop = eventLoop
        dispatcher = .makeBoxSendingValue(
            ClientDispatcher(target, settings, on: eventLoop, random: random),
            eventLoop: eventLoop)
    }

    // MARK: On the event loop

    /// Runs a block on the channel's event loop, and flushes behind it. All blocks and calls that
    /// are given in the same moment share one wake-up and one socket write.
    package func execute(_ body: @escaping @Sendable (ClientDispatcher) -> Void) {
        submit(.run(body))
    }

    private func submit(_ submission: Submission) {
        let isFirst = inbox.withLock {
            $0.append(submission)
            return $0.count == 1
        }
        if isFirst { eventLoop.execute { self.takeInbox() } }
    }

    private func takeInbox() {
        let submissions = inbox.withLock {
            let all = $0
            $0 = []
            return all
        }
        let dispatcher = dispatcher.value
        dispatcher.beginTurn()
        for submission in submissions {
            switch submission {
            case .start(let request, let ticket, let continuation):
                start(request, ticket, continuation, dispatcher)
            case .cancel(let ticket): cancel(ticket)
            case .run(let body): body(dispatcher)
            }
        }
        dispatcher.endTurn()
    }

    private func start(
        _ request: Request, _ ticket: NIOLoopBoundBox<Ticket>, _ continuation: Continuation,
        _ dispatcher: ClientDispatcher
    ) {
        let call = dispatcher.unary(
            request.path, request.bytes, request.metadata, deadline: request.deadline,
            waitForReady: request.waitForReady
        ) { continuation.resume(returning: $0) }
        if case .cancelled = ticket.value { call.cancel() }
        ticket.value = .started(call)
    }

    private func cancel(_ ticket: NIOLoopBoundBox<Ticket>) {
        switch ticket.value {
        case .new: ticket.value = .cancelled
        case .cancelled: break
        case .started(let call): call.cancel()
        }
    }

    // MARK: From tasks

    /// Makes a call with one message each way and gives back the answer's bytes.
    ///
    /// With `waitForReady` the call outlives failures to connect, up to `deadline` from now;
    /// without, the first one ends it as UNAVAILABLE with
    /// ``RPCFailure/connectFailures``. When the task is cancelled, the server is told, and the
    /// call ends as CANCELLED.
    package func unary(
        _ path: String, _ request: [UInt8], metadata: Metadata = Metadata(),
        deadline: Duration?, waitForReady: Bool = true
    ) async throws(RPCFailure) -> [UInt8] {
        let request = Request(
            path: path, bytes: request, metadata: metadata,
            deadline: deadline.map { Self.now.advanced(by: RPCTimeout($0)) },
            waitForReady: waitForReady)
        let ticket = NIOLoopBoundBox<Ticket>.makeBoxSendingValue(.new, eventLoop: eventLoop)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { submit(.start(request, ticket, $0)) }
        } onCancel: {
            submit(.cancel(ticket))
        }
        return try result.get()
    }

    private static var now: RPCInstant {
        RPCInstant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds))
    }

    /// The channel's states, from the one there is now on. A slow reader misses some, never the
    /// newest.
    package func states() -> AsyncStream<ClientChannelState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ClientChannelState.self, bufferingPolicy: .bufferingNewest(16))
        execute { dispatcher in
            let observation = dispatcher.observe {
                continuation.yield($0)
                if $0 == .shutdown { continuation.finish() }
            }
            continuation.onTermination = { [weak self] _ in
                self?.execute { $0.stopObserving(observation) }
            }
        }
        return stream
    }

    /// Takes no further call, lets open ones end, and closes. Calls that are open after `limit`
    /// are cut off; waiting ones end at once.
    package func shutdown(within limit: Duration) async {
        let closed = eventLoop.makePromise(of: Void.self)
        execute { $0.shutdown(within: RPCTimeout(limit), closed) }
        // The promise is kept, never broken.
        try? await closed.futureResult.get()
    }
}
