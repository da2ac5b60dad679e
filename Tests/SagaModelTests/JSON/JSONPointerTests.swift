import SagaModel
import Testing

@Suite struct JSONPointerTests {
    private func cut(_ pointer: String, from text: String) throws -> String? {
        let bytes = Array(text.utf8)
        return try JSONPointer(parsing: pointer).find(in: bytes.span)
            .map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The document and the table of RFC 6901, section 5.
    @Test(arguments: [
        ("/foo", #"["bar", "baz"]"#),
        ("/foo/0", #""bar""#),
        ("/foo/1", #""baz""#),
        ("/", "0"),
        ("/a~1b", "1"),
        ("/c%d", "2"),
        ("/e^f", "3"),
        ("/g|h", "4"),
        ("/i\\j", "5"),
        ("/k\"l", "6"),
        ("/ ", "7"),
        ("/m~0n", "8"),
    ])
    func followsTheStandardsTable(pointer: String, expected: String) throws {
        let document = #"""
            {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4,
             "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8}
            """#
        #expect(try cut(pointer, from: document) == expected)
        #expect(try cut("", from: document) == document)
    }

    @Test(arguments: [
        ("", " 1 ", "1"),
        ("", " [1, 2] ", "[1, 2]"),
        ("/a/b", #"{"x":{"a":{"b":0}},"a":{"c":1,"b":{ "d" : 2.50 }}}"#, "{ \"d\" : 2.50 }"),
        ("/a/b/d", #"{"x":{"a":{"b":0}},"a":{"c":1,"b":{ "d" : 2.50 }}}"#, "2.50"),
        ("/amount", #"{"amount":12345678901234567890.10}"#, "12345678901234567890.10"),
        ("/s", #"{"s":"\u0061\/"}"#, #""\u0061\/""#),
        ("/ä", #"{"\u00e4":true}"#, "true"),
        ("/2/1", "[[0,1],[2,3],[4,5]]", "5"),
        ("/1/0", "[[0,1],[[2],3],[4,5]]", "[2]"),
        ("/10", "[0,1,2,3,4,5,6,7,8,9,10]", "10"),
        ("/1/a", #"[{"a":0},{"a":1},{"a":2}]"#, "1"),
        ("/0", #"{"0":"name"}"#, #""name""#),
        ("/01", #"{"01":1}"#, "1"),
        ("/-", #"{"-":1}"#, "1"),
        ("/a/1/a", #"{"a":["x",{"b":{"a":0},"a":7}]}"#, "7"),
    ])
    func cutsTheValueAsItStands(pointer: String, text: String, expected: String) throws {
        #expect(try cut(pointer, from: text) == expected)
    }

    @Test(arguments: [
        ("/a", "1"), ("/a", "[1]"), ("/0", "1"), ("/1", "[1]"), ("/-", "[1]"), ("/01", "[1,2]"),
        ("/", "[1]"), ("/+1", "[1,2]"), ("/99999999999999999999", "[1]"), ("/a", #"{"b":1}"#),
        ("/a/b", #"{"a":1,"b":2}"#), ("/a/b", #"{"a":{},"b":2}"#), ("/a/b", #"{"a":[],"b":2}"#),
        ("/a", #"{"x":{"a":1}}"#), ("/0/1", "[[0],[1,2]]"), ("/a/0", #"{"a":[],"b":[1]}"#),
        ("/a", #"{"aa":1,"A":2}"#), ("/a", "[]"), ("/a", "{}"), ("/1", #"[{"1":0}]"#),
    ])
    func findsNothingThatIsNotThere(pointer: String, text: String) throws {
        #expect(try cut(pointer, from: text) == nil)
    }

    @Test(arguments: [
        ("/a", #"{"a":1"#, JSONFault(.unexpectedEnd, at: 6)),
        ("/a", #"{"a":1} x"#, JSONFault(.unexpectedByte, at: 8)),
        ("/a", #"{"a":1,"b":{"c":1,"c":2}}"#, JSONFault(.duplicateMember, at: 18)),
        ("/x", #"{"a":1,"a":2}"#, JSONFault(.duplicateMember, at: 7)),
    ])
    func aFaultAnywhereIsAFault(pointer: String, text: String, expected: JSONFault) {
        #expect(throws: expected) { try cut(pointer, from: text) }
    }

    @Test(arguments: [
        ("a", JSONPointer.Fault.missingSlash),
        (" /a", JSONPointer.Fault.missingSlash),
        ("~1", JSONPointer.Fault.missingSlash),
        ("/~", JSONPointer.Fault.invalidEscape),
        ("/a~2", JSONPointer.Fault.invalidEscape),
        ("/~~0", JSONPointer.Fault.invalidEscape),
    ])
    func refusesWhatIsNoPointer(text: String, expected: JSONPointer.Fault) {
        #expect(throws: expected) { try JSONPointer(parsing: text) }
    }

    @Test func escapesAreResolvedInOrder() throws {
        #expect(
            try JSONPointer(parsing: "/~01/~10/").components
                == ["~1", "/0", ""].map { Array($0.utf8) })
        #expect(try JSONPointer(parsing: "").components == [])
    }
}
