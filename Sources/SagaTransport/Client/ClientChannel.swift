package import Logging
package import NIOCore
package import NIOPosix
internal import SagaRPC
internal import Synchronization

/// A way to one service: makes calls over as few connections as carry them, and new connections
/// when those are gone.
///
/// Connects when the first call is made. It must be ended with ``shutdown(within:)``, or its
/// connections stay.
package final class ClientChannel: Sendable {
    /// What tasks want done on the event loop.
    enum Submission: Sendable {
        case start(UnaryRequest, NIOLoopBoundBox<Ticket>, UnaryContinuation)
        case cancel(NIOLoopBoundBox<Ticket>)
        case send(StreamExchange, [UInt8])
        case run(@Sendable (ClientDispatcher) -> Void)
    }

    let eventLoop: any EventLoop
    let settings: ClientSettings
    private let dispatcher: NIOLoopBoundBox<ClientDispatcher>
    private let publishedState = PublishedState()
    /// What is to be done on the loop; the one who finds it empty wakes the loop.
    private let inbox = Mutex<[Submission]>([])

    /// Makes a channel on one event loop of a group; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - wire: what stands between sockets and HTTP/2.
    ///   - resolver: looks names up; nil for the system's own.
    ///   - logger: takes lines about connections, each with its `connection`.
    ///   - observer: hears of calls, connections and bytes.
    ///   - random: where jitter and the order of shuffled addresses come from.
    package init(
        _ target: ClientTarget, _ settings: ClientSettings,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        wire: ClientWire = .plain, resolver: (any Resolver & Sendable)? = nil,
        logger: Logger? = nil, observer: (any ClientObserver)? = nil,
        random: @escaping @Sendable () -> UInt64 = { .random(in: .min ... .max) }
    ) {
        let eventLoop = group.any()
        self.eventLoop = eventLoop
        self.settings = settings
        dispatcher = .makeBoxSendingValue(
            ClientDispatcher(
                target, settings, on: eventLoop, wire: wire, resolver: resolver,
                instruments: ClientInstruments(logger: logger, observer: observer),
                publishedState: publishedState, random: random),
            eventLoop: eventLoop)
    }

    // MARK: On the event loop

    /// Runs a block on the channel's event loop, and flushes behind it. All blocks and calls that
    /// are given in the same moment share one wake-up and one socket write.
    package func execute(_ body: @escaping @Sendable (ClientDispatcher) -> Void) {
        submit(.run(body))
    }

    func submit(_ submission: Submission) {
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
                request.start(on: dispatcher, ticket, continuation)
            case .cancel(let ticket): ticket.value.cancel()
            case .send(let exchange, let message): exchange.sendOnLoop(message)
            case .run(let body): body(dispatcher)
            }
        }
        dispatcher.endTurn()
    }

    // MARK: The state

    /// What the channel is doing about its connections at this moment.
    package var state: ClientChannelState { publishedState.value }

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
