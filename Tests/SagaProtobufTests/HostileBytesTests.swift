import SagaModel
import SagaProtobuf
import Testing

/// Bytes that no honest peer sends: each is a value or a failure, never more.
@Suite struct HostileBytesTests {
    typealias Decoder = @Sendable ([UInt8]) throws(CodecFailure) -> Void

    /// Everything that is decoded from outside or from the journal.
    static let decoders: [(String, Decoder)] = {
        let limits = CodecLimits()
        var all: [(String, Decoder)] = (16...27).map {
            type in
            (
                "record \(type)",
                { bytes throws(CodecFailure) in
                    _ = try Codecs.decode(type, bytes)
                }
            )
        }
        func add(
            _ name: String,
            _ body:
                @escaping @Sendable (Span<UInt8>, inout DecodingArena) throws(CodecFailure) -> Void
        ) {
            all.append(
                (
                    name,
                    { bytes throws(CodecFailure) in
                        var arena = DecodingArena(limit: Codecs.limit, chunk: 512)
                        try body(bytes.span, &arena)
                    }
                ))
        }
        all.append(("attach request", { b throws(CodecFailure) in _ = try Codecs.request(b) }))
        all.append(("attach response", { b throws(CodecFailure) in _ = try Codecs.response(b) }))
        add("definition") { b, a throws(CodecFailure) in
            _ = try DefinitionCodec.decode(b, arena: &a)
        }
        add("start") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeStartSaga(b, limits: limits, arena: &a)
        }
        add("starts") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeStartSagas(b, limits: limits, arena: &a)
        }
        add("await") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeAwaitSaga(b, limits: limits, arena: &a)
        }
        add("list") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeListSagas(b, limits: limits, arena: &a)
        }
        add("cancel") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeCancelSaga(b, limits: limits, arena: &a)
        }
        add("register") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeRegisterDefinition(b, limits: limits, arena: &a)
        }
        add("shown saga") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeGetSagaResponse(b, limits: limits, arena: &a)
        }
        add("shown page") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeListSagasResponse(b, arena: &a)
        }
        add("shown definition") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeGetDefinitionResponse(b, arena: &a)
        }
        add("results of starts") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeStartSagasResponse(b, arena: &a)
        }
        add("watch") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeWatchEvents(b, limits: limits, arena: &a)
        }
        add("told events") { b, a throws(CodecFailure) in
            _ = try SagaServiceCodec.decodeWatchEventsResponse(b, limits: limits, arena: &a)
        }
        add("refusal") { b, a throws(CodecFailure) in
            _ = try StatusCodec.decode(b, arena: &a)
        }
        add("status") { b, a throws(CodecFailure) in
            _ = try AdminServiceCodec.decodeGetStatusResponse(b, arena: &a)
        }
        add("participants") { b, a throws(CodecFailure) in
            _ = try AdminServiceCodec.decodeListParticipantsResponse(
                b, namespace: "n", arena: &a)
        }
        return all
    }()

    /// Messages with much in them, to be cut and bent.
    static let seeds: [[UInt8]] =
        Samples.records.map { Codecs.encode($0) }
        + ParticipantCodecTests.requests.map { Codecs.bytes($0) }
        + WatchEventsCodecTests.watches.map { WatchEventsCodecTests.encode($0) }
        + WatchEventsCodecTests.events.suffix(1).map {
            WatchEventsCodecTests.encode(WatchAnswer(event: $0, cursor: $0.cursor))
        }
        + [
            Codecs.encode { ParticipantCodec.encodeTask(Samples.undoOrder, into: &$0, arena: &$1) },
            Codecs.encode {
                SagaServiceCodec.encodeStartSagaRequest(
                    ServiceSamples.starts[0], into: &$0, arena: &$1)
            },
            Codecs.encode {
                SagaServiceCodec.encodeListSagasRequest(
                    ServiceSamples.lists[1], into: &$0, arena: &$1)
            },
            Codecs.encode {
                SagaServiceCodec.encodeGetSaga(
                    ServiceSamples.saga, view: SagaView(payloads: true), into: &$0, arena: &$1)
            },
            Codecs.encode {
                SagaServiceCodec.encodeStartSagas(
                    ServiceSamples.refusals.map(StartResult.refused), into: &$0, arena: &$1)
            },
            Codecs.encode {
                AdminServiceCodec.encodeGetStatus(
                    ServiceSamples.status, lineage: Samples.id, life: 1, into: &$0, arena: &$1)
            },
            StatusCodec.encode(ServiceSamples.refusals[1]),
        ]

    /// Counts what was read and what was refused; that this returns at all is the point.
    private func feed(_ bytes: [UInt8], _ outcomes: inout (read: Int, refused: Int)) {
        for (_, decode) in Self.decoders {
            do throws(CodecFailure) {
                try decode(bytes)
                outcomes.read += 1
            } catch {
                outcomes.refused += 1
            }
        }
    }

    @Test func messagesCutAtEveryLength() {
        var outcomes = (read: 0, refused: 0)
        for seed in Self.seeds {
            for length in 0..<seed.count { feed(Array(seed[..<length]), &outcomes) }
        }
        #expect(outcomes.read > 0 && outcomes.refused > 0)
    }

    @Test func messagesWithBytesChanged() {
        var random = SeededRandom(state: 42)
        var outcomes = (read: 0, refused: 0)
        for seed in Self.seeds where !seed.isEmpty {
            for _ in 0..<40 {
                var bytes = seed
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
                feed(bytes, &outcomes)
            }
        }
        #expect(outcomes.read > 0 && outcomes.refused > 0)
    }

    @Test func randomBytes() {
        var random = SeededRandom(state: 7)
        var outcomes = (read: 0, refused: 0)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...200, using: &random)
            feed((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, &outcomes)
        }
        #expect(outcomes.refused > 0)
    }

    /// Walks a message and its submessages, and puts a NUL and then a byte that is not UTF-8 into
    /// every field that is a text; what the decoder does not read of it is none of its business.
    @Test(arguments: [
        (UInt16(16), 0), (17, 4), (19, 5), (20, 2), (22, 2), (23, 4), (24, 4), (26, 3), (27, 3),
    ])
    func everyTextOfARecordIsChecked(type: UInt16, least: Int) throws {
        var refused = (nul: 0, utf8: 0)
        for record in Samples.records where RecordCodec.type(of: record) == type {
            let bytes = Codecs.encode(record)
            for place in bytes.indices where (0x61...0x7A).contains(bytes[place]) {
                for (byte, reason) in [(UInt8(0), CodecFailure.Reason.hasNUL), (0xFF, .notUTF8)] {
                    var bent = bytes
                    bent[place] = byte
                    do throws(CodecFailure) {
                        _ = try Codecs.decode(type, bent)
                    } catch {
                        guard error.reason == reason else { continue }
                        #expect(!error.field.isEmpty)
                        if byte == 0 { refused.nul += 1 } else { refused.utf8 += 1 }
                    }
                }
            }
        }
        #expect(refused.nul >= least && refused.utf8 >= least)
    }

    /// A text field by the bytes around its content: the field is named for a NUL and for what is
    /// not UTF-8.
    @Test(
        arguments: [
            ("hello.namespace", [0x0A]), ("hello.sdk", [0x1A]), ("hello.participant", [0x22]),
            ("hello.instance", [0x2A]), ("hello.service_version", [0x32]),
        ] as [(String, [UInt8])])
    func aWrongTextIsNamed(field: String, tag: [UInt8]) {
        for (text, reason) in [
            ([0x61, 0, 0x62], CodecFailure.Reason.hasNUL), ([0], .hasNUL),
            ([0x61, 0xC3], .notUTF8), ([0xED, 0xA0, 0x80], .notUTF8),
        ] as [([UInt8], CodecFailure.Reason)] {
            let inner: [UInt8] = [0x22, 1, 0x70, 0x2A, 1, 0x69] + tag + [UInt8(text.count)] + text
            let bytes: [UInt8] = [0x0A, UInt8(inner.count)] + inner
            #expect(throws: CodecFailure(field, reason)) { try Codecs.request(bytes) }
        }
    }

    /// No single piece of memory is over the limit, all of them together are.
    @Test func manyEmptyMessagesEndAtTheArenasLimit() {
        let starts = [UInt8](repeating: 0, count: 40_000).enumerated().map {
            $0.offset % 2 == 0 ? UInt8(0x12) : 0
        }
        var arena = DecodingArena(limit: 1 << 20)
        #expect(throws: CodecFailure("", .tooLarge)) {
            _ = try SagaServiceCodec.decodeStartSagas(
                starts.span, limits: CodecLimits(), arena: &arena)
        }
        var wide = DecodingArena(limit: 1 << 28)
        #expect(throws: CodecFailure("starts", .tooMany(limit: 1_000))) {
            _ = try SagaServiceCodec.decodeStartSagas(
                starts.span, limits: CodecLimits(), arena: &wide)
        }
        #expect(throws: CodecFailure("message", .unset)) {
            _ = try ParticipantCodec.decodeRequest(
                ([UInt8]()).span, limits: CodecLimits(), arena: &arena)
        }
    }

    @Test func aPayloadOverTheLimitIsNamed() {
        var limits = CodecLimits()
        limits.payloadBytes = 4
        let bytes = Codecs.bytes(
            .result(TaskResult(attempt: Samples.attempt, outcome: .succeeded(Samples.json))))
        var arena = DecodingArena(limit: Codecs.limit)
        #expect(
            throws: CodecFailure("result.outcome.succeeded.data", .tooLong(limit: 4))
        ) {
            _ = try ParticipantCodec.decodeRequest(bytes.span, limits: limits, arena: &arena)
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
