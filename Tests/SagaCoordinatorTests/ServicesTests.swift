import Logging
import SagaArchive
import SagaHTTP2
import SagaModel
import SagaProtobuf
import SagaRPC
import SagaSystem
import SagaTransport
import Testing

@testable import SagaCoordinator

/// The services over a socket: what no other client of the tests asks for.
@Suite struct ServicesTests {
    @Test("Each start of a batch is answered for itself, in order")
    func batches() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let large = Payload(contentType: "text/plain", bytes: .init(repeating: 0, count: 2_000))
            let results = try await wire.start([
                wire.message("order", key: "A"), wire.message("ordr", key: "B"),
                wire.message("order", key: "A"), wire.message("order", key: "C", input: large),
                wire.message("order", key: ""),
            ])
            let kinds = results.map { result -> String in
                switch result {
                case .started(_, let existing, let runs):
                    "\(existing ? "existing" : "started") \(runs?.name ?? "-") v\(runs?.version ?? 0)"
                case .refused(let refusal): refusal.reason
                }
            }
            #expect(
                kinds == [
                    "started order v1", "DEFINITION_UNKNOWN", "existing order v1", "PAYLOAD_SIZE",
                    "started order v1",
                ])
            #expect(try await wire.start([]).isEmpty)
        }
    }

    @Test("Pages go on where the one before ended, though sagas are started meanwhile")
    func pages() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            for number in 1...5 {
                _ = try await wire.start([wire.message("order", key: "K-\(number)")])
            }
            var keys: [String] = []
            var page = try await wire.list(before: nil)
            while true {
                keys += page.rows.map(\.key)
                guard let next = page.next else { break }
                _ = try await wire.start([wire.message("order", key: "late-\(keys.count)")])
                page = try await wire.list(before: next)
            }
            #expect(keys == ["K-5", "K-4", "K-3", "K-2", "K-1"])
        }
    }

    @Test("Definitions are shown as written, and listed by name with the newest version")
    func definitions() async throws {
        try await withCoordinator { wire in
            try await wire.register("order", version: 1)
            try await wire.register("order", version: 2)
            try await wire.register("transfer")
            let newest = try await wire.definitions(allVersions: false)
            #expect(newest.map { "\($0.name) v\($0.version)" } == ["order v2", "transfer v1"])
            let all = try await wire.definitions(allVersions: true)
            #expect(all.map(\.version).sorted() == [1, 1, 2])
            let pages = try await wire.definitionPages(of: 2)
            #expect(pages == [["order v2", "order v1"], ["transfer v1"]])
            #expect(try await wire.definitionPages(of: 1).map(\.count) == [1, 1, 1])
            let shown = try await wire.definition("order", version: 1)
            #expect(shown.written == Wire.definition("order", version: 1))
            #expect(shown.filled.steps[0].retry?.maxAttempts == 10)
        }
    }

    @Test("A definition with faults is refused with each of them and its field")
    func faults() async throws {
        try await withCoordinator { wire in
            var definition = Wire.definition("order", version: 1)
            definition.steps[0].isPivot = true
            definition.steps.append(definition.steps[0])
            let failure = await wire.refusal(of: definition)
            #expect(failure?.code == .invalidArgument)
            #expect(failure?.reason == "DEFINITION_INVALID")
            #expect(
                failure?.violations.map(\.field).sorted() == [
                    "definition.steps[1].name", "definition.steps[1].pivot",
                ])
        }
    }

    @Test("What the connection itself refuses carries a reason too")
    func connectionRefusals() async throws {
        try await withCoordinator { wire in
            let unknown = await wire.refusal(ofCalling: "NoSuchMethod", with: [])
            #expect(unknown?.code == .unimplemented)
            #expect(unknown?.reason == "METHOD_UNKNOWN")
            let large = [UInt8](repeating: 0, count: 5 << 20)
            let tooLarge = await wire.refusal(ofCalling: "StartSaga", with: large)
            #expect(tooLarge?.code == .resourceExhausted)
            #expect(tooLarge?.reason == "MESSAGE_SIZE")
            #expect(tooLarge?.message.contains("4194304") == true)
        }
    }

    @Test("A request without its message is no unknown method")
    func noMessage() async throws {
        try await withCoordinator { wire in
            let failure = await #expect(throws: RPCFailure.self) {
                try await wire.channel.clientStreaming(
                    "/saga.v1.SagaService/ListSagas", CallOptions(timeout: .seconds(20))
                ) { _ in }
            }
            #expect(failure?.code == .unimplemented)
            var arena = DecodingArena(limit: 1 << 20)
            let details = failure?.details ?? []
            let refusal = try StatusCodec.decode(details.span, arena: &arena)
            #expect(refusal.reason == "CALL_MALFORMED")
        }
    }

    @Test("What peers may do within HTTP/2 is what the limits say")
    func limitsOfPeers() async throws {
        try await withCoordinator(
            { wire in
                var metadata = Metadata()
                try metadata.add("x-long", String(repeating: "x", count: 2_000))
                let failure = await #expect(throws: RPCFailure.self) {
                    try await wire.channel.unary(
                        "/saga.v1.SagaService/ListSagas", [], metadata: metadata,
                        deadline: .seconds(20))
                }
                #expect(failure?.code == .resourceExhausted)
                #expect(failure?.message == "headers are over the limit of 1500 bytes")
            }, limits: { $0.http2.maxHeaderListBytes = 1_500 })
    }

    @Test("Limits that do not fit together are told", arguments: 0..<6)
    func limitsThatDoNotFit(_ place: Int) {
        var limits = Limits()
        #expect(limits.fault == nil)
        switch place {
        case 0: limits.connections = 0
        case 1: limits.outputHardCapBytes = limits.outputCapBytes
        case 2: limits.connectionLeave = limits.connectionGrace + .seconds(1)
        case 3: limits.keepaliveTimeout = limits.keepaliveInterval
        case 4: limits.http2.limits.settingsEntries = 1
        case _: limits.http2.streamWindowBytes = limits.http2.connectionWindowBytes + 1
        }
        #expect(limits.fault != nil)
    }

    @Test("A wait for a saga that goes on is answered when its time is over")
    func patience() async throws {
        try await withCoordinator { wire in
            try await wire.register("order")
            let message = wire.message("order", key: "slow")
            let answer = try await wire.await(message, within: .milliseconds(50))
            #expect(answer.saga.state == .running)
            #expect(!answer.isReached)
        }
    }
}

/// A coordinator in this process over a directory of its own, and a connection to it.
func withCoordinator(
    hasArchive: Bool = false, _ body: (Wire) async throws -> Void,
    limits change: (inout Limits) -> Void = { _ in }
) async throws {
    let directory = "/tmp/saga-services-\(SystemRandom.word())"
    try Directory.make(directory)
    let result: Result<Void, any Error>
    do {
        result = .success(
            try await withCoordinator(
                in: directory, hasArchive: hasArchive, body, limits: change))
    } catch {
        result = .failure(error)
    }
    try Directory.removeTree(directory)
    try result.get()
}

extension Logger {
    /// Tells nobody.
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// One life of a coordinator in this process over a directory that stays, and a connection to it.
func withCoordinator<Value>(
    in directory: String, hasArchive: Bool = false, _ body: (Wire) async throws -> Value,
    limits change: (inout Limits) -> Void = { _ in }
) async throws -> Value {
    var limits = Limits()
    limits.payloadBytes = 1_000
    limits.pageRows = 2
    limits.segmentBytes = 32 << 20
    change(&limits)
    let coordinator = try await Coordinator.start(
        CoordinatorConfiguration(
            dataDirectory: directory, listen: [ListenAddress(host: "127.0.0.1", port: 0)],
            eventLoops: 1, allowsVolatile: true, version: "test", limits: limits,
            archive: hasArchive
                ? SQLiteArchive(path: "\(directory)/archive.sqlite", retention: .seconds(3_600))
                : nil),
        logger: .silent
    ) { failure in
        Issue.record("the journal failed: \(failure)")
    }
    let channel = ClientChannel(
        try ClientTarget("\(coordinator.addresses[0])"),
        ClientSettings(rpc: .init(programName: "test", programVersion: "0")))
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(Wire(channel: channel)))
    } catch {
        result = .failure(error)
    }
    await channel.shutdown(within: .seconds(2))
    await coordinator.stop()
    return try result.get()
}

/// The calls that the tests make.
struct Wire {
    let channel: ClientChannel

    static func definition(_ name: String, version: UInt32) -> SagaDefinition {
        SagaDefinition(
            name: name, version: version,
            steps: [StepDefinition(name: "reserve", work: .handler("inventory.reserve"))])
    }

    func message(
        _ definition: String, key: String,
        input: Payload = Payload(contentType: Payload.json, bytes: Array("{}".utf8))
    ) -> StartMessage {
        StartMessage(namespace: "default", definition: definition, key: key, input: input)
    }

    func register(_ name: String, version: UInt32 = 1) async throws {
        let refusal = await refusal(of: Self.definition(name, version: version))
        try #require(refusal == nil)
    }

    func refusal(of definition: SagaDefinition) async -> Refusal? {
        do throws(RPCFailure) {
            _ = try await call("RegisterDefinition") { bytes, arena in
                SagaServiceCodec.encodeRegisterDefinitionRequest(
                    RegisterMessage(namespace: "default", definition: definition), into: &bytes,
                    arena: &arena)
            }
            return nil
        } catch {
            var arena = DecodingArena(limit: 1 << 20)
            return try? StatusCodec.decode(error.details.span, arena: &arena)
        }
    }

    func refusal(ofCalling method: String, with request: [UInt8]) async -> Refusal? {
        do throws(RPCFailure) {
            _ = try await call(method) { bytes, _ in bytes = request }
            return nil
        } catch {
            var arena = DecodingArena(limit: 1 << 20)
            return try? StatusCodec.decode(error.details.span, arena: &arena)
        }
    }

    func start(_ messages: [StartMessage]) async throws -> [StartResult] {
        let answer = try await call("StartSagas") { bytes, arena in
            SagaServiceCodec.encodeStartSagasRequest(
                messages, namespace: "default", into: &bytes, arena: &arena)
        }
        var arena = DecodingArena(limit: 1 << 20)
        return try SagaServiceCodec.decodeStartSagasResponse(answer.span, arena: &arena)
    }

    func list(before: JournalPosition?) async throws -> SagaPage {
        let request = ListRequest(
            SagaFilter(namespace: "default"), pageSize: 100, cursor: before)
        let answer = try await call("ListSagas") { bytes, arena in
            SagaServiceCodec.encodeListSagasRequest(request, into: &bytes, arena: &arena)
        }
        var arena = DecodingArena(limit: 1 << 20)
        return try SagaServiceCodec.decodeListSagasResponse(answer.span, arena: &arena)
    }

    func definitions(allVersions: Bool) async throws -> [DefinitionSummary] {
        let request = DefinitionMessage(namespace: "default", name: "", allVersions: allVersions)
        let answer = try await call("ListDefinitions") { bytes, arena in
            SagaServiceCodec.encodeListDefinitionsRequest(request, into: &bytes, arena: &arena)
        }
        var arena = DecodingArena(limit: 1 << 20)
        return try SagaServiceCodec.decodeListDefinitionsResponse(answer.span, arena: &arena)
            .definitions
    }

    /// All pages of definitions, each of so many rows.
    func definitionPages(of size: UInt32) async throws -> [[String]] {
        var request = DefinitionMessage(namespace: "default", name: "", allVersions: true)
        request.pageSize = size
        var pages: [[String]] = []
        repeat {
            let answer = try await call("ListDefinitions") { [request] bytes, arena in
                SagaServiceCodec.encodeListDefinitionsRequest(request, into: &bytes, arena: &arena)
            }
            var arena = DecodingArena(limit: 1 << 20)
            let page = try SagaServiceCodec.decodeListDefinitionsResponse(
                answer.span, arena: &arena)
            pages.append(page.definitions.map { "\($0.name) v\($0.version)" })
            request.after = page.next
        } while request.after != nil
        return pages
    }

    func definition(_ name: String, version: UInt32) async throws -> ShownDefinition {
        let request = DefinitionMessage(namespace: "default", name: name, version: version)
        let answer = try await call("GetDefinition") { bytes, arena in
            SagaServiceCodec.encodeGetDefinitionRequest(request, into: &bytes, arena: &arena)
        }
        var arena = DecodingArena(limit: 1 << 20)
        return try SagaServiceCodec.decodeGetDefinitionResponse(answer.span, arena: &arena)
    }

    func await(
        _ message: StartMessage, within time: Duration, deadline: Duration = .seconds(20)
    ) async throws -> (saga: SagaStatus, isReached: Bool) {
        _ = try await start([message])
        let request = AwaitMessage(
            namespace: "default", saga: .key(definition: message.definition, key: message.key),
            wait: AwaitWish(timeout: time))
        let answer = try await call("AwaitSaga", deadline: deadline) { bytes, arena in
            SagaServiceCodec.encodeAwaitSagaRequest(request, into: &bytes, arena: &arena)
        }
        var arena = DecodingArena(limit: 16 << 20)
        return try SagaServiceCodec.decodeAwaitSagaResponse(
            answer.span, limits: CodecLimits(), arena: &arena)
    }

    func get(
        _ saga: SagaRef, _ view: SagaView, _ excerpt: SagaExcerpt = SagaExcerpt()
    ) async throws -> (saga: SagaStatus, bytes: Int) {
        let request = SagaMessage(
            namespace: "default", saga: saga, view: view, excerpt: excerpt)
        let answer = try await call("GetSaga") { bytes, arena in
            SagaServiceCodec.encodeGetSagaRequest(request, into: &bytes, arena: &arena)
        }
        var arena = DecodingArena(limit: 64 << 20)
        let saga = try SagaServiceCodec.decodeGetSagaResponse(
            answer.span, limits: CodecLimits(), arena: &arena)
        return (saga, answer.count)
    }

    func call(
        _ method: String, deadline: Duration = .seconds(20),
        _ encode: (inout [UInt8], inout EncodingArena) -> Void
    ) async throws(RPCFailure) -> [UInt8] {
        var request: [UInt8] = []
        var arena = EncodingArena()
        encode(&request, &arena)
        return try await channel.unary(
            "/saga.v1.SagaService/\(method)", request, metadata: .init(), deadline: deadline)
    }
}
