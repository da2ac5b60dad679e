import Foundation
import SagaSystem
import Testing

/// gRPC's own interop cases, by gRPC's C++ library, against the interop server. `Tests/run.sh`
/// builds the client.
@Suite(.timeLimit(.minutes(2)))
struct CompiledClientTests {
    private static let cases = [
        "empty_unary", "cacheable_unary", "large_unary", "client_streaming", "server_streaming",
        "ping_pong", "half_duplex", "empty_stream", "custom_metadata", "status_code_and_message",
        "special_status_message", "unimplemented_method", "unimplemented_service",
        "cancel_after_begin", "cancel_after_first_response", "timeout_on_sleeping_server",
        "concurrent_large_unary", "client_compressed_unary", "server_compressed_unary",
        "client_compressed_streaming", "server_compressed_streaming",
    ]

    private func client(_ arguments: String...) async throws -> ProgramRun {
        let path = Shell.root.appending(path: ".build/interop-client/interop-client").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Programs.Missing(
                description: "\(path) is missing; Tests/InteropClient/build.sh makes it")
        }
        return try await ProgramRun(path, arguments)
    }

    private func expectAllPassed(_ run: ProgramRun) {
        #expect(run.lines == Self.cases.map { "\($0) passed" }, "\(run)")
        #expect(run.status == .exited(0), "\(run)")
    }

    @Test func casesOnGRPCForCPlusPlus() async throws {
        let server = try await ServerProgram.interopServer.start()
        expectAllPassed(try await client(server.address))
        try await server.stop()
    }

    @Test func casesOnGRPCForCPlusPlusThroughTLS() async throws {
        let folder = try TestFolder()
        let certificates = try await TestCertificates(in: folder)
        let server = try await ServerProgram.interopServer.start(certificates.serverFlags)
        let strange = try await client(server.named, certificates.file("stranger.pem"))
        #expect(strange.status == .exited(1) && strange.lines.isEmpty, "\(strange)")
        #expect(strange.error.contains("certificate verify failed"), "\(strange)")
        expectAllPassed(try await client(server.named, certificates.file("root.pem")))
        try await server.stop()
    }

    /// A server without the service passes only the cases that expect none.
    @Test func failingCasesFail() async throws {
        let server = try await ServerProgram.sagad.start()
        let run = try await client(server.address)
        #expect(run.status == .exited(1))
        #expect(run.lines == ["unimplemented_method passed", "unimplemented_service passed"])
        for name in Self.cases where !name.hasPrefix("unimplemented") {
            #expect(run.error.contains("\(name) failed: "), "\(name): \(run)")
        }
        try await server.stop()
    }

    @Test func everyCaseIsRun() async throws {
        let run = try await client("--list")
        #expect(run.lines == Self.cases, "\(run)")
    }
}
