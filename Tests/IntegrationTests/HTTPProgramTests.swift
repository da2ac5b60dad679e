import Foundation
import SagaSystem
import Testing

/// Programs that know HTTP/2 and nothing of gRPC: curl, nghttp and h2load.
@Suite(.timeLimit(.minutes(2)))
struct HTTPProgramTests {
    private static let check = "grpc.health.v1.Health/Check"
    /// What the request and the answer of a call look like on the wire: `Check` of the whole server
    /// and that it serves.
    private static let (request, answer): ([UInt8], [UInt8]) = (
        [0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 8, 1]
    )

    private func curl(_ arguments: [String], version: String = "--http2-prior-knowledge")
        async throws -> ProgramRun
    {
        try await ProgramRun(
            try Programs.installed("curl", package: "curl"), ["--silent", version] + arguments)
    }

    private func nghttp(_ arguments: [String]) async throws -> ProgramRun {
        try await ProgramRun(
            try Programs.installed("nghttp", package: "nghttp2-client"), arguments)
    }

    private func messageFile(_ folder: TestFolder, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: folder.file("message")))
        return folder.file("message")
    }

    @Test(arguments: ServerProgram.allCases)
    func plainRequestsAreAnsweredAsHTTP(_ program: ServerProgram) async throws {
        let server = try await program.start()
        let url = "http://\(server.address)"
        let name = program == .sagad ? "sagad " : "interop-server "
        let table: [(flags: [String], path: String, status: String, body: String)] = [
            ([], "/healthz", "200 text/plain; charset=utf-8", "ok\n"),
            ([], "/", "200 text/plain; charset=utf-8", name),
            ([], "/nothing", "404 text/plain; charset=utf-8", "not found\n"),
            (["--head"], "/healthz", "200 text/plain; charset=utf-8", ""),
            (["--request", "DELETE"], "/healthz", "405 ", ""),
            (["--json", "{}"], "/\(Self.check)", "415 ", ""),
            (["--data", "x"], "/healthz", "415 ", ""),
        ]
        for (flags, path, status, body) in table {
            let run = try await curl(
                flags + [
                    "--output", flags.contains("--head") ? "/dev/null" : "/dev/stdout",
                    "--write-out", "%{stderr}%{http_version} %{http_code} %{content_type}",
                    url + path,
                ])
            #expect(run.error == "2 \(status)", "\(flags) \(path): \(run)")
            #expect(run.output.hasPrefix(body), "\(flags) \(path): \(run)")
        }
        // HTTP/1 is not spoken on this port, and does no harm.
        let old = try await curl(["\(url)/healthz"], version: "--http1.1")
        #expect(old.status != .exited(0), "\(old)")
        let next = try await curl(["\(url)/healthz"])
        #expect(next.output == "ok\n", "\(next)")
        try await server.stop()
    }

    /// Padding, no dynamic table, and many requests at once.
    @Test(arguments: ServerProgram.allCases)
    func framesOfEveryShapeAreRead(_ program: ServerProgram) async throws {
        let server = try await program.start()
        for flags in [
            ["--padding", "200"], ["--no-dep"], ["--header-table-size", "0"], ["--multiply", "50"],
        ] {
            let run = try await nghttp(flags + ["--verbose", "http://\(server.address)/healthz"])
            let wanted = flags.contains("50") ? 50 : 1
            #expect(run.plainOutput.count(of: ":status: 200\n") == wanted, "\(flags): \(run)")
            #expect(run.plainOutput.count(of: "ok\n") == wanted, "\(flags): \(run)")
            #expect(!run.plainOutput.contains("recv GOAWAY"), "\(flags): \(run)")
            #expect(!run.plainOutput.contains("recv RST_STREAM"), "\(flags): \(run)")
        }
        // A list of 18 KB in two frames, over the limit: refused in words, not by a reset.
        let large = try await nghttp([
            "--verbose", "--continuation", "http://\(server.address)/healthz",
        ])
        #expect(large.received == ["HEADERS END_STREAM | END_HEADERS"])
        #expect(large.plainOutput.contains("headers are over the limit of 16384 bytes\n"))
        #expect(!large.plainOutput.contains("recv GOAWAY"))
        try await server.stop()
    }

    @Test(arguments: ServerProgram.allCases)
    func aCallByHandHasItsTrailers(_ program: ServerProgram) async throws {
        let server = try await program.start()
        let folder = try TestFolder()
        let file = try messageFile(folder, Self.request)
        let grpc = "content-type: application/grpc"
        let body = folder.file("body")
        let run = try await curl([
            "--verbose", "--header", grpc, "--header", "te: trailers", "--data-binary",
            "@\(file)", "--output", body, "http://\(server.address)/\(Self.check)",
        ])
        // Head and trailers, with an empty line between them.
        let heard = run.error.split(whereSeparator: \.isNewline)
            .filter { $0.hasPrefix("< ") }.map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(heard == ["< HTTP/2 200", "< \(grpc)", "<", "< grpc-status: 0"], "\(run)")
        #expect(FileManager.default.contents(atPath: body) == Data(Self.answer), "\(run)")

        let call = [
            "--verbose", "--null-out", "--header", grpc, "--header", "te: trailers", "--data", file,
        ]
        // The same as frames: the answer ends with the trailers, not before.
        let frames = try await nghttp(
            call + ["http://\(server.address)/\(Self.check)"])
        #expect(
            frames.received == [
                "HEADERS END_HEADERS", "DATA 7", "HEADERS END_STREAM | END_HEADERS",
            ], "\(frames)")

        // An error without an answer is one frame of headers.
        let unknown = try await nghttp(
            call + ["http://\(server.address)/no.Service/Method"])
        #expect(unknown.received == ["HEADERS END_STREAM | END_HEADERS"], "\(unknown)")
        #expect(unknown.plainOutput.contains(":status: 200\n"), "\(unknown)")
        #expect(unknown.plainOutput.contains("grpc-status: 12\n"), "\(unknown)")
        try await server.stop()
    }

    /// A window of one byte: each byte of the answer waits for the client.
    @Test func anAnswerFitsThroughTheSmallestWindow() async throws {
        let server = try await ServerProgram.interopServer.start()
        let folder = try TestFolder()
        // `SimpleRequest { response_size = 300 }`
        let file = try messageFile(folder, [0, 0, 0, 0, 3, 0x10, 0xAC, 0x02])
        let run = try await nghttp([
            "--verbose", "--null-out", "--window-bits", "1", "--header",
            "content-type: application/grpc", "--header", "te: trailers", "--data", file,
            "http://\(server.address)/grpc.testing.TestService/UnaryCall",
        ])
        let bytes = run.received.compactMap { frame in
            frame.hasPrefix("DATA ") ? Int(frame.dropFirst(5)) : nil
        }
        // 300 zeros, two field headers of three bytes and the prefix of the message.
        #expect(bytes.reduce(0, +) == 311, "\(run)")
        // Only an empty frame, if any, has less than the window has room for.
        #expect(bytes.allSatisfy { $0 <= 1 }, "\(run)")
        #expect(run.plainOutput.contains("grpc-status: 0\n"), "\(run)")
        try await server.stop()
    }

    @Test(arguments: ServerProgram.allCases)
    func everyCallUnderLoadIsAnswered(_ program: ServerProgram) async throws {
        let server = try await program.start()
        let load = try await LoadRun(server, Self.check, Self.request, calls: 20_000)
        load.expectAnswers(of: Self.answer.count)
        try await server.stop()
    }

    /// One start and, under its key, many more: each is answered, and there is one saga.
    @Test func startsUnderLoadMakeOneSaga() async throws {
        let server = try await ServerProgram.sagad.start()
        let service = "saga.v1.SagaService"
        _ = try await ProgramRun(
            try Programs.inEnvironment("grpcurl"),
            [
                "-plaintext", "-d",
                #"{"definition":{"name":"a","version":1,"steps":[{"name":"b","handler":"c.d"}]}}"#,
                server.address, "\(service)/RegisterDefinition",
            ])
        // `StartSagaRequest { start { definition { name: "a" } key: "k" } }`
        let start: [UInt8] = [0, 0, 0, 0, 10, 0x12, 8, 0x0A, 3, 0x0A, 1, 0x61, 0x22, 1, 0x6B]
        _ = try await LoadRun(server, "\(service)/StartSaga", start, calls: 1, clients: 1)
        let again = try await LoadRun(server, "\(service)/StartSaga", start, calls: 1, clients: 1)
        let load = try await LoadRun(server, "\(service)/StartSaga", start, calls: 2_000)
        #expect(again.dataBytes > 0, "\(again)")
        load.expectAnswers(of: again.dataBytes)
        let listed = try await ProgramRun(
            try Programs.inEnvironment("grpcurl"),
            ["-plaintext", server.address, "\(service)/ListSagas"])
        #expect(listed.output.count(of: "\"sagaId\":") == 1, "\(listed)")
        try await server.stop()
    }
}

extension ProgramRun {
    /// The standard output without colours.
    fileprivate var plainOutput: String {
        output.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
    }

    /// The frames of the first request's stream that nghttp says it has received, `DATA LENGTH` or
    /// `HEADERS FLAGS`.
    fileprivate var received: [String] {
        let frame =
            #/recv (DATA|HEADERS) frame <length=(\d+), flags=0x\w+, stream_id=13>(?:\n *; (.*))?/#
        return plainOutput.matches(of: frame).map { match in
            match.1 == "DATA" ? "DATA \(match.2)" : "HEADERS \(match.3 ?? "")"
        }
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
