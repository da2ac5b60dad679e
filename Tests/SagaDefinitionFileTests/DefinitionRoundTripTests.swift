import SagaDefinitionFile
import SagaModel
import Testing

/// Definitions of random content: any text where the model takes any, each field written or not.
struct DefinitionMaker {
    private static let pieces = [
        "a", "b-1", "no", "Y", "0", "1.5", " ", "\t", "\n", "\r\n", "\"", "'", "\\", "#", ": ",
        "- ",
        "{", "}", "[", "]", ",", "&", "*", "!", "|", ">", "%", "@", "`", "~", "/", "<<", "=", "\0",
        "\u{1}", "\u{7F}", "\u{85}", "\u{A0}", "\u{E4}", "\u{2028}", "\u{FFFE}",
        "\u{E000}", "\u{1F680}",
    ]

    var random: SeededNumbers

    private mutating func maybe<Value>(_ make: (inout DefinitionMaker) -> Value) -> Value? {
        Bool.random(using: &random) ? make(&self) : nil
    }

    private mutating func text() -> String {
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
            Self.pieces.randomElement(using: &random) ?? ""
        }.joined()
    }

    private mutating func duration() -> Duration {
        let longest: Int64 = [10, 100_000, 1 << 50].randomElement(using: &random) ?? 1
        return .milliseconds(Int64.random(in: 0...longest, using: &random))
    }

    private mutating func reference() -> Reference {
        Reference(source: Self.pieces[Int.random(in: 0..<4, using: &random)], pointer: text())
    }

    private mutating func source() -> DataSource {
        if Bool.random(using: &random) { return .reference(reference()) }
        var members: [String: Reference] = [:]
        for _ in 0..<Int.random(in: 0...3, using: &random) { members[text()] = reference() }
        return .map(members)
    }

    private mutating func retry() -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maybe { UInt32.random(in: 0 ... .max, using: &$0.random) },
            initial: maybe { $0.duration() },
            multiplier: maybe { Double(UInt32.random(in: 0...40, using: &$0.random)) / 8 },
            max: maybe { $0.duration() },
            jitter: maybe { Double.random(in: 0...1, using: &$0.random) },
            nonRetryableCodes: maybe { maker in
                (0..<Int.random(in: 0...3, using: &maker.random)).map { _ in maker.text() }
            })
    }

    private mutating func test() throws -> Condition.Test {
        if Bool.random(using: &random) { return .exists(Bool.random(using: &random)) }
        let text = text().unicodeScalars.map { scalar in
            let code = String(scalar.value > 0xFFFF ? 0x20 : scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - code.count) + code
        }.joined()
        let json = ["\"\(text)\"", "-1.50E+2", "null", "[true, {\"\(text)\": [1]}, \"no\"]"]
            .randomElement(using: &random)
        let canonical = try JSONCanonical.canonicalize(Array((json ?? "").utf8).span)
        return .equals(String(decoding: canonical, as: UTF8.self))
    }

    private mutating func step() throws -> StepDefinition {
        var step = StepDefinition(name: text(), work: .handler(text()))
        if Bool.random(using: &random) {
            step.work = .saga(
                name: "a", version: maybe { UInt32.random(in: 0 ... .max, using: &$0.random) })
        }
        step.after = maybe { maker in
            (0..<Int.random(in: 0...3, using: &maker.random)).map { _ in maker.text() }
        }
        step.isCompensated = maybe { Bool.random(using: &$0.random) }
        step.isPivot = maybe { Bool.random(using: &$0.random) }
        step.retry = maybe { $0.retry() }
        step.compensationRetry = maybe { $0.retry() }
        step.timeouts = maybe { maker in
            StepTimeouts(
                scheduleToStart: maker.maybe { $0.duration() },
                startToClose: maker.maybe { $0.duration() },
                scheduleToClose: maker.maybe { $0.duration() },
                heartbeat: maker.maybe { $0.duration() })
        }
        step.onFailure = maybe { Bool.random(using: &$0.random) ? .continue : .compensate }
        if Bool.random(using: &random) {
            step.when = Condition(reference: reference(), test: try test())
        }
        step.delay = maybe { $0.duration() }
        step.input = maybe { $0.source() }
        return step
    }

    mutating func definition() throws -> SagaDefinition {
        var definition = SagaDefinition(
            name: text(), version: UInt32.random(in: 0 ... .max, using: &random), steps: [])
        for _ in 0..<Int.random(in: 0...3, using: &random) { definition.steps.append(try step()) }
        definition.timeout = maybe { $0.duration() }
        definition.output = maybe { $0.source() }
        definition.onCompensationFailure = maybe {
            Bool.random(using: &$0.random) ? .continue : .stop
        }
        definition.retention = maybe { $0.duration() }
        definition.keyRetention = maybe { $0.duration() }
        return definition
    }
}

/// SplitMix64: the same numbers from the same seed.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct DefinitionRoundTripTests {
    @Test func whatIsWrittenIsReadAgain() throws {
        for seed in 1...500 as ClosedRange<UInt64> {
            var maker = DefinitionMaker(random: SeededNumbers(state: seed))
            let definition = try maker.definition()
            let text = DefinitionFile.write(definition)
            do {
                let read = try DefinitionFile.source(text, file: "f") { _ in [] }.definition
                #expect(read == definition, "seed \(seed):\n\(text)")
            } catch {
                Issue.record("seed \(seed): \(error)\n\(text)")
            }
        }
    }
}
