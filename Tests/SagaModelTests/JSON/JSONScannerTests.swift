@testable import SagaModel
import Testing

@Suite struct JSONScannerTests {
    /// The fault of a text, nil if it is JSON.
    static func fault(_ bytes: [UInt8]) -> JSONFault? {
        do throws(JSONFault) {
            try JSONScanner.validate(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "0", "-0", "10", "1.5", "-1.25e+10", "1E-2", "0e0", "123456789012345678901234567890.10",
        "true", "false", "null", "\"\"", "\"a\"", " \t\r\n1 \t\r\n", "[]", "[ ]", "{}", "{ }",
        "[1]", "[1 , [2] , {}]", #"{"a":1}"#, #"{ "a" : 1 , "b" : [ ] }"#,
        #"{"a":{"a":1},"b":{"a":2}}"#, #"[{"a":1},{"a":1}]"#, #"{"":0}"#,
        #""\"\\\/\b\f\n\r\t\u0041""#, #""\u0000""#, #""\uD83D\uDE00""#, "\"\u{7F}\u{10FFFF}\"",
        "\"ä€😀\"",
    ])
    func takesJSON(text: String) {
        #expect(Self.fault(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        ("", JSONFault(.unexpectedEnd, at: 0)),
        ("  ", JSONFault(.unexpectedEnd, at: 2)),
        ("[", JSONFault(.unexpectedEnd, at: 1)),
        ("[1", JSONFault(.unexpectedEnd, at: 2)),
        ("[1,", JSONFault(.unexpectedEnd, at: 3)),
        ("[1,]", JSONFault(.unexpectedByte, at: 3)),
        ("[,1]", JSONFault(.unexpectedByte, at: 1)),
        ("[1 2]", JSONFault(.unexpectedByte, at: 3)),
        ("[1}", JSONFault(.unexpectedByte, at: 2)),
        ("]", JSONFault(.unexpectedByte, at: 0)),
        ("{]", JSONFault(.unexpectedByte, at: 1)),
        ("{1:2}", JSONFault(.unexpectedByte, at: 1)),
        (#"{"a"}"#, JSONFault(.unexpectedByte, at: 4)),
        (#"{"a""#, JSONFault(.unexpectedEnd, at: 4)),
        (#"{"a":}"#, JSONFault(.unexpectedByte, at: 5)),
        (#"{"a":1,}"#, JSONFault(.unexpectedByte, at: 7)),
        (#"{"a":1 "b":2}"#, JSONFault(.unexpectedByte, at: 7)),
        (#"{,"a":1}"#, JSONFault(.unexpectedByte, at: 1)),
        ("1 2", JSONFault(.unexpectedByte, at: 2)),
        ("1,", JSONFault(.unexpectedByte, at: 1)),
        ("{}x", JSONFault(.unexpectedByte, at: 2)),
        ("01", JSONFault(.unexpectedByte, at: 1)),
        ("-", JSONFault(.unexpectedEnd, at: 1)),
        ("+1", JSONFault(.unexpectedByte, at: 0)),
        (".5", JSONFault(.unexpectedByte, at: 0)),
        ("1.", JSONFault(.unexpectedEnd, at: 2)),
        ("1.e1", JSONFault(.unexpectedByte, at: 2)),
        ("1e", JSONFault(.unexpectedEnd, at: 2)),
        ("1e+-1", JSONFault(.unexpectedByte, at: 3)),
        ("0x10", JSONFault(.unexpectedByte, at: 1)),
        ("NaN", JSONFault(.unexpectedByte, at: 0)),
        ("tru", JSONFault(.unexpectedEnd, at: 3)),
        ("truE", JSONFault(.unexpectedByte, at: 3)),
        ("nulll", JSONFault(.unexpectedByte, at: 4)),
        ("'a'", JSONFault(.unexpectedByte, at: 0)),
        ("// a\n1", JSONFault(.unexpectedByte, at: 0)),
        ("\u{FEFF}1", JSONFault(.unexpectedByte, at: 0)),
        ("\u{A0}1", JSONFault(.unexpectedByte, at: 0)),
        ("\"a", JSONFault(.unexpectedEnd, at: 2)),
        ("\"a\nb\"", JSONFault(.unexpectedByte, at: 2)),
        ("\"\0\"", JSONFault(.unexpectedByte, at: 1)),
        (#""\"#, JSONFault(.unexpectedEnd, at: 2)),
        (#""\x""#, JSONFault(.unexpectedByte, at: 2)),
        (#""\u12""#, JSONFault(.unexpectedByte, at: 5)),
        (#""\u12"#, JSONFault(.unexpectedEnd, at: 5)),
        (#""\u123G""#, JSONFault(.unexpectedByte, at: 6)),
        (#""\uD83D""#, JSONFault(.loneSurrogate, at: 1)),
        (#""\uDE00""#, JSONFault(.loneSurrogate, at: 1)),
        (#""\uD83D\n""#, JSONFault(.loneSurrogate, at: 1)),
        (#""\uD83D\u0041""#, JSONFault(.loneSurrogate, at: 1)),
        (#""\uDE00\uD83D""#, JSONFault(.loneSurrogate, at: 1)),
        (#"{"a":1,"a":2}"#, JSONFault(.duplicateMember, at: 7)),
        (#"{"b":1,"a":2,"b":3,"a":4}"#, JSONFault(.duplicateMember, at: 13)),
        (#"{"a":1,"\u0061":2}"#, JSONFault(.duplicateMember, at: 7)),
        (#"{"😀":1,"\uD83D\uDE00":2}"#, JSONFault(.duplicateMember, at: 10)),
        (#"{"x":{"":1,"":2}}"#, JSONFault(.duplicateMember, at: 11)),
    ])
    func refusesWhatIsNotJSON(text: String, expected: JSONFault) {
        #expect(Self.fault(Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(Self.fault([quote] + bytes + [quote]) == JSONFault(.invalidUTF8, at: 1))
        #expect(Self.fault([quote] + bytes) == JSONFault(.invalidUTF8, at: 1))
        #expect(Self.fault([0x7B, quote] + bytes + [quote]) == JSONFault(.invalidUTF8, at: 2))
    }

    /// The standard library's own check is the reference, over every pair of first two bytes.
    @Test func takesTheUTF8ThatTheStandardLibraryTakes() {
        var differing: [[UInt8]] = []
        for first in UInt8(0x80)...0xFF {
            for second in UInt8(0x80)...0xFF {
                for tail in [[], [0x80], [0x80, 0xBF], [0xC0, 0x80]] as [[UInt8]] {
                    let bytes = [first, second] + tail
                    let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
                    let quoted = [0x22] + bytes + [0x22]
                    if isUTF8 != (Self.fault(quoted) == nil) { differing.append(bytes) }
                }
            }
        }
        #expect(differing == [])
    }

    @Test(arguments: [("[", "]"), (#"{"a":"#, "}")])
    func nestingEndsAtTheLimit(opening: String, closing: String) {
        func nested(_ depth: Int) -> [UInt8] {
            let inner = opening == "[" ? "" : "1"
            let text = String(repeating: opening, count: depth) + inner
            return Array((text + String(repeating: closing, count: depth)).utf8)
        }
        #expect(JSONScanner.maximumDepth == 128)
        #expect(Self.fault(nested(128)) == nil)
        let offset = 128 * opening.utf8.count
        #expect(Self.fault(nested(129)) == JSONFault(.nestedTooDeep, at: offset))
        #expect(Self.fault(nested(100_000)) == JSONFault(.nestedTooDeep, at: offset))
    }

    @Test func tokensPointIntoTheText() throws {
        let text = Array(#" {"a" : [-1.0e5, "x\n", null], "": true} "#.utf8)
        var scanner = JSONScanner()
        var tokens: [JSONToken] = []
        while let token = try scanner.next(in: text.span) { tokens.append(token) }
        #expect(
            tokens == [
                .beginObject(at: 1),
                .name(JSONToken.Quoted(range: 2..<5, hasEscapes: false)),
                .beginArray(at: 8),
                .number(9..<15),
                .string(JSONToken.Quoted(range: 17..<22, hasEscapes: true)),
                .literal(24..<28),
                .endArray(at: 28),
                .name(JSONToken.Quoted(range: 31..<33, hasEscapes: false)),
                .literal(35..<39),
                .endObject(at: 39),
            ])
        #expect(scanner.depth == 0)
        #expect(try scanner.next(in: text.span) == nil)
    }

    @Test func everyCutOfATextIsAFaultAtItsEnd() {
        let text = Array(#"{"a":[-1.5e3,"xä\u00e4\uD83D\uDE00",null,true,false],"b":{}}"#.utf8)
        for length in text.indices {
            let fault = Self.fault(Array(text[..<length]))
            #expect(
                [.unexpectedEnd, .invalidUTF8, .loneSurrogate].contains(fault?.reason),
                "cut at \(length)")
        }
        #expect(Self.fault(text) == nil)
    }
}
