import Foundation
import SagaSystem
import Testing

/// What h2load says of many calls of one method with one request.
struct LoadRun {
    private let run: ProgramRun
    private let calls: Int

    /// Makes the calls, 20 at a time on each connection.
    ///
    /// - Parameters:
    ///   - request: the message with its prefix.
    ///   - scheme: `http` or `https`; h2load does not check certificates.
    init(
        _ server: RunningServer, _ path: String, _ request: [UInt8], calls: Int, clients: Int = 4,
        scheme: String = "http"
    ) async throws {
        let folder = try TestFolder()
        try Data(request).write(to: URL(filePath: folder.file("request")))
        self.calls = calls
        run = try await ProgramRun(
            try Programs.installed("h2load", package: "nghttp2-client"),
            [
                "--requests", "\(calls)", "--clients", "\(clients)", "--max-concurrent-streams",
                "20", "--header", "content-type: application/grpc", "--header", "te: trailers",
                "--data", folder.file("request"), "\(scheme)://\(server.named)/\(path)",
            ])
    }

    /// The bytes of all answers' messages with their prefixes.
    var dataBytes: Int {
        // `traffic: 253B (253) total, 108B (108) headers (space savings 90.00%), 0B (0) data`
        run.output.firstMatch(of: #/\((\d+)\) data/#).flatMap { Int($0.1) } ?? -1
    }

    /// Expects that each call was answered with one message of this size; the HTTP status alone
    /// does not say that, since that of a call that failed is 200 too.
    func expectAnswers(of bytes: Int) {
        let lines = run.lines
        #expect(run.status == .exited(0), "\(run)")
        #expect(
            lines.contains(
                """
                requests: \(calls) total, \(calls) started, \(calls) done, \(calls) succeeded, \
                0 failed, 0 errored, 0 timeout
                """), "\(run)")
        #expect(lines.contains("status codes: \(calls) 2xx, 0 3xx, 0 4xx, 0 5xx"), "\(run)")
        #expect(dataBytes == calls * bytes, "\(run)")
    }

    /// Expects that TLS 1.3 was spoken, and HTTP/2 agreed upon.
    func expectTLS() {
        #expect(run.lines.contains("TLS Protocol: TLSv1.3"), "\(run)")
        #expect(run.lines.contains("Application protocol: h2"), "\(run)")
    }
}
