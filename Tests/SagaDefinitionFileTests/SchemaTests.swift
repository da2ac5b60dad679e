import Foundation
import SagaModel
import SagaSystem
import Testing
import Yams

@testable import SagaDefinitionFile

/// The JSON Schema against the reader: what the reader takes is valid by the schema, and what the
/// schema lets pass though the reader refuses it is known, text by text.
@Suite struct SchemaTests {
    /// What JSON Schema cannot say, or what is not there any more once the text is read.
    private static let inexpressible: Set<String> = [
        // YAML's own words and tags, and keys that are written twice.
        step("after: [no]"), step("input: {1: input#}"),
        step("when: {ref: input#, equals: yes}"), step("when: {ref: input#, equals: 0x10}"),
        step("when: {ref: input#, equals: Null}"), step("when: {ref: input#, equals: [~]}"),
        step("when: {ref: input#, equals: [2020-01-01]}"),
        step("when: {ref: input#, equals: !!set {a}}"),
        // What names steps.
        step("input: {a: inptu#}"),
    ]

    /// Rules about several fields or several steps, by their place in the table.
    private static let rulesInexpressible: Set<Int> = [4, 7, 8, 11, 13, 14, 18, 21, 24, 30]

    private static func step(_ fields: String) -> String { DefinitionFileFaultTests.step(fields) }

    private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every definition file of the tests and examples, sound or not, that is YAML or JSON.
    private static func texts() throws -> [String] {
        let example = repository.appending(path: "Examples/OrderFulfillment/order.yaml")
        let sound =
            [OrderFile.yaml, OrderFile.json, OrderFile.everything]
            + DefinitionFileTests.comparisons.map { DefinitionFileTests.comparing($0.0) }
            + [try String(contentsOf: example, encoding: .utf8)]
        let drawn = try (1...200 as ClosedRange<UInt64>).map { seed in
            var maker = DefinitionMaker(random: SeededNumbers(state: seed))
            return DefinitionFile.write(try maker.definition())
        }
        return sound + drawn + boundaries.map(step)
            + DefinitionFileFaultTests.stepFaults.map { step($0.0) }
            + RuleFaultTests.rules.map(\.text)
            + (DefinitionFileFaultTests.fileFaults + DefinitionFileFaultTests.jsonFaults)
            .map(\.0)
    }

    /// Fields at the edge of what is right, of a step with the handler `c.d`.
    private static let boundaries = [
        "delay: 0s", "delay: 0d0h", "delay: 3650d", "delay: 1d2h3m4s5ms", "delay: 5m5ms",
        "timeouts: {startToClose: 1ms, heartbeat: 0s1ms}", "timeouts: {}", "retry: {}",
        "retry: {maxAttempts: 1, multiplier: 1, jitter: 1}", "retry: {jitter: 0.0}",
        "retry: {multiplier: 2.5e0, initial: 1ms, max: 1ms}",
        "retry: {nonRetryableCodes: []}", "after: []", "input: {}", "input: input#/a~0~1//",
        "input: {\"\": \"input#\", \"a b\": \"input#/x y\"}", "pivot: true",
        "pivot: true, compensation: none, onFailure: compensate",
        "onFailure: continue, compensation: handler",
        "when: {ref: \"input#/\", equals: [1, {a: null}]}", "when: {ref: input#, exists: false}",
    ]

    @Test func theReaderAndTheSchemaAgree() async throws {
        var texts: [String] = []
        var documents: [String] = []
        for text in try Self.texts() {
            guard case .document(let document) = YAMLDocument.read(text, isJSON: false) else {
                continue
            }
            texts.append(text)
            documents.append(Self.json(document.root))
        }
        let verdicts = try await Self.validate(documents)
        try #require(verdicts.count == texts.count)
        var passed: Set<String> = []
        for (text, verdict) in zip(texts, verdicts) {
            let faults = DefinitionFileFaultTests.faults(text)
            if faults.isEmpty {
                #expect(verdict == nil, "the reader takes this:\n\(text)")
            } else if verdict == nil {
                passed.insert(text)
            }
        }
        let rules = RuleFaultTests.rules.map(\.text)
        let passedRules = Set(rules.indices.filter { passed.contains(rules[$0]) })
        #expect(passedRules.sorted() == Self.rulesInexpressible.sorted())
        passed.subtract(rules)
        let unknown = passed.subtracting(Self.inexpressible).sorted()
        #expect(unknown.isEmpty, "the reader refuses these: \(unknown.joined(separator: "\n\n"))")
        let expressed = Self.inexpressible.subtracting(passed).sorted()
        #expect(expressed.isEmpty, "the schema refuses these: \(expressed)")
        #expect(Self.boundaries.allSatisfy { DefinitionFileFaultTests.faults(Self.step($0)) == "" })
    }

    /// What the schema finds by itself: a file in an editor is red where the reader refuses it.
    @Test(arguments: [
        ("compensation: handler, pivot: true", "steps[0].compensation"),
        ("onFailure: continue, pivot: true", "steps[0].onFailure"),
        ("timeouts: {startToClose: 0s}", "steps[0].timeouts.startToClose"),
        ("delay: 5 s", "steps[0].delay"), ("retry: {jitter: 1.5}", "steps[0].retry.jitter"),
        ("input: x", "steps[0].input"), ("foo: 1", "steps[0]"),
    ])
    func placesOfFaults(fields: String, place: String) async throws {
        guard
            case .document(let document) = YAMLDocument.read(Self.step(fields), isJSON: false)
        else {
            Issue.record("not YAML")
            return
        }
        let verdicts = try await Self.validate([Self.json(document.root)])
        #expect(verdicts.first??.hasPrefix("$.\(place): ") == true, "\(verdicts)")
    }

    @Test func aSecondPivotAndAChildsTimeoutsAreFound() async throws {
        let verdicts = try await Self.validate([
            """
            {"name": "a", "version": 1, "steps": [{"name": "b", "handler": "c.d", "pivot": true},
             {"name": "e", "handler": "c.d", "pivot": true}]}
            """,
            """
            {"name": "a", "version": 1, "steps": [{"name": "b", "saga": "c@2",
             "timeouts": {"heartbeat": "1s"}}]}
            """,
            """
            {"name": "a", "version": 1, "steps": [{"name": "b", "saga": "c@2",
             "timeouts": {"scheduleToClose": "1s"}}]}
            """,
        ])
        #expect(verdicts.map { $0 == nil } == [false, false, true])
    }

    // MARK: -

    /// The document in JSON, with words that only YAML 1.1 takes for something else as texts.
    private static func json(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar):
            switch scalar.kind(taggedAs: node.tagName) {
            case .boolean: return scalar.string
            case .number where DefinitionReader.isJSONNumber(scalar.string): return scalar.string
            case .null: return "null"
            case .text, .number, .oldBoolean, .other: return DefinitionReader.quoted(scalar.string)
            }
        case .sequence(let sequence):
            return "[" + sequence.map(json).joined(separator: ",") + "]"
        case .mapping(let mapping):
            let members = mapping.map { key, value in
                "\(DefinitionReader.quoted(key.scalar?.string ?? "?")):\(json(value))"
            }
            return "{" + members.joined(separator: ",") + "}"
        case .alias: return "null"
        }
    }

    /// What is wrong with each document; nil for a valid one.
    private static func validate(_ documents: [String]) async throws -> [String?] {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (schema, input) = (folder.appending(path: "schema"), folder.appending(path: "input"))
        let (output, error) = (folder.appending(path: "output"), folder.appending(path: "error"))
        try DefinitionFile.schema.write(to: schema, atomically: true, encoding: .utf8)
        try "[\(documents.joined(separator: ",\n"))]"
            .write(to: input, atomically: true, encoding: .utf8)
        let python = repository.appending(path: "Tests/.venv/bin/python")
        try #require(
            FileManager.default.isExecutableFile(atPath: python.path),
            "Tests/run.sh makes \(python.path) from Tests/requirements.txt")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "validate.py")
        let child = try ChildProcess(
            .init(
                python.path, [script.path, schema.path, input.path],
                environment: ["LD_PRELOAD": "", "_STDBUF_O": "", "PYTHONDONTWRITEBYTECODE": "1"],
                output: .file(output.path), error: .file(error.path)))
        let status = try await child.ended()
        let complaint = try String(contentsOf: error, encoding: .utf8)
        try #require(status == .exited(0), "\(complaint)")
        let printed = try Data(contentsOf: output)
        return try JSONDecoder().decode([String?].self, from: printed)
    }
}
