import Foundation
import SagaSystem
import Testing

/// Other people's programs against the interop server through TLS: those that know its root are
/// served, the others say what is wrong, and the server goes on.
@Suite(.timeLimit(.minutes(2)))
struct SecureInteropTests {
    @Test func everyCaseOnStockGrpcio() async throws {
        let folder = try TestFolder()
        let certificates = try await TestCertificates(in: folder)
        let run = try await InteropServerTests.script.run([
            try Programs.built("InteropServer"), "--tls", certificates.folder,
        ])
        #expect(run.status == .exited(0), "\(run.output)")
    }

    @Test func programsThatKnowTheRootAndOthers() async throws {
        let folder = try TestFolder()
        let certificates = try await TestCertificates(in: folder)
        let server = try await ServerProgram.interopServer.start(certificates.serverFlags)
        let (known, strange) = (certificates.file("root.pem"), certificates.file("stranger.pem"))
        let grpcurl = try Programs.inEnvironment("grpcurl")
        let buf = try Programs.inEnvironment("buf")
        let curl = try Programs.installed("curl", package: "curl")
        let url = "https://\(server.named)"
        let bufs = ["curl", "--protocol", "grpc", "--list-services", url, "--cacert"]
        let curls = ["--silent", "--show-error", "--http2", "\(url)/healthz", "--cacert"]
        let elsewhere = server.address.replacing("127.0.0.1", with: "elsewhere.test")
        let table: [(program: String, arguments: [String], error: String?)] = [
            (grpcurl, ["-cacert", known, server.named, "list"], nil),
            (grpcurl, ["-cacert", strange, server.named, "list"], "signed by unknown authority"),
            (
                grpcurl,
                ["-cacert", known, "-servername", "elsewhere.test", server.named, "list"],
                "certificate is valid for localhost, sagad.test, not elsewhere.test"
            ),
            (
                grpcurl, ["-plaintext", "-connect-timeout", "1", server.named, "list"],
                "Failed to dial"
            ),
            (buf, bufs + [known], nil),
            (buf, bufs + [strange], "unavailable"),
            (curl, curls + [known], nil),
            (curl, ["--tls-max", "1.2"] + curls + [known], nil),
            (curl, curls + [strange], "unable to get local issuer certificate"),
            (
                curl,
                [
                    "--silent", "--show-error", "--connect-to", "\(elsewhere):\(server.named)",
                    "https://\(elsewhere)/healthz", "--cacert", known,
                ], "no alternative certificate subject name matches"
            ),
        ]
        for (program, arguments, error) in table {
            let run = try await ProgramRun(program, arguments)
            if let error {
                #expect(run.status != .exited(0) && run.error.contains(error), "\(run)")
            } else {
                let answer =
                    program == curl ? ["ok"] : ServerProgram.interopServer.services
                #expect(run.status == .exited(0) && run.lines == answer, "\(run)")
            }
        }
        let load = try await LoadRun(
            server, "grpc.testing.TestService/EmptyCall", [0, 0, 0, 0, 0], calls: 5_000,
            scheme: "https")
        load.expectAnswers(of: 5)
        load.expectTLS()
        try await server.stop()
    }
}
