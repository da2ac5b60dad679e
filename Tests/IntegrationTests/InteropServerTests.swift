import Foundation
import SagaSystem
import Testing

/// gRPC's own interop cases, by stock grpcio, against the interop server: the daemon's transport
/// with gRPC's test service on it.
@Suite struct InteropServerTests {
    static let script = PythonScript("test_service.py")

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
        let run = try await Self.script.run([try Programs.built("InteropServer"), name])
        #expect(run.status == .exited(0), "\(run.output)")
    }

    @Test func everyCaseIsRun() async throws {
        let run = try await Self.script.run(["--list"])
        #expect(run.status == .exited(0), "\(run.output)")
        #expect(run.output.split(separator: "\n").map(String.init) == Self.cases)
    }

    @Test func failingCaseFails() async throws {
        let run = try await Self.script.run(["/bin/false", "empty_unary"])
        #expect(run.status == .exited(1))
        #expect(run.output.contains("empty_unary failed"), "\(run.output)")
    }
}
