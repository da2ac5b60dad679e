import Foundation
import SagaProcesses
import SagaSystem
import Testing

/// The servers that other people's programs are run against.
enum ServerProgram: CaseIterable {
    /// The coordinator.
    case sagad
    /// gRPC's test service on the coordinator's transport.
    case interopServer

    /// The services that it offers, sorted by name.
    var services: [String] {
        let common = [
            "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ]
        switch self {
        case .sagad:
            return common + [
                "saga.v1.AdminService", "saga.v1.ParticipantService", "saga.v1.SagaService",
            ]
        case .interopServer: return common + ["grpc.testing.TestService"]
        }
    }

    /// Starts it and waits until it serves.
    func start(_ flags: [String] = []) async throws -> RunningServer {
        let folder = try TestFolder()
        switch self {
        case .sagad:
            var configuration = try Programs.coordinator(in: folder)
            configuration.listen = "127.0.0.1:0"
            configuration.flags += flags
            let daemon = try CoordinatorProcess.start(configuration)
            return RunningServer(daemon.child, daemon.address, folder)
        case .interopServer:
            let ready = folder.file("ready.json")
            let child = try ChildProcess(
                .init(
                    try Programs.built("InteropServer"), ["--ready-file", ready] + flags,
                    environment: Programs.cleanEnvironment))
            while true {
                if let status = child.status {
                    throw Programs.Missing(description: "the interop server has ended: \(status)")
                }
                if let text = FileManager.default.contents(atPath: ready) {
                    let listen = try JSONDecoder().decode(Ready.self, from: text).listen
                    return RunningServer(child, try #require(listen.first), folder)
                }
                // The next look, not a wait for something to have happened.
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private struct Ready: Decodable { let listen: [String] }
}

/// A server of a test's own; it ends with the object, if it was not stopped before.
final class RunningServer: Sendable {
    /// Where it listens, `127.0.0.1:PORT`.
    let address: String
    private let child: ChildProcess
    private let folder: TestFolder

    init(_ child: ChildProcess, _ address: String, _ folder: TestFolder) {
        self.child = child
        self.address = address
        self.folder = folder
    }

    /// The same address by the name that stands in its certificate.
    var named: String { address.replacing("127.0.0.1", with: "localhost") }

    /// Asks it to end (SIGTERM) and expects that it does, without an error.
    func stop() async throws {
        child.send(SIGTERM)
        #expect(try await child.ended(within: .seconds(20)) == .exited(0))
    }
}
