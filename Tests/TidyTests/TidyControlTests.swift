import Foundation
import Testing

/// Each rule finds what it exists to find, and leaves alone what looks like it.
@Suite struct TidyControlTests {
    @Test(arguments: [
        ("SagaEngine", "internal import SagaModel", []),
        ("SagaEngine", "internal import DequeModule", []),
        ("SagaEngine", "internal import Foundation", ["1: SagaEngine may not import Foundation"]),
        ("SagaEngine", "internal import SagaJournal", ["1: SagaEngine may not import SagaJournal"]),
        ("SagaModel", "package import SagaEngine", ["1: SagaModel may not import SagaEngine"]),
        ("Saga", "public import SagaModel", []),
        ("Saga", "@_exported public import SagaModel", []),
        ("Saga", "internal import SagaEngine", ["1: Saga may not import SagaEngine"]),
        ("Saga", "internal import struct SagaEngine.Turn", ["1: Saga may not import SagaEngine"]),
        ("SagaRPC", "\nimport SagaHTTP2", ["2: import SagaHTTP2 has no access level"]),
        (
            "SagaRPC", "@preconcurrency import SagaHTTP2",
            ["1: import SagaHTTP2 has no access level"]
        ),
        ("SagaRPC", "internal import CNghttp2", ["1: SagaRPC may not import CNghttp2"]),
        ("SagaModel", "// import Foundation\nlet text = \"import Foundation\"", []),
        ("Nameless", "internal import SagaModel", ["1: Nameless may not import SagaModel"]),
    ])
    func imports(target: String, text: String, expected: [String]) {
        #expect(ImportRules.faults(in: text, of: target) == expected)
    }

    @Test func importTableWithoutARow() {
        #expect(ImportRules.unknownTargets(["SagaModel", "Nameless"]).count == 1)
    }

    @Test func importTableIsALadder() {
        for (target, modules) in ImportRules.allowed {
            for module in modules {
                let back = ImportRules.allowed[module]?.contains(target) ?? false
                #expect(!back, "\(target) and \(module) import each other")
            }
        }
    }

    @Test func lengths() {
        let lines = { (count: Int) in String(repeating: "x\n", count: count) }
        #expect(LengthRules.fileFaults(in: lines(500)) == [])
        #expect(LengthRules.fileFaults(in: lines(501)) == ["501 lines; at most 500"])
        let wide = String(repeating: "x", count: 100)
        #expect(LengthRules.lineFaults(in: "\n\(wide)\n") == [])
        #expect(LengthRules.lineFaults(in: "\n\(wide)x\n") == ["2: 101 columns; at most 100"])
    }

    @Test(arguments: [
        "func f() {", "    init?(a: Int) {", "deinit {", "subscript(a: Int) -> Int {",
        "var a: Int {", "func f(\n    a: () -> Int = { 1 }\n) throws(Fault) -> [Int] {",
    ])
    func functionLengths(opening: String) {
        let long = { (count: Int) in
            let rest = count - opening.split(separator: "\n").count - 1
            return "struct A {\n\(opening)\n" + String(repeating: "g {}\n", count: rest) + "}\n}\n"
        }
        #expect(LengthRules.functionFaults(in: long(70)) == [])
        #expect(
            LengthRules.functionFaults(in: long(71)) == ["2: function of 71 lines; at most 70"])
    }

    @Test func functionLengthsOfRequirements() {
        let requirements = String(repeating: "func f(a: Int) -> Int\n", count: 80)
        #expect(LengthRules.functionFaults(in: "protocol P {\n\(requirements)}\n") == [])
        let calls = String(repeating: "self.init(a)\nlet brace = \"{\" // {\n", count: 80)
        #expect(LengthRules.functionFaults(in: calls) == [])
    }

    @Test(arguments: [
        ("SagaModel", "unsafe f()", ["1: SagaModel may not be unsafe"]),
        ("SagaModel", "nonisolated(unsafe) var a = 1", ["1: SagaModel may not be unsafe"]),
        ("SagaModel", "// unsafe\nlet a = \"unsafe\"\nUnsafePointer()", []),
        ("SagaSystem", "unsafe f()", ["1: unsafe without a // SAFETY: line above"]),
        ("SagaSystem", "// SAFETY: it lives\nlet a =\n    unsafe f()", []),
        (
            "SagaSystem", "// SAFETY: it lives\n\nunsafe f()",
            ["3: unsafe without a // SAFETY: line above"]
        ),
        ("SagaSystem", "// SAFETY:\nunsafe f()", ["2: unsafe without a // SAFETY: line above"]),
    ])
    func unsafe(target: String, text: String, expected: [String]) {
        #expect(WordRules.unsafeFaults(in: text, of: target) == expected)
    }

    @Test(arguments: [
        ("SagaEngine", "default: return", 1),
        ("SagaHTTP2", "    default:\n", 1),
        ("SagaHTTP2", "    default:  // ", 1),
        ("SagaHTTP2", "    default:  // open set: frame types to come", 0),
        ("SagaRPC", "let text = \"\"\"\n    default:\n    \"\"\"", 0),
        ("SagaRPC", "a[b, default: 1]", 0),
        ("sagactl", "default: return", 0),
    ])
    func defaults(target: String, text: String, expected: Int) {
        #expect(WordRules.defaultFaults(in: text, of: target).count == expected)
    }

    @Test(arguments: [
        ("let now = Date()", 1), ("let now = ContinuousClock.now", 1),
        ("let jitter = Int.random(in: 0..<5)", 1), ("func step() async {", 1),
        ("for key in keys.shuffled() {", 1), ("// Date() async", 0),
        ("random.next(); effects.dispatch(task); startDate; self.await(call)", 0),
    ])
    func engine(text: String, expected: Int) {
        #expect(WordRules.engineFaults(in: text).count == expected)
    }

    @Test func unfinishedWorkAndNames() {
        #expect(WordRules.unfinishedFaults(in: "a\n// " + "TO" + "DO: b").count == 1)
        #expect(WordRules.unfinishedFaults(in: "// FIX" + "ME").count == 1)
        #expect(WordRules.unfinishedFaults(in: "TODOS and todo").isEmpty)
        #expect(WordRules.nameFaults(of: "TimerManager.swift").count == 1)
        #expect(WordRules.nameFaults(of: "StringUtilities+A.swift").count == 1)
        #expect(WordRules.nameFaults(of: "Timer.swift").isEmpty)
    }

    @Test(arguments: [
        ("package struct A {", 1), ("/// A.\npackage struct A {", 0),
        ("/// A.\n@frozen\npublic enum A {", 0), ("@frozen\npublic enum A {", 1),
        ("/// A.\n\npublic var a: Int", 1), ("    private(set) public var a: Int", 1),
        ("    public private(set) var a: Int", 1), ("    static package func f()", 1),
        ("@_lifetime(borrow a) package func f()", 1), ("public import SagaModel", 0),
        ("var a: Int", 0), ("// A.\npublic let a = 1", 1),
        ("let a = \"\"\"\n    public x\n\"\"\"", 0),
        ("/// A.\npublic let a = 1\npublic let b = 2", 1),
    ])
    func documentation(text: String, expected: Int) {
        #expect(DocumentationRule.faults(in: text).count == expected)
    }

    @Test(arguments: [
        ("message A { B b = 1; } message B { string a = 1; }", []),
        ("message A { A a = 1; }", ["p.A -> p.A"]),
        ("message A { repeated A a = 1; }", ["p.A -> p.A"]),
        ("message A { map<string, A> a = 1; }", ["p.A -> p.A"]),
        ("message A { oneof x { string s = 1; A a = 2 [deprecated = true]; } }", ["p.A -> p.A"]),
        (
            "message A { message C { p.A a = 1; } enum E { E_UNSPECIFIED = 0; } C c = 1; }",
            ["p.A -> p.A.C -> p.A", "p.A.C -> p.A -> p.A.C"]
        ),
        ("message A { message B { int32 a = 1; } B b = 1; } message B { A a = 1; }", []),
        (
            "message A { .p.B b = 1; } message B { A a = 1; }",
            ["p.A -> p.B -> p.A", "p.B -> p.A -> p.B"]
        ),
        (
            "message A { google.protobuf.Struct a = 1; }",
            ["p.A -> google.protobuf.Struct, which is recursive"]
        ),
        ("message A { reserved 2; /* A a = 1; */ } // message A { A a = 1; }", []),
        (
            "service S { rpc F(A) returns (A) { option (x) = {}; } } message A { A a = 1; }",
            ["p.A -> p.A"]
        ),
    ])
    func recursion(text: String, expected: [String]) {
        #expect(ProtoRules.recursions(in: ["syntax = \"proto3\"; package p;\n" + text]) == expected)
    }

    @Test func recursionOverFiles() {
        let one = "package p; message A { q.B b = 1; }"
        let other = "package q; message B { p.A a = 1; }"
        #expect(ProtoRules.recursions(in: [one, other]).count == 2)
    }

    @Test func pageThatLeavesSomethingOut() {
        let proto = """
            // Has message X.
            message A {
              oneof kind {
                B two_words = 1;  // c = 2
              }
              map<string, string> pairs = 3;
            }
            enum TheKind {
              THE_KIND_UNSPECIFIED = 0;
              THE_KIND_ONE = 1;
            }
            """
        #expect(
            ContractRules.unnamed(in: [proto], by: "two_words")
                == ["A.two_words", "A.pairs", "TheKind.ONE"])
        #expect(ContractRules.unnamed(in: [proto], by: "# pairs\n`two_words` ONE `TWO`").count == 1)
        #expect(ContractRules.unnamed(in: [proto], by: "# pairs\n`a{two_words}` or `ONE`").isEmpty)
    }

    @Test func codeWithoutCommentsAndStrings() {
        let text = "a /* b /* c */ d */ e // f\n#\"g\"h\"# \"i \\(j(\"k\")) l\\\" m\" n"
        let words = SwiftText(text).code.map { $0.split(separator: " ") }
        #expect(words == [["a", "e"], ["n"]])
        #expect(SwiftText(text).lines.joined(separator: "\n") == text)
    }

    @Test func toolsReportFailure() async throws {
        #expect(
            try await ToolRun.run(["sh", "-c", "echo a; echo b >&2; exit 3"]).output == "a\nb\n")
        #expect(try await ToolRun.run(["sh", "-c", "exit 3"]).status == 3)
        #expect(try await ToolRun.run(["sh", "-c", "kill -TERM $$"]).status == 128 + 15)
        #expect(try await ToolRun.run(["no-such-program"]).status == 127)
    }

    @Test(arguments: [
        ("a.swift", "struct a{}\n", ["swift", "format", "lint", "--strict", "a.swift"]),
        ("a.sh", "#!/bin/sh\necho $1\n", ["shellcheck", "a.sh"]),
        ("a.proto", "syntax = \"proto3\";\nmessage a {}\n", ["BUF", "lint"]),
    ])
    func toolsFindFaults(name: String, text: String, arguments: [String]) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appending(path: name))
        let buf = SourceTree.root.appending(path: "Tests/.venv/bin/buf").path
        let run = try await ToolRun.run(arguments.map { $0 == "BUF" ? buf : $0 }, in: folder)
        #expect(run.status != 0)
        #expect(run.output.contains(name), "\(run.output)")
    }
}
