import Foundation
import SagaSystem
import Testing

/// gRPC's own interop cases, by stock grpcio, against the interop server: the daemon's transport
/// with gRPC's test service on it.
@Suite struct InteropServerTests {
    static let script = Programs.tests.appending(path: "InteropTests/test_service.py").path

    static let cases = [
        "empty_unary", "large_unary", "cacheable_unary", "client_streaming", "server_streaming",
        "server_streaming_with_interval", "ping_pong", "half_duplex", "empty_stream",
        "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
        "status_code_and_message", "special_status_message", "unimplemented_method",
        "unimplemented_service", "custom_metadata", "client_compressed_unary",
        "client_compressed_streaming", "server_compressed_unary", "server_compressed_streaming",
        "many_streams_at_once",
    ]

    @Test(arguments: cases)
    func caseOnStockGrpcio(_ name: String) async throws {
        let run = try await run([try Programs.built("InteropServer"), name])
        #expect(run.status == .exited(0), "\(run.output)")
    }

    @Test func everyCaseIsRun() async throws {
        let run = try await run(["--list"])
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.output.split(separator: "\n").map(String.init) == Self.cases)
    }

    @Test func failingCaseFails() async throws {
        let run = try await run(["/bin/false", "empty_unary"])
        #expect(run.status == .exited(1))
        #expect(run.output.contains("empty_unary failed"), "\(run.output)")
    }

    /// Runs the script; its status is nil if it took too long.
    private func run(
        _ arguments: [String]
    ) async throws -> (status: ChildProcess.Status?, output: String) {
        let folder = try TestFolder()
        let output = folder.file("output")
        var environment = Programs.cleanEnvironment
        environment["TMPDIR"] = folder.path
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        let child = try ChildProcess(
            .init(
                try Programs.python, [Self.script] + arguments, environment: environment,
                output: .file(output), error: .appended(output)))
        let status = try await child.ended(within: .seconds(60))
        return (status, try String(contentsOfFile: output, encoding: .utf8))
    }
}
