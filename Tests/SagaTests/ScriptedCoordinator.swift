import NIOCore
import NIOPosix
import SagaModel
import SagaProtobuf
import SagaRPC
import SagaTransport
import Synchronization

@testable import Saga

/// The coordinator's end of participants' streams, on a real socket: it welcomes every Hello, and
/// says what the test tells it to.
final class ScriptedCoordinator: Sendable {
    /// What a participant said, with the stream that it said it on.
    enum Heard: Sendable {
        case said(ServerCallID, ParticipantMessage)
        case closedItsSide(ServerCallID)
        case ended(ServerCallID)
    }

    let server: Server
    let heard: AsyncStream<Heard>

    private init(server: Server, heard: AsyncStream<Heard>) {
        self.server = server
        self.heard = heard
    }

    /// Serves on a free port, with one event loop.
    static func start(
        welcome: Welcome = SessionHarness.welcome(outputLimit: 1_000)
    ) async throws -> ScriptedCoordinator {
        let (heard, continuation) = AsyncStream.makeStream(of: Heard.self)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let server = try await Server.start(
            [ListenAddress(host: "127.0.0.1", port: 0)], on: loop,
            RPCSettings(programName: "scripted", programVersion: "1"),
            methods: MethodTable([Connection.attach])
        ) { writer in
            Service(writer, welcome, continuation)
        }
        return ScriptedCoordinator(server: server, heard: heard)
    }

    var address: String { "\(server.boundAddresses[0])" }

    /// Says something on a stream.
    func say(
        _ call: ServerCallID,
        _ body: @escaping @Sendable (inout [UInt8], inout EncodingArena) -> Void
    ) {
        server.loops[0].execute { writer, _ in
            var bytes: [UInt8] = []
            var arena = EncodingArena()
            body(&bytes, &arena)
            writer.send(call, bytes.span)
        }
    }

    /// Ends a stream.
    func finish(_ call: ServerCallID, _ status: RPCStatus) {
        server.loops[0].execute { writer, _ in
            writer.finish(call, status)
        }
    }

    private final class Service: ServiceHandler {
        private let writer: CallWriter
        private let welcome: Welcome
        private let heard: AsyncStream<Heard>.Continuation
        private var decoding = DecodingArena(limit: 1 << 20)

        init(
            _ writer: CallWriter, _ welcome: Welcome, _ heard: AsyncStream<Heard>.Continuation
        ) {
            self.writer = writer
            self.welcome = welcome
            self.heard = heard
        }

        func opened(_ call: ServerCallID, _ request: CallRequest) -> Admission { .accept }

        func message(_ call: ServerCallID, _ bytes: Span<UInt8>) {
            guard
                let message = try? ParticipantCodec.decodeRequest(
                    bytes, limits: CodecLimits(), arena: &decoding)
            else { return }
            if case .hello = message {
                var bytes: [UInt8] = []
                var arena = EncodingArena()
                ParticipantCodec.encodeWelcome(welcome, into: &bytes, arena: &arena)
                writer.send(call, bytes.span)
            }
            heard.yield(.said(call, message))
        }

        func halfClosed(_ call: ServerCallID) {
            heard.yield(.closedItsSide(call))
            writer.finish(call, .ok)
        }

        func ended(_ call: ServerCallID, _ cause: CallEnd) { heard.yield(.ended(call)) }
        func writable(_ call: ServerCallID) {}
        func turnEnded() {}
    }
}
