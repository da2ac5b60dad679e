import SagaModel
import SagaProtobuf
import Testing

@Suite struct DefinitionCodecTests {
    private func decode(_ bytes: [UInt8]) throws(CodecFailure) -> SagaDefinition {
        var arena = DecodingArena(limit: Codecs.limit)
        return try DefinitionCodec.decode(bytes.span, arena: &arena)
    }

    @Test func definitionsReadBack() throws {
        for definition in [Samples.definition, Samples.bareDefinition] {
            let bytes = DefinitionCodec.packedForDigest(definition)
            #expect(try decode(bytes) == definition)
        }
    }

    /// Other bytes would be another digest of definitions that are registered already.
    @Test func bytesForTheDigestStayAsTheyAre() {
        let bytes = DefinitionCodec.packedForDigest(Samples.definition)
        #expect(Goldens.hex(bytes) == Goldens.definition)
    }

    @Test func entriesOfMapsAreSortedByTheBytesOfTheirNames() throws {
        let names = ["b", "a", "\u{10000}", "\u{FFFD}", "é", "Z", "aa", "e\u{301}x", "f"]
        var step = StepDefinition(name: "s", work: .handler("a.b"))
        step.input = .map(
            Dictionary(
                uniqueKeysWithValues: names.map { ($0, Reference(source: "input", pointer: "")) }))
        let definition = SagaDefinition(name: "d", version: 1, steps: [step])
        let bytes = DefinitionCodec.packedForDigest(definition)
        let places = ["Z", "a", "aa", "b", "e\u{301}x", "f", "é", "\u{FFFD}", "\u{10000}"].map {
            name in
            let entry = [0x0A, UInt8(name.utf8.count)] + Array(name.utf8) + [0x12, 6]
            return bytes.indices.first { bytes[$0...].starts(with: entry) } ?? -1
        }
        #expect(places.allSatisfy { $0 > 0 })
        #expect(places == places.sorted())
    }

    @Test func unknownFieldsAreDropped() throws {
        let bytes = DefinitionCodec.packedForDigest(Samples.definition)
        let more = bytes + [0xFA, 0x01, 2, 0x61, 0x62]
        #expect(DefinitionCodec.packedForDigest(try decode(more)) == bytes)
    }

    /// Each is other content than its absence, so the digest must tell them apart.
    @Test func whatIsWrittenDiffersFromWhatIsLeftOut() {
        let bare = SagaDefinition(
            name: "d", version: 1, steps: [StepDefinition(name: "s", work: .handler("a.b"))])
        let changes: [(inout SagaDefinition) -> Void] = [
            { $0.timeout = .zero }, { $0.output = .map([:]) },
            { $0.onCompensationFailure = .stop }, { $0.retention = .zero },
            { $0.keyRetention = .zero }, { $0.steps[0].after = [] },
            { $0.steps[0].isCompensated = false }, { $0.steps[0].isCompensated = true },
            { $0.steps[0].isPivot = false }, { $0.steps[0].retry = RetryPolicy() },
            { $0.steps[0].retry = RetryPolicy(maxAttempts: 0) },
            { $0.steps[0].retry = RetryPolicy(multiplier: 0) },
            { $0.steps[0].retry = RetryPolicy(jitter: 0) },
            { $0.steps[0].retry = RetryPolicy(initial: .zero) },
            { $0.steps[0].compensationRetry = RetryPolicy() },
            { $0.steps[0].timeouts = StepTimeouts() }, { $0.steps[0].onFailure = .compensate },
            { $0.steps[0].delay = .zero },
        ]
        var all: Set<[UInt8]> = [DefinitionCodec.packedForDigest(bare)]
        for change in changes {
            var changed = bare
            change(&changed)
            all.insert(DefinitionCodec.packedForDigest(changed))
        }
        #expect(all.count == changes.count + 1)
    }

    /// Numbers that no enumeration has, a step without an action, a duration of two signs.
    @Test(
        arguments: [
            ([0x1A, 4, 0x12, 0, 0x28, 9], "steps[0].compensation", .unknownValue(9)),
            ([0x1A, 4, 0x12, 0, 0x50, 3], "steps[0].on_failure", .unknownValue(3)),
            ([0x1A, 0], "steps[0].handler", .unset),
            ([0x1A, 4, 0x12, 0, 0x6A, 0], "steps[0].input", .unset),
            ([0x22, 2, 0x10, 0x7F], "", nil),
            (
                [
                    0x22, 13, 0x08, 1, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                    0x01,
                ],
                "timeout", nil
            ),
        ] as [([UInt8], String, CodecFailure.Reason?)])
    func whatCannotBeIsNamed(bytes: [UInt8], field: String, reason: CodecFailure.Reason?) {
        do throws(CodecFailure) {
            let read = try decode(bytes)
            #expect(field.isEmpty && read.timeout == .nanoseconds(127))
        } catch {
            #expect(error.field == field)
            if let reason { #expect(error.reason == reason) }
        }
    }
}
