import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// What the build embeds, as a peer finds it.
@Suite struct ReflectionTests {
    static let index = ReflectionIndex(
        sets: [EmbeddedDescriptors.copy()], services: ["saga.v1.SagaService"])

    private func files(_ question: ReflectionRequest.Question) -> [String]? {
        var sent: Set<String> = []
        guard case .files(let files) = Self.index.answer(question, sent: &sent) else { return nil }
        return files.map { DescriptorFile($0).name }
    }

    @Test(arguments: [
        ("saga.v1.SagaService", "saga/v1/saga_service.proto"),
        ("saga.v1.SagaService.StartSaga", "saga/v1/saga_service.proto"),
        ("saga.v1.StartSagaRequest", "saga/v1/saga_service.proto"),
        ("saga.v1.StartSagaRequest.namespace", "saga/v1/saga_service.proto"),
        ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
        ("grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"),
        ("grpc.reflection.v1alpha.ServerReflection", "grpc/reflection/v1alpha/reflection.proto"),
        ("google.rpc.ErrorInfo", "google/rpc/error_details.proto"),
        ("google.protobuf.Timestamp", "google/protobuf/timestamp.proto"),
    ])
    func symbolsAreFoundInTheirFiles(_ symbol: String, _ file: String) {
        #expect(files(.symbol(symbol))?.first == file)
        #expect(files(.file(name: file))?.first == file)
    }

    @Test func filesComeWithAllTheyImportOnceAStream() throws {
        let all = try #require(files(.symbol("saga.v1.SagaService")))
        #expect(Set(all).count == all.count)
        #expect(all.contains("google/protobuf/timestamp.proto"))
        var sent: Set<String> = []
        _ = Self.index.answer(.symbol("saga.v1.SagaService"), sent: &sent)
        #expect(sent == Set(all))
        let again = Self.index.answer(.symbol("saga.v1.SagaService"), sent: &sent)
        guard case .files(let files) = again else {
            Issue.record("\(again)")
            return
        }
        #expect(files.map { DescriptorFile($0).name } == ["saga/v1/saga_service.proto"])
    }

    @Test(
        arguments: [
            (.file(name: "none.proto"), .error(code: 5, "file none.proto is not known")),
            (.symbol("saga.v1.None"), .error(code: 5, "symbol saga.v1.None is not known")),
            (
                .fileOfExtension(type: "saga.v1.Saga", number: 7),
                .error(code: 5, "extension 7 of saga.v1.Saga is not known")
            ),
            (
                .extensionNumbers(type: "saga.v1.None"),
                .error(code: 5, "message saga.v1.None is not known")
            ),
            (
                .extensionNumbers(type: "saga.v1.StartSagaRequest"),
                .extensionNumbers(type: "saga.v1.StartSagaRequest", [])
            ),
            (.services("*"), .services(["saga.v1.SagaService"])),
            (.none, .error(code: 3, "the request asks for nothing that this version knows")),
        ] as [(ReflectionRequest.Question, ReflectionAnswer)])
    func answers(_ question: ReflectionRequest.Question, _ expected: ReflectionAnswer) {
        var sent: Set<String> = []
        #expect(Self.index.answer(question, sent: &sent) == expected)
    }

    @Test func extensionsAreFound() {
        // file { name: "x.proto", package: "p", message_type: { name: "M" },
        //        extension { name: "e", extendee: ".p.M", number: 300 } }
        let field: [UInt8] = [0x0A, 1, 0x65, 0x12, 4] + Array(".p.M".utf8) + [0x18, 0xAC, 0x02]
        let file: [UInt8] =
            [0x0A, 7] + Array("x.proto".utf8) + [0x12, 1, 0x70, 0x22, 3, 0x0A, 1, 0x4D]
            + [0x3A, UInt8(field.count)] + field
        let index = ReflectionIndex(
            sets: [[0x0A, UInt8(file.count)] + file], services: [])
        var sent: Set<String> = []
        #expect(
            index.answer(.fileOfExtension(type: "p.M", number: 300), sent: &sent)
                == .files([file]))
        #expect(index.answer(.symbol("p.e"), sent: &sent) == .files([file]))
        #expect(
            index.answer(.extensionNumbers(type: "p.M"), sent: &sent)
                == .extensionNumbers(type: "p.M", [300]))
    }

    @Test(
        arguments: [
            .file(name: "a"), .symbol("b"), .fileOfExtension(type: "c", number: -4),
            .extensionNumbers(type: "d"), .services(""), .none,
        ] as [ReflectionRequest.Question])
    func requestsAreReadAndSentBack(_ question: ReflectionRequest.Question) throws {
        var encoding = EncodingArena()
        var decoding = DecodingArena(limit: 1 << 16)
        let request = ReflectionRequest(host: "h", question)
        let packed = ReflectionCodec.encodeResponse(.services([]), to: request, arena: &encoding)
        // valid_host is "h" (3 bytes); the request follows with its tag and length.
        #expect(packed.starts(with: [0x0A, 1, 0x68, 0x12]))
        let original = Array(packed[5..<(5 + Int(packed[4]))])
        #expect(
            try ReflectionCodec.decodeRequest(original.span, arena: &decoding) == request)
    }
}
