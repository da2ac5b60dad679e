internal import ArgumentParser
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import SagaCoordinator
internal import SagaProtobuf
internal import SagaRPC
internal import SagaTransport
internal import UnixSignals

/// Serves `grpc.testing.TestService` on the transport of the daemon, for clients that nobody here
/// wrote.
@main
struct InteropServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interop-server",
        abstract: "Serves gRPC's own test service, health and reflection.")

    @Option(help: "Where to listen; port 0 takes a free one.")
    var listen = ListenAddress(host: "127.0.0.1", port: 0)

    @Option(help: "A file that is written when the server serves: the address as JSON.")
    var readyFile: String

    @Option(help: "How many event loops own connections.")
    var eventLoops = 1

    @Option(name: .customLong("tls-cert"), help: "A certificate with its chain, in PEM.")
    var certificateFile: String?

    @Option(name: .customLong("tls-key"), help: "The certificate's key, in PEM.")
    var keyFile: String?

    func validate() throws {
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
    }

    private func tls() throws -> ServerTLS? {
        guard let certificateFile, let keyFile else { return nil }
        return try ServerTLS(
            ServerTLS.Configuration(certificateFile: certificateFile, keyFile: keyFile), .system)
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let services = Self.services()
        let statuses = HealthStatuses(services: services)
        var served = ServiceSet()
        served.add(UnaryTestService.served) { UnaryTestService($0) }
        let reflection = ReflectionService {
            ReflectionIndex(
                sets: [InteropDescriptors.copy(), EmbeddedDescriptors.copy()], services: services)
        }
        served.add(
            StreamingTestService.methods + HealthService(statuses).methods + reflection.methods
        ) { path, error in
            FileHandle.standardError.write(Data("\(path) failed: \(error)\n".utf8))
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: eventLoops)
        let server = try await Server.start(
            [listen], on: group,
            RPCSettings(
                maxMessageBytes: 64 << 20, programName: "interop-server", programVersion: "1"),
            methods: served.methods, tls: try tls(), makeHandler: served.makeHandler)
        statuses.setAll(.serving)
        let address = server.boundAddresses[0].description
        let ready = try JSONEncoder().encode(Ready(listen: [address]))
        try ready.write(to: URL(filePath: readyFile), options: .atomic)
        for await _ in signals { break }
        statuses.setAll(.notServing)
        statuses.end()
        await server.drain(limit: .seconds(2))
        try await group.shutdownGracefully()
    }

    private struct Ready: Encodable { let listen: [String] }

    private static func services() -> [String] {
        ["grpc.testing.TestService", HealthService.service] + ReflectionService.services
    }
}

extension ListenAddress: ExpressibleByArgument {
    /// Reads `HOST:PORT`.
    public init?(argument: String) { self.init(argument) }
}
