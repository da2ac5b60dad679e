import SagaModel
import Testing

@Suite struct JSONCanonicalTests {
    private func canonical(_ text: String) -> String? {
        (try? JSONCanonical.canonicalize(Array(text.utf8).span))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        (" 1 ", "1"),
        (
            "[ 1 , 1.0 , 1e0, -0, 12345678901234567890.50 ]",
            "[1,1.0,1e0,-0,12345678901234567890.50]"
        ),
        (#"{ }"#, "{}"),
        (#"{ "b" : 1 , "a" : 2 }"#, #"{"a":2,"b":1}"#),
        (
            #"{"b":{"d":[{"z":1,"y":2}],"c":3},"a":[]}"#,
            #"{"a":[],"b":{"c":3,"d":[{"y":2,"z":1}]}}"#
        ),
        (#"{"aa":1,"a":2,"":3,"B":4}"#, #"{"":3,"B":4,"a":2,"aa":1}"#),
        // UTF-8 bytes, not UTF-16 units: U+FF5E comes before U+1F600, whose units are surrogates.
        (#"{"😀":1,"～":2,"é":3,"z":4}"#, #"{"z":4,"é":3,"～":2,"😀":1}"#),
        // By the name, not by how it is escaped: U+0022 comes before "#", a backslash after it.
        (##"{"#":1,"\"":2,"\u000a":3}"##, ##"{"\n":3,"\"":2,"#":1}"##),
        (#""\u0041\/\u00e4\uD83D\uDE00\u007f""#, "\"A/ä😀\u{7F}\""),
        (
            #""\u0022\u005C\u0008\u000C\u000A\u000D\u0009\u0000\u001F\u000b""#,
            #""\"\\\b\f\n\r\t\u0000\u001f\u000b""#
        ),
        (#""a\tb""#, #""a\tb""#),
        (#"{"\u0061":"\u0062"}"#, #"{"a":"b"}"#),
        ("[true,false,null]", "[true,false,null]"),
        // Not normalized: e with a combining accent stays two characters.
        ("\"e\u{301}\"", "\"e\u{301}\""),
    ])
    func writesTheCanonicalForm(text: String, expected: String) {
        let result = canonical(text)
        #expect(result.map { Array($0.utf8) } == Array(expected.utf8), "\(result ?? "not JSON")")
        #expect(canonical(expected) == expected)
    }

    @Test(arguments: ["", "{", "[1,]", #"{"b":0,"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "1 1"])
    func refusesWhatIsNotJSON(text: String) {
        #expect(canonical(text) == nil)
    }

    /// Random values, each written in a random way: order of members, white space, escapes.
    @Test(arguments: 0..<300)
    func anyWritingOfAValueGivesTheSameText(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let value = SampleValue.random(depth: 4, using: &random)
        let first = value.written(using: &random)
        let second = value.written(using: &random)
        let canonical = try JSONCanonical.canonicalize(first.span)
        #expect(try JSONCanonical.canonicalize(second.span) == canonical)
        #expect(try JSONCanonical.canonicalize(canonical.span) == canonical)
        try JSONScanner.validate(first.span)
    }

    @Test func otherValuesGiveOtherTexts() throws {
        var seen: [[UInt8]: Int] = [:]
        for (index, text) in ["1", "1.0", "\"1\"", "[1]", "{\"1\":1}", "[[1]]", "null"].enumerated()
        {
            let result = try JSONCanonical.canonicalize(Array(text.utf8).span)
            #expect(seen.updateValue(index, forKey: result) == nil)
        }
        #expect(seen.count == 7)
    }

    @Test func manyUnsortedMembersAtEveryDepth() throws {
        var text = "1"
        for _ in 0..<JSONScanner.maximumDepth { text = #"{"b":\#(text),"a":0}"# }
        var expected = "1"
        for _ in 0..<JSONScanner.maximumDepth { expected = #"{"a":0,"b":\#(expected)}"# }
        #expect(canonical(text) == expected)

        let names = (0..<10_000).map { "\($0)" }
        let wide = "{" + names.map { "\"\($0)\":\($0)" }.joined(separator: ",") + "}"
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(
            canonical(wide)
                == "{" + sorted.map { "\"\($0)\":\($0)" }.joined(separator: ",") + "}")
    }
}

/// A JSON value whose text is not decided.
private indirect enum SampleValue {
    case plain(String)
    case string([Unicode.Scalar])
    case array([SampleValue])
    case object([(name: [Unicode.Scalar], value: SampleValue)])

    static func random(depth: Int, using random: inout SeededGenerator) -> SampleValue {
        switch Int.random(in: 0..<(depth == 0 ? 2 : 4), using: &random) {
        case 0:
            let plain = ["0", "-1.50", "1e400", "true", "null", "98765432109876543210"]
            return .plain(plain.randomElement(using: &random)!)
        case 1:
            return .string(scalars(using: &random))
        case 2:
            return .array(
                (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                    .random(depth: depth - 1, using: &random)
                })
        default:
            var names: Set<[Unicode.Scalar]> = []
            var members: [(name: [Unicode.Scalar], value: SampleValue)] = []
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                let name = scalars(using: &random)
                guard names.insert(name).inserted else { continue }
                members.append((name, .random(depth: depth - 1, using: &random)))
            }
            return .object(members)
        }
    }

    private static func scalars(using random: inout SeededGenerator) -> [Unicode.Scalar] {
        let pool: [Unicode.Scalar] = ["a", "b", "\"", "\\", "\n", "\u{1}", "ä", "€", "😀", "\u{7F}"]
        return (0..<Int.random(in: 0..<4, using: &random)).map { _ in
            pool.randomElement(using: &random)!
        }
    }

    func written(using random: inout SeededGenerator) -> [UInt8] {
        let space = ["", "", " ", "\n\t"].randomElement(using: &random)!.utf8
        var bytes: [UInt8] = Array(space)
        switch self {
        case .plain(let text): bytes += text.utf8
        case .string(let scalars): bytes += Self.quoted(scalars, using: &random)
        case .array(let elements):
            bytes += "[".utf8
            for (index, element) in elements.enumerated() {
                bytes += index > 0 ? [UInt8(ascii: ",")] : []
                bytes += element.written(using: &random)
            }
            bytes += "]".utf8
        case .object(let members):
            bytes += "{".utf8
            for (index, member) in members.shuffled(using: &random).enumerated() {
                bytes += index > 0 ? [UInt8(ascii: ",")] : []
                bytes += Self.quoted(member.name, using: &random)
                bytes += Array(space) + ":".utf8 + member.value.written(using: &random)
            }
            bytes += "}".utf8
        }
        return bytes + space
    }

    private static func quoted(
        _ scalars: [Unicode.Scalar], using random: inout SeededGenerator
    ) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for scalar in scalars {
            let mustEscape = scalar < " " || scalar == "\"" || scalar == "\\"
            if mustEscape || Bool.random(using: &random) {
                for unit in UTF16.encode(scalar)! {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                    bytes += "\\u".utf8
                    bytes += (String(repeating: "0", count: 4 - digits.count) + digits).utf8
                }
            } else {
                bytes += scalar.utf8
            }
        }
        return bytes + [UInt8(ascii: "\"")]
    }
}

/// SplitMix64: the same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
