import NIOCore
import NIOPosix
import SagaRPC
import Synchronization
import Testing

@testable import SagaTransport

/// Certificates that are renewed while the server runs.
@Suite(.timeLimit(.minutes(1))) struct ReloadTests {
    /// Files whose content a test exchanges.
    private final class Shelf: Sendable {
        private let files: TestCertificates
        private let names: Mutex<(certificate: String, key: String)>

        init(_ files: TestCertificates, _ certificate: String, _ key: String) {
            self.files = files
            names = Mutex((certificate, key))
        }

        func put(_ certificate: String, _ key: String) {
            names.withLock { $0 = (certificate, key) }
        }

        func environment() -> TLSEnvironment {
            TLSEnvironment(
                readFile: { [self] path throws(TLSFileFault.Problem) in
                    let (certificate, key) = names.withLock { $0 }
                    return try TLSEnvironment.test.readFile(
                        files(path == "certificate" ? certificate : key))
                }, now: TLSEnvironment.test.now)
        }
    }

    @Test func aStreamGoesOnAndNewConnectionsGetTheNewCertificate() async throws {
        try await TLSWorld.run(nil) { plain in
            let files = plain.files
            let shelf = Shelf(files, "server.pem", "server.key")
            let tls = try ServerTLS(
                .init(certificateFile: "certificate", keyFile: "key"), shelf.environment())
            let server = try await Server.start(
                [ListenAddress(host: "127.0.0.1", port: 0)], on: plain.group,
                RPCSettings(programName: "test", programVersion: "1"),
                methods: MethodTable(EchoHandler.methods), tls: tls
            ) { EchoHandler($0, plain.log) }
            let world = TLSWorld(
                files: files, server: server, tls: tls, log: plain.log, group: plain.group)
            let stream = try await LongStream.open(world)
            try await stream.echo([1])
            let first = try await RawTLS.certificate(world)

            shelf.put("renewed.pem", "renewed.key")
            #expect(try tls.reload() == [])
            try await stream.echo([2, 2])
            let second = try await RawTLS.certificate(world)
            #expect(first == "CN=sagad" && second == "CN=sagad renewed")

            for (certificate, key, role) in [
                ("garbage.pem", "renewed.key", TLSFileFault.Role.certificate),
                ("ended.pem", "ended.key", .certificate), ("server.pem", "client.key", .key),
            ] {
                shelf.put(certificate, key)
                do throws(TLSFileFault) {
                    _ = try tls.reload()
                    Issue.record("\(certificate) was taken")
                } catch {
                    #expect(error.role == role)
                }
                let third = try await RawTLS.certificate(world)
                #expect(third == "CN=sagad renewed")
            }
            try await stream.echo([3, 3, 3])
            let end = await stream.finish()
            #expect(end.status == .ok)
            await server.close()
        }
    }
}

/// A call of the echo server that a test keeps open.
final class LongStream: Sendable {
    private final class Handler: ClientStreamHandler {
        let messages: AsyncStream<[UInt8]>.Continuation
        let ended: AsyncStream<ClientCallEnd>.Continuation

        init(
            _ messages: AsyncStream<[UInt8]>.Continuation,
            _ ended: AsyncStream<ClientCallEnd>.Continuation
        ) {
            self.messages = messages
            self.ended = ended
        }

        func opened(_ metadata: Metadata) {}
        func message(_ bytes: Span<UInt8>) {
            messages.yield(bytes.indices.map { bytes[$0] })
        }
        func writable() {}
        func closed(_ end: ClientCallEnd) { ended.yield(end) }
        func turnEnded() {}
    }

    struct Over: Error {}

    private let channel: ClientChannel
    private let call: NIOLoopBound<ClientCall>
    private let messages: AsyncStream<[UInt8]>
    private let ends: AsyncStream<ClientCallEnd>

    private init(
        _ channel: ClientChannel, _ call: NIOLoopBound<ClientCall>,
        _ messages: AsyncStream<[UInt8]>, _ ends: AsyncStream<ClientCallEnd>
    ) {
        self.channel = channel
        self.call = call
        self.messages = messages
        self.ends = ends
    }

    static func open(_ world: TLSWorld) async throws -> LongStream {
        let loop = world.group.next()
        let channel = ClientChannel(
            try ClientTarget("127.0.0.1:\(world.port)"), clientSettings, on: loop,
            wire: .secure(world.client()))
        let (messages, told) = AsyncStream.makeStream(of: [UInt8].self)
        let (ends, ended) = AsyncStream.makeStream(of: ClientCallEnd.self)
        let call = await withCheckedContinuation {
            (continuation: CheckedContinuation<NIOLoopBound<ClientCall>, Never>) in
            channel.execute { dispatcher in
                let call = dispatcher.open("/test/Stream", Metadata(), Handler(told, ended))
                continuation.resume(returning: NIOLoopBound(call, eventLoop: loop))
            }
        }
        return LongStream(channel, call, messages, ends)
    }

    /// Sends a message and waits until it comes back.
    func echo(_ message: [UInt8]) async throws {
        channel.execute { _ in self.call.value.send(message.span) }
        for await answer in messages {
            #expect(answer == message)
            return
        }
        throw Over()
    }

    func finish() async -> ClientCallEnd {
        channel.execute { _ in self.call.value.halfClose() }
        var end: ClientCallEnd?
        for await told in ends {
            end = told
            break
        }
        await channel.shutdown(within: .seconds(5))
        return end ?? ClientCallEnd(RPCStatus(.unknown, "no end"), reach: .neverSeen)
    }
}
