import Logging
import NIOCore
import NIOPosix
import SagaRPC
import Testing

@testable import SagaTransport

/// What a test of TLS speaks to: a server with certificates of a folder.
struct TLSWorld {
    let files: TestCertificates
    let server: Server
    let tls: ServerTLS?
    let log: EventLog
    let group: MultiThreadedEventLoopGroup

    /// Runs a body with a server, and one event loop for it.
    static func run(
        _ certificate: String? = "server", key: String? = nil,
        clients: ClientAuthentication = .off, timeout: Duration = .seconds(10),
        limits: ServerLimits = ServerLimits(), logger: Logger? = nil,
        at address: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0),
        _ body: (TLSWorld) async throws -> Void
    ) async throws {
        let files = try TestCertificates()
        let tls = try certificate.map {
            try ServerTLS(
                .init(
                    certificateFile: files("\($0).pem"), keyFile: files("\(key ?? $0).key"),
                    clientAuthentication: clients,
                    clientRootsFile: clients == .off ? nil : files("root.pem"),
                    handshakeTimeout: timeout),
                // Servers with certificates that nobody would start with are played, too.
                ["ended", "coming"].contains($0)
                    ? .test(days: $0 == "ended" ? -400 : 400) : .test)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let log = EventLog()
        let server = try await Server.start(
            [address], on: group, RPCSettings(programName: "test", programVersion: "1"),
            limits: limits, logger: logger, methods: MethodTable(EchoHandler.methods), tls: tls
        ) { EchoHandler($0, log) }
        do {
            try await body(
                TLSWorld(files: files, server: server, tls: tls, log: log, group: group))
        } catch {
            await server.close()
            throw error
        }
        await server.close()
        try await group.shutdownGracefully()
    }

    var port: Int {
        if case .host(_, let port) = server.boundAddresses[0] { port } else { 0 }
    }

    var counters: TLSCounters { get async { await server.loops[0].counters().tls } }

    /// The counters once as many handshakes have failed: a client may hear of it first.
    func counters(failed count: UInt64) async throws -> TLSCounters {
        for _ in 0..<1_000 {
            let counters = await counters
            if counters.failed >= count { return counters }
            try await Task.sleep(for: .milliseconds(5))
        }
        return await counters
    }

    /// A client's side of TLS.
    func client(
        roots: String? = "root.pem", as identity: String? = nil, name: String? = nil
    ) -> ClientTLS {
        ClientTLS(
            rootsFile: roots.map { files($0) },
            identity: identity.map { (files("\($0).pem"), files("\($0).key")) }, serverName: name,
            .test)
    }

    /// Makes one call at a name or address of this machine; what it gave, or why there was no
    /// connection.
    func call(
        _ tls: ClientTLS?, host: String = "127.0.0.1", _ path: String = "/test/Echo"
    ) async throws -> SecureCall {
        let channel = ClientChannel(
            try ClientTarget("\(host):\(port)"), clientSettings, on: group,
            wire: tls.map { .secure($0) } ?? .plain)
        do throws(RPCFailure) {
            let answer = try await channel.unary(
                path, [1, 2, 3], deadline: .seconds(20), waitForReady: false)
            await channel.shutdown(within: .seconds(5))
            return .answered(answer)
        } catch {
            await channel.shutdown(within: .seconds(5))
            return .failed(try #require(error.connectFailures.first?.cause, "\(error)"))
        }
    }
}

/// What became of a call.
enum SecureCall: Equatable {
    case answered([UInt8])
    case failed(ConnectFailure.Cause)

    /// Why the connection did not become secure.
    var handshake: HandshakeFailure? {
        if case .failed(.handshake(let failure)) = self { failure } else { nil }
    }
}
