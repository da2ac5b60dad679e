public import NIOCore
internal import NIOPosix
internal import SagaModel
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport
public import ServiceLifecycle

/// Registers definitions, starts sagas and follows them.
///
/// It connects with its first call and by itself again. A call made before the connection is up
/// waits for it within its time. Every call can be repeated without harm, and is, when a
/// connection breaks or the coordinator is started again: a start carries a key, drawn at random
/// if none is given.
public struct SagaClient: Service {
    let namespace: String
    let timeout: Duration
    private let principal: String?
    let failsFast: Bool
    private let tls: TLS?
    private let link: Result<any ClientLink, SagaError>

    /// Makes a client; nothing is connected, and the address not looked at, before its first call.
    ///
    /// - Parameters:
    ///   - coordinator: `HOST:PORT` or `unix:PATH`, several joined by commas.
    ///   - tls: how its connection is made secure; nil for not at all.
    ///   - namespace: which definitions and sagas it means.
    ///   - principal: who asks; kept with what is asked, as unverified. A client's certificate
    ///     wins.
    ///   - timeout: how long a call waits for connection and answer.
    ///   - eventLoopGroup: where its connection lives; NIO's singleton group if nil.
    public init(
        _ coordinator: String, tls: TLS? = nil, namespace: String = "default",
        principal: String? = nil, timeout: Duration = .seconds(30),
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.init(
            coordinator, tls: tls, namespace: namespace, principal: principal, timeout: timeout,
            failsFast: false, eventLoopGroup: eventLoopGroup)
    }

    /// Makes a client that may fail at once where no coordinator is to be reached, for programs
    /// that a person waits for.
    package init(
        _ coordinator: String, tls: TLS? = nil, namespace: String = "default",
        principal: String? = nil, timeout: Duration = .seconds(30), failsFast: Bool,
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.tls = tls
        self.namespace = namespace
        self.principal = principal
        self.timeout = timeout
        self.failsFast = failsFast
        let eventLoop = (eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton).any()
        link = Result { () throws(SagaError) in
            NetworkLink(try Connection.channel(to: coordinator, tls: tls, on: eventLoop))
        }
    }

    /// Makes a client of a coordinator that is reached in a way of its own.
    package init(
        link: any ClientLink, namespace: String = "default", principal: String? = nil,
        timeout: Duration = .seconds(30)
    ) {
        tls = nil
        self.namespace = namespace
        self.principal = principal
        self.timeout = timeout
        failsFast = false
        self.link = .success(link)
    }

    /// Stays until a graceful shutdown or a cancellation, then closes the connection.
    ///
    /// - Throws: `SagaError` for a wrong address or file.
    public func run() async throws {
        _ = try link.get()
        _ = try tls?.check()
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Lets open calls end, and closes the connection; the client takes no further call.
    public func shutdown() async {
        guard case .success(let link) = link else { return }
        await link.shutdown()
    }

    // MARK: Calls

    /// Makes a call, and makes it again while the coordinator is not there and time is left.
    func call(
        _ method: String, timeout: Duration? = nil, _ request: [UInt8]
    ) async throws(SagaError) -> [UInt8] {
        let deadline = now + (timeout ?? self.timeout)
        var backoff = Backoff(
            initial: Limits.reconnectInitial, maximum: Limits.reconnectMaximum)
        while true {
            do throws(SagaError) {
                return try await callOnce(method, within: deadline - now, request)
            } catch {
                guard error.code == .unavailable, !failsFast, !Task.isCancelled else { throw error }
                let wait = Self.wait(after: error, &backoff)
                guard now + wait < deadline else { throw error }
                await pause(wait)
            }
        }
    }

    /// The time that waits are counted in.
    var now: ContinuousClock.Instant {
        switch link {
        case .success(let link): link.now
        case .failure: .now
        }
    }

    /// Waits, or until the task is cancelled.
    func pause(_ duration: Duration) async {
        guard case .success(let link) = link else { return }
        await link.sleep(for: duration)
    }

    /// How long to wait before asking again.
    static func wait(after error: SagaError, _ backoff: inout Backoff) -> Duration {
        let draw = Double.random(in: 0.5..<1)
        // With a reason of its own the coordinator has spoken: it is there, and will soon serve.
        let isThere = !error.reason.isEmpty && error.reason != SagaError.unreachable
        return isThere ? Limits.comeAgain * draw : backoff.next(draw: draw)
    }

    /// Opens a call with many answers; it is over with the first failure to connect.
    func open(_ method: String, _ request: [UInt8]) throws(SagaError) -> any AnswerStream {
        let metadata = try metadata()
        return try link.get().stream(method, request, metadata)
    }

    /// What travels with each call.
    private func metadata() throws(SagaError) -> Metadata {
        var metadata = Metadata()
        guard let principal else { return metadata }
        do throws(Metadata.Fault) {
            try metadata.add("saga-principal", principal)
        } catch {
            throw SagaError(
                .invalidArgument, reason: "PRINCIPAL",
                "a principal is printable ASCII, this is \(ShownText.quoted(principal))",
                cause: error)
        }
        return metadata
    }

    /// Makes a call once.
    func callOnce(
        _ method: String, within limit: Duration, _ request: [UInt8]
    ) async throws(SagaError) -> [UInt8] {
        let metadata = try metadata()
        return try await link.get().unary(
            method, request, metadata, within: max(.zero, limit), waitForReady: !failsFast)
    }
}

/// Makes a client for the time of a closure.
///
/// - Parameters:
///   - coordinator: `HOST:PORT` or `unix:PATH`, several joined by commas.
///   - namespace: which definitions and sagas it means.
///   - body: what is to be done with it.
public func withSagaClient<Value>(
    _ coordinator: String, tls: TLS? = nil, namespace: String = "default",
    _ body: (SagaClient) async throws -> Value
) async throws -> Value {
    let client = SagaClient(coordinator, tls: tls, namespace: namespace)
    do {
        let value = try await body(client)
        await client.shutdown()
        return value
    } catch {
        await client.shutdown()
        throw error
    }
}
