internal import Logging
internal import NIOCore
internal import SagaHTTP2
internal import SagaRPC

/// What one event loop does about its connections beside moving bytes: looks at them when time
/// has passed for one, and tells log and observer what became of them.
final class ConnectionWatch {
    /// What lines are throttled by.
    enum Event: Hashable {
        case ended(ConnectionEnd, HTTP2Abuse?)
        case refused(ConnectionRefusal)
        case handshakeFailed(HandshakeFailure.Kind)
        case acceptFailed(errno: Int32)

        var reason: String {
            switch self {
            case .ended(_, let abuse?): abuse.rawValue
            case .ended(let end, nil): end.rawValue
            case .refused(let refusal): refusal.rawValue
            case .handshakeFailed(let kind): kind.rawValue
            case .acceptFailed(let number): "errno \(number)"
            }
        }
    }

    let limits: ServerLimits
    private let lifetimeLimits: SharedLifetimeLimits
    let observer: (any ServerObserver)?
    /// Looks at all connections of the loop; set once, by their owner.
    var sweep: (RPCInstant) -> Void = { _ in }
    private let logger: Logger?
    let eventLoop: any EventLoop
    private let loopIndex: Int
    private var throttle: LogThrottle<Event>
    private var random = SystemRandomNumberGenerator()
    private var connectionsNumbered: UInt64 = 0
    private var armed: (at: RPCInstant, task: Scheduled<Void>)?

    init(
        _ limits: ServerLimits, _ logger: Logger?, _ observer: (any ServerObserver)?,
        _ eventLoop: any EventLoop, loopIndex: Int
    ) {
        self.limits = limits
        lifetimeLimits = SharedLifetimeLimits(limits.lifetime)
        self.logger = logger
        self.observer = observer
        self.eventLoop = eventLoop
        self.loopIndex = loopIndex
        throttle = LogThrottle(linesPerSecond: limits.logLinesPerSecond)
    }

    /// Begins the life of a connection.
    func begin(now: RPCInstant) -> (ConnectionID, ConnectionLifetime) {
        connectionsNumbered += 1
        return (
            ConnectionID(loopIndex: loopIndex, number: connectionsNumbered),
            ConnectionLifetime(
                lifetimeLimits, now: now, jitter: .random(in: 0...1, using: &random))
        )
    }

    // MARK: Time

    /// Sees to it that connections are looked at when a moment has come.
    ///
    /// One timer serves all connections of the loop, and it looks at all of them: most moments
    /// move on before they come, so that an order of them would cost more than the looks.
    func note(_ moment: RPCInstant?) {
        guard let moment else { return }
        if let armed, armed.at <= moment { return }
        let at = max(moment, RPCInstant.now + limits.lifetime.sweepInterval)
        // Else who is busy, and so noted again and again, would put the timer off for ever.
        if let armed, armed.at <= at { return }
        armed?.task.cancel()
        let task = eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(at.nanoseconds))
        ) { self.wake() }
        armed = (at, task)
    }

    private func wake() {
        armed = nil
        let now = RPCInstant.now
        sweep(now)
        for (event, count) in throttle.summaries(now: now) {
            logger?.notice(
                "more connections than are told one by one",
                metadata: ["reason": "\(event.reason)", "count": "\(count)"])
        }
        note(throttle.nextSummary)
    }

    // MARK: Telling

    func opened(_ connection: ConnectionID, _ peer: String) {
        observer?.connectionOpened(connection, peer: peer)
    }

    func refused(_ refusal: ConnectionRefusal, _ peer: String) {
        observer?.connectionRefused(refusal, peer: peer)
        guard let logger = logger(for: .refused(refusal)) else { return }
        logger.notice(
            "connection refused", metadata: ["peer": "\(peer)", "reason": "\(refusal.rawValue)"])
    }

    /// - Parameter termination: what rule of HTTP/2 the peer broke, and what it was told.
    func ended(
        _ connection: ConnectionID, _ peer: String, _ end: ConnectionEnd,
        _ termination: HTTP2Termination?
    ) {
        observer?.connectionClosed(connection, end)
        guard end.isPeersFault || (logger?.logLevel ?? .critical) <= .debug,
            let logger = logger(for: .ended(end, termination?.abuse))
        else { return }
        var metadata: Logger.Metadata = [
            "connection": "\(connection)", "peer": "\(peer)", "reason": "\(end.rawValue)",
        ]
        if let termination { metadata["told"] = "\(termination.reason)" }
        logger.log(
            level: end.isPeersFault ? .notice : .debug, "connection ended", metadata: metadata)
    }

    /// A connection did not become secure. That a peer went without a word is what port scanners
    /// and the health checks of load balancers do all day, and so of less interest.
    func handshakeFailed(_ failure: HandshakeFailure, _ peer: String) {
        let level: Logger.Level = failure == .closed ? .info : .notice
        guard (logger?.logLevel ?? .critical) <= level,
            let logger = logger(for: .handshakeFailed(failure.kind))
        else { return }
        logger.log(
            level: level, "TLS handshake failed",
            metadata: [
                "peer": "\(peer)", "reason": "\(failure.kind.rawValue)",
                "told": "\(failure.serverText)",
            ])
    }

    /// No connection could be taken, and those that wait are looked at again later.
    func acceptFailed(_ error: IOError) {
        guard let logger = logger(for: .acceptFailed(errno: error.errnoCode)) else { return }
        logger.warning(
            "no connection can be accepted for now", metadata: ["reason": "\(error)"])
    }

    /// The log, if one more line about such an event is to be in it.
    private func logger(for event: Event) -> Logger? {
        guard let logger else { return nil }
        switch throttle.ask(event, now: .now) {
        case .write: return logger
        case .leaveOut:
            note(throttle.nextSummary)
            return nil
        }
    }
}
