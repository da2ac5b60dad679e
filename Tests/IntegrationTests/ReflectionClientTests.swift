import Foundation
import SagaSystem
import Testing

/// grpcurl and buf curl, which know the protos of neither server: all that they do rests on
/// reflection.
@Suite(.timeLimit(.minutes(2)))
struct ReflectionClientTests {
    private static let order =
        #"{"name":"order","version":1,"steps":[{"name":"charge","handler":"payments.charge"}]}"#

    private func grpcurl(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun(try Programs.inEnvironment("grpcurl"), ["-plaintext"] + arguments)
    }

    private func buf(_ server: RunningServer, _ arguments: String..., path: String = "")
        async throws -> ProgramRun
    {
        try await ProgramRun(
            try Programs.inEnvironment("buf"),
            ["curl", "--http2-prior-knowledge", "--protocol", "grpc"] + arguments
                + ["http://\(server.address)/\(path)"])
    }

    @Test(arguments: ServerProgram.allCases)
    func servicesAreListed(_ program: ServerProgram) async throws {
        let server = try await program.start()
        let listed = try await grpcurl(server.address, "list")
        #expect(listed.lines == program.services, "\(listed)")
        for version in ["grpc-v1", "grpc-v1alpha"] {
            let listed = try await buf(server, "--reflect-protocol", version, "--list-services")
            #expect(listed.lines == program.services, "\(version): \(listed)")
        }
        for service in program.services {
            let listed = try await grpcurl(server.address, "list", service)
            #expect(listed.status == .exited(0), "\(listed)")
            #expect(listed.lines.allSatisfy { $0.hasPrefix("\(service).") }, "\(listed)")
        }
        try await server.stop()
    }

    @Test func whatIsDescribed() async throws {
        let daemon = try await ServerProgram.sagad.start()
        let interop = try await ServerProgram.interopServer.start()
        let table: [(server: RunningServer, name: String, part: String)] = [
            (
                daemon, "saga.v1.SagaService",
                """
                  rpc WatchEvents ( .saga.v1.WatchEventsRequest ) returns \
                ( stream .saga.v1.WatchEventsResponse );
                """
            ),
            (daemon, "saga.v1.StartSagaRequest", "  .saga.v1.AwaitOptions wait = 3;\n"),
            (daemon, "saga.v1.SagaState", "  SAGA_STATE_RUNNING = "),
            (daemon, "google.rpc.ErrorInfo", "  map<string, string> metadata = 3;\n"),
            (
                interop, "grpc.testing.TestService.FullDuplexCall",
                """
                rpc FullDuplexCall ( stream .grpc.testing.StreamingOutputCallRequest ) returns \
                ( stream .grpc.testing.StreamingOutputCallResponse );
                """
            ),
        ]
        for (server, name, part) in table {
            let described = try await grpcurl(server.address, "describe", name)
            #expect(described.output.contains(part), "\(name): \(described)")
        }
        let unknown = try await grpcurl(daemon.address, "describe", "saga.v1.NoSuchMessage")
        #expect(unknown.status == .exited(1) && unknown.error.contains("not found"), "\(unknown)")
        let methods = try await buf(interop, "--list-methods")
        #expect(methods.lines.contains("grpc.testing.TestService/HalfDuplexCall"), "\(methods)")
        try await daemon.stop()
        try await interop.stop()
    }

    @Test func grpcurlStartsASaga() async throws {
        let daemon = try await ServerProgram.sagad.start()
        let service = "saga.v1.SagaService"
        let registered = try await grpcurl(
            "-d", #"{"definition":\#(Self.order)}"#, daemon.address, "\(service)/RegisterDefinition"
        )
        #expect(registered.output.contains("HANDLER_NEVER_OFFERED"), "\(registered)")
        let started = try await grpcurl(
            "-d", #"{"start":{"definition":{"name":"order"},"key":"1"}}"#, daemon.address,
            "\(service)/StartSaga")
        let answer = try JSONDecoder().decode(StartAnswer.self, from: Data(started.output.utf8))
        let shown = try await grpcurl(
            "-d", #"{"saga":{"saga_id":"\#(answer.started.sagaId)"}}"#, daemon.address,
            "\(service)/GetSaga")
        #expect(shown.output.contains(#""state": "SAGA_STATE_RUNNING""#), "\(shown)")
        let status = try await grpcurl(daemon.address, "saga.v1.AdminService/GetStatus")
        #expect(status.output.contains(#""state": "SERVING_STATE_SERVING""#), "\(status)")
        try await daemon.stop()
    }

    private struct StartAnswer: Decodable {
        struct Started: Decodable { let sagaId: String }
        let started: Started
    }

    @Test func bufStartsASaga() async throws {
        let daemon = try await ServerProgram.sagad.start()
        let service = "saga.v1.SagaService"
        _ = try await buf(
            daemon, "-d", #"{"definition":\#(Self.order)}"#, path: "\(service)/RegisterDefinition")
        let listed = try await buf(daemon, path: "\(service)/ListDefinitions")
        #expect(listed.output.contains(#""name": "order""#), "\(listed)")
        let start = #"{"start":{"definition":{"name":"order"},"key":"1"}}"#
        let first = try await buf(daemon, "-d", start, path: "\(service)/StartSaga")
        let second = try await buf(daemon, "-d", start, path: "\(service)/StartSaga")
        let identifier = try JSONDecoder().decode(StartAnswer.self, from: Data(first.output.utf8))
            .started.sagaId
        #expect(second.output.contains(identifier), "\(second)")
        #expect(!first.output.contains("existing"), "\(first)")
        #expect(second.output.contains(#""existing": true"#), "\(second)")
        try await daemon.stop()
    }

    /// A refusal has a code, a text, and details that a program can read.
    @Test func refusalsAreNamed() async throws {
        let daemon = try await ServerProgram.sagad.start()
        let start = "saga.v1.SagaService/StartSaga"
        let unknown = #"{"start":{"definition":{"name":"ordr"},"key":"1"}}"#
        let refused = try await grpcurl("-d", unknown, daemon.address, start)
        // grpcurl ends with 64 and the code.
        #expect(refused.status == .exited(64 + 5), "\(refused)")
        for part in [
            "Code: NotFound\n", #"Message: no definition "ordr" in namespace default"#,
            """
            {"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"saga.v1",\
            "reason":"DEFINITION_UNKNOWN"}
            """,
        ] {
            #expect(refused.error.contains(part), "\(part): \(refused)")
        }
        let malformed = try await grpcurl(daemon.address, start)
        #expect(malformed.status == .exited(64 + 3), "\(malformed)")
        for part in [
            "Code: InvalidArgument\n", #""reason":"INVALID_ARGUMENT""#,
            #"google.rpc.BadRequest","fieldViolations":[{"field":"start","description":"#,
        ] {
            #expect(malformed.error.contains(part), "\(part): \(malformed)")
        }
        let bufs = try await buf(daemon, "-d", unknown, path: start)
        // buf ends with eight times the code.
        #expect(bufs.status == .exited(8 * 5), "\(bufs)")
        for part in [#""code": "not_found""#, #""type": "google.rpc.ErrorInfo""#] {
            #expect(bufs.error.contains(part), "\(part): \(bufs)")
        }
        try await daemon.stop()
    }

    @Test func streamsStatusesAndMetadata() async throws {
        let server = try await ServerProgram.interopServer.start()
        let service = "grpc.testing.TestService"
        let requests =
            #"{"response_parameters":[{"size":2},{"size":3}]}{"response_parameters":[{"size":1}]}"#
        for run in [
            try await grpcurl("-d", requests, server.address, "\(service)/FullDuplexCall"),
            try await buf(server, "-d", requests, path: "\(service)/FullDuplexCall"),
        ] {
            let bodies = run.lines.filter { $0.contains("body") }.map { $0.drop { $0 == " " } }
            #expect(
                bodies == [#""body": "AAA=""#, #""body": "AAAA""#, #""body": "AA==""#], "\(run)")
        }
        let failed = try await grpcurl(
            "-d", #"{"response_status":{"code":9,"message":"no ☺"}}"#, server.address,
            "\(service)/UnaryCall")
        #expect(failed.status == .exited(64 + 9), "\(failed)")
        #expect(failed.error.contains("Message: no ☺\n"), "\(failed)")
        let echoed = try await grpcurl(
            "-v", "-H", "x-grpc-test-echo-initial: first",
            "-H", "x-grpc-test-echo-trailing-bin: q6ur", server.address, "\(service)/UnaryCall")
        let (head, trailers) = try #require(echoed.output.halves(at: "Response trailers"))
        #expect(head.contains("\nx-grpc-test-echo-initial: first\n"), "\(echoed)")
        #expect(trailers.contains("\nx-grpc-test-echo-trailing-bin: q6ur\n"), "\(echoed)")
        try await server.stop()
    }

    @Test(arguments: ServerProgram.allCases)
    func healthIsTold(_ program: ServerProgram) async throws {
        let server = try await program.start()
        let check = "grpc.health.v1.Health/Check"
        for service in [""] + program.services {
            let request = #"{"service":"\#(service)"}"#
            let told = try await grpcurl("-d", request, server.address, check)
            #expect(told.output.contains(#""status": "SERVING""#), "\(service): \(told)")
        }
        let unknown = try await grpcurl("-d", #"{"service":"no.Service"}"#, server.address, check)
        #expect(unknown.status == .exited(64 + 5), "\(unknown)")
        let bufs = try await buf(server, path: check)
        #expect(bufs.output.contains(#""status": "SERVING""#), "\(bufs)")
        try await server.stop()
    }
}

extension String {
    /// What stands before a text and behind it, nil if it does not hold it.
    fileprivate func halves(at text: String) -> (Substring, Substring)? {
        firstRange(of: text).map { (self[..<$0.lowerBound], self[$0.upperBound...]) }
    }
}
