import SagaModel
import SagaProtobuf
import Testing

@Suite struct RecordCodecTests {
    @Test(arguments: Samples.records.indices)
    func everyRecordReadsBackAsItWas(place: Int) throws {
        let record = Samples.records[place]
        let bytes = Codecs.encode(record)
        #expect(try Codecs.decode(RecordCodec.type(of: record), bytes) == record)
    }

    @Test func samplesHaveEveryKind() {
        let types = Set(Samples.records.map { RecordCodec.type(of: $0) })
        #expect(types == Set(16...38).union(40...43))
    }

    /// Of starts it is found without reading them whether they name another saga; bytes that are
    /// no message might.
    @Test func startsThatNameOthersAreFound() {
        var found: [Bool] = []
        for case .sagaStarted(let started) in Samples.records {
            let bytes = Codecs.encode(.sagaStarted(started))
            let names = Self.mayNameOthers(bytes[...])
            #expect(names == (started.parent != nil || started.replaces != nil))
            found.append(names)
            #expect(Self.mayNameOthers(bytes.dropLast()))
        }
        #expect(found.contains(true) && found.contains(false))
        for bytes: [UInt8] in [[0xFF], [0x0B], [0x08], [0x3A, 5], [0x09, 1], [0x82, 0x01, 0]] {
            #expect(Self.mayNameOthers(bytes[...]), "\(bytes)")
        }
        #expect(!Self.mayNameOthers([]))
    }

    private static func mayNameOthers(_ bytes: ArraySlice<UInt8>) -> Bool {
        RecordCodec.startMayNameOthers(bytes.span)
    }

    @Test func encodingAppends() {
        var arena = EncodingArena()
        var bytes: [UInt8] = [1, 2, 3, 4, 5]
        RecordCodec.encode(Samples.records[0], into: &bytes, arena: &arena)
        #expect(bytes == [1, 2, 3, 4, 5] + Codecs.encode(Samples.records[0]))
    }

    @Test func arenasAreReusedAndKeepNothing() throws {
        var writing = EncodingArena(chunk: 64)
        var reading = DecodingArena(limit: Codecs.limit, chunk: 64)
        for record in Samples.records + Samples.records.reversed() {
            var bytes: [UInt8] = []
            RecordCodec.encode(record, into: &bytes, arena: &writing)
            let type = RecordCodec.type(of: record)
            #expect(try RecordCodec.decode(type: type, bytes.span, arena: &reading) == record)
        }
    }

    @Test func unknownTypeIsAFailure() {
        for type: UInt16 in [0, 1, 15, 39, .max] {
            #expect(throws: CodecFailure("", .unknownType(type))) { try Codecs.decode(type, []) }
        }
    }

    /// Field 18 of an AttemptEnded and field 1 of a SagaEnded hold enumerations.
    @Test func unknownEnumerationsAreFailures() {
        #expect(throws: CodecFailure("state", .unknownValue(99))) {
            try Codecs.decode(25, [0x08, 99])
        }
        #expect(throws: CodecFailure("state", .unset)) { try Codecs.decode(25, []) }
        let record = Record.attemptEnded(Samples.attemptEnded(.succeeded(.empty)))
        #expect(throws: CodecFailure("undo", .unknownValue(9))) {
            try Codecs.decode(20, Codecs.encode(record) + [0x90, 0x01, 9])
        }
    }

    /// The format may not change by accident: journals outlive binaries.
    @Test(arguments: Goldens.records)
    func bytesStayAsTheyAre(golden: Goldens.Golden) throws {
        #expect(Goldens.hex(Codecs.encode(golden.record)) == golden.hex)
        #expect(RecordCodec.type(of: golden.record) == golden.type)
        #expect(try Codecs.decode(golden.type, Goldens.bytes(golden.hex)) == golden.record)
    }

    /// 1.5 KiB is the budget of the project's performance page, frames with 40-byte headers and
    /// padding included.
    @Test func aSagaOfThreeStepsStaysWithinItsBytes() {
        let payload = Payload(
            contentType: Payload.json, bytes: [UInt8](repeating: 0x61, count: 200))
        let full = Samples.started
        let start = SagaStarted(
            id: full.id, definition: full.definition, key: full.key,
            keyIsRandom: full.keyIsRandom, keyHash: full.keyHash, input: payload, labels: [],
            traceContext: [], principal: full.principal, at: full.at,
            opened: [Samples.opened[0]])
        var records: [Record] = [
            .keyTaken(
                KeyTaken(
                    key: KeyHash(high: .max, low: .max),
                    request: RequestHash(high: .max, low: .max), saga: Samples.id)),
            .sagaStarted(start),
        ]
        for step in 0..<3 {
            records.append(
                .attemptEnded(
                    Samples.attemptEnded(
                        .succeeded(payload), step: step, failures: 0,
                        opened: step < 2 ? [Samples.opened[0]] : [])))
        }
        records.append(
            .sagaEnded(
                SagaEnded(
                    state: .completed, outputOf: StepIndex(2), keyUntil: Samples.at,
                    at: Samples.at)))
        let frames = records.map { (40 + Codecs.encode($0).count + 7) / 8 * 8 }
        #expect(frames.reduce(0, +) <= 1_536)
    }

    @Test func aNULInATextOfOursIsNotCutOff() throws {
        let record = Record.cancelAsked(
            CancelAsked(principal: Samples.nobody, reason: "a\0b", at: Samples.at))
        let read = try Codecs.decode(22, Codecs.encode(record))
        guard case .cancelAsked(let wish) = read else {
            Issue.record("another record")
            return
        }
        #expect(wish.reason == "a\u{FFFD}b")
    }
}
