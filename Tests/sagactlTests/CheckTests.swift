import ArgumentParser
import Foundation
import SagaDefinitionFile
import SagaModel
import Testing

@testable import sagactl

/// `register --check` and `--schema`, which need no coordinator.
@Suite struct CheckTests {
    /// Where nobody listens: whoever asks there fails with 69.
    private static let nowhere = ["--address", "127.0.0.1:1", "--color", "never"]

    private func withFile<Result>(
        _ text: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "\(UUID().uuidString).yaml")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await body(file.path)
    }

    private static func checked(_ json: Bool = false) throws -> String {
        // The definition of the README, whose digest is the one that a coordinator gave.
        let definition = SagaDefinition(
            name: "order", version: 1,
            steps: [StepDefinition(name: "charge", work: .handler("payments.charge"))])
        let paper = Paper()
        try Register.parse(["x.yaml", "--check"])
            .showChecked(definition, paper.screen(isJSON: json))
        return paper.output
    }

    @Test func soundDefinitionsAreToldWithTheirDigest() throws {
        #expect(
            try Self.checked()
                == "order v1 has no faults: 1 step, digest a6e16ce655a2; not registered\n")
        #expect(
            try Self.checked(true).hasPrefix(
                #"{"definition":{"name":"order","version":1},"digest":"puFs5lWi"#))
    }

    @Test func aPivotIsNamed() throws {
        var definition = SagaDefinition(
            name: "order", version: 3,
            steps: ["a", "b"].map { StepDefinition(name: $0, work: .handler("c.d")) })
        definition.steps[1].isPivot = true
        let paper = Paper()
        try Register.parse(["x.yaml", "--check"]).showChecked(definition, paper.screen())
        #expect(paper.output.hasPrefix("order v3 has no faults: 2 steps, pivot b, digest "))
    }

    @Test func withoutADaemon() async throws {
        let sound = "name: a\nversion: 1\nsteps: [{ name: b, handler: c.d }]\n"
        try await withFile(sound) { file in
            let arguments = Self.nowhere + ["register", file, "--check"]
            let right = await #expect(
                processExitsWith: .success, observing: [\.standardOutputContent]
            ) { [arguments = arguments as [String]] in
                await Sagactl.main(arguments)
            }
            let output = String(decoding: right?.standardOutputContent ?? [], as: UTF8.self)
            #expect(output.contains("a v1 has no faults: 1 step, digest "))
        }
        let faulty = sound.replacing("version", with: "vresion").replacing("c.d", with: "c")
        try await withFile(faulty) { file in
            let arguments = Self.nowhere + ["register", file, "--check"]
            let wrong = await #expect(
                processExitsWith: .exitCode(65), observing: [\.standardErrorContent]
            ) { [arguments = arguments as [String]] in
                await Sagactl.main(arguments)
            }
            let error = String(decoding: wrong?.standardErrorContent ?? [], as: UTF8.self)
            let lines = error.split(separator: "\n").map(String.init)
            #expect(
                lines.suffix(3) == [
                    "\(file):2:1: error: unknown key vresion; did you mean version?",
                    "\(file):3:29: error: step b: handler \"c\" is not a handler's name; write two "
                        + "to four names joined by dots, e.g. payments.charge",
                    "2 errors, nothing registered",
                ])
        }
    }

    @Test func theSchemaIsPrintedAsItIs() async throws {
        let run = await #expect(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) {
            await Sagactl.main(["register", "--schema"])
        }
        let output = String(decoding: run?.standardOutputContent ?? [], as: UTF8.self)
        #expect(output.contains(DefinitionFile.schema))
        #expect(DefinitionFile.schema.hasSuffix("}\n"))
    }
}
