import Logging
import NIOCore
import NIOPosix
import SagaRPC
import Synchronization

@testable import SagaTransport

/// Notes what a channel tells an observer, for a test that waits for it.
final class ClientObservation: ClientObserver {
    enum Event: Equatable, Sendable {
        case callStarted(String)
        case callEnded(String, RPCCode, attempts: Int)
        case opened(UInt64)
        case closed(UInt64, reason: String)
        case received(UInt64, Int)
        case sent(UInt64, Int)
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() { (events, continuation) = AsyncStream.makeStream() }

    func callStarted(_ path: String) { continuation.yield(.callStarted(path)) }

    func callEnded(_ path: String, _ code: RPCCode, duration: Duration, attempts: Int) {
        // A duration cannot be foretold, but that it is one can.
        guard duration >= .zero, duration < .seconds(60) else { return }
        continuation.yield(.callEnded(path, code, attempts: attempts))
    }

    func connectionOpened(_ connection: ClientConnectionID, _ address: ClientAddress) {
        continuation.yield(.opened(connection.rawValue))
    }

    func connectionClosed(
        _ connection: ClientConnectionID, _ address: ClientAddress, reason: String
    ) {
        continuation.yield(.closed(connection.rawValue, reason: reason))
    }

    func moved(_ connection: ClientConnectionID, received: Int, sent: Int) {
        if received > 0 { continuation.yield(.received(connection.rawValue, received)) }
        if sent > 0 { continuation.yield(.sent(connection.rawValue, sent)) }
    }

    /// Nothing is noted any more, so that all events can be read to their end.
    func finish() { continuation.finish() }

    /// The first event from here on that is meant.
    func first(_ isMeant: (Event) -> Bool) async throws -> Event {
        for await event in events where isMeant(event) { return event }
        throw CancellationError()
    }

    /// How the next call ended.
    func end() async throws -> Event {
        try await first { if case .callEnded = $0 { true } else { false } }
    }
}

/// Keeps log lines.
struct LineKeeper: LogHandler {
    final class Lines: Sendable {
        let lines = Mutex<[String]>([])
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = (event.metadata ?? [:]).map { "\($0)=\($1)" }.sorted().joined(separator: " ")
        lines.lines.withLock { $0.append("\(event.level) \(event.message) \(all)") }
    }
}

/// Gives each read in pieces.
final class Splitter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let bytes: Int
    init(bytes: Int) { self.bytes = bytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            guard let piece = buffer.readSlice(length: min(bytes, buffer.readableBytes)) else {
                return
            }
            context.fireChannelRead(wrapInboundOut(piece))
        }
    }
}

/// Gives the endpoints it was made with for every name.
final class FixedResolver: Resolver, Sendable {
    struct Unknown: Error {}

    private let endpoints: [SocketAddress]
    private let loop: any EventLoop

    init(_ endpoints: [SocketAddress], on loop: any EventLoop) {
        self.endpoints = endpoints
        self.loop = loop
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        endpoints.isEmpty
            ? loop.makeFailedFuture(Unknown()) : loop.makeSucceededFuture(endpoints)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        endpoints.isEmpty ? loop.makeFailedFuture(Unknown()) : loop.makeSucceededFuture([])
    }

    func cancelQueries() {}
}

/// What became of a call.
func outcome<T>(_ call: () async throws -> T) async -> Result<T, RPCFailure> {
    do {
        return .success(try await call())
    } catch let failure as RPCFailure {
        return .failure(failure)
    } catch {
        preconditionFailure("a call failed in a way that is not declared: \(error)")
    }
}

/// The failure of a call that must fail.
func rpcFailure<T>(_ call: () async throws -> T) async throws -> RPCFailure {
    do {
        let answer = try await call()
        throw Unexpected(description: "answered with \(answer)")
    } catch let failure as RPCFailure {
        return failure
    }
}

struct Unexpected: Error, CustomStringConvertible {
    let description: String
}
