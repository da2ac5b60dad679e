import Foundation
import SagaSystem

/// A server on stock grpcio, run with the Python environment that `Tests/run.sh` makes.
final class GrpcioPeer: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Where it listens, as a client's target names it.
    let address: String
    private let process: ChildProcess

    private init(address: String, process: ChildProcess) {
        self.address = address
        self.process = process
    }

    /// Starts the program and waits until it listens; with certificates through TLS, for clients
    /// that have one too.
    static func start(
        at address: String = "127.0.0.1:0", certificates: TestCertificates? = nil
    ) async throws -> GrpcioPeer {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let python = tests.appending(path: ".venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Missing(description: "\(python) is missing; Tests/run.sh makes it")
        }
        let script = tests.appending(path: "InteropTests/client_peer.py").path
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = try ChildProcess(
            .init(python, [script, file, address] + (certificates.map { [$0("")] } ?? [])))
        while true {
            if let bound = try? String(contentsOfFile: file, encoding: .utf8) {
                return GrpcioPeer(address: bound, process: process)
            }
            if let status = process.status {
                throw Missing(description: "\(script) has ended: \(status)")
            }
            // The next look, not a wait for something to have happened.
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// How it has ended; nil while it runs.
    var status: ChildProcess.Status? { process.status }

    /// The number of its process.
    var identifier: Int32 { process.identifier }

    /// Ends the program at once.
    func kill() async throws {
        process.sendToGroup(SIGKILL)
        _ = try await process.ended()
    }

    /// Waits for the program's own end.
    func ended() async throws -> ChildProcess.Status { try await process.ended() }
}
