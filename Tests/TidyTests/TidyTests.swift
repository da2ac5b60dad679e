import Foundation
import Testing

/// The rules of the house, on the tree as it is; `TidyControlTests` shows that each can fail.
@Suite struct TidyTests {
    private func faults(
        in files: [SourceTree.File], by rule: (SourceTree.File) -> [String]
    ) -> [String] {
        #expect(!files.isEmpty, "no files in \(SourceTree.root.path)")
        return files.flatMap { file in rule(file).map { "\(file.path):\($0)" } }
    }

    private func expectNone(_ faults: [String]) {
        // Not `#expect(faults.isEmpty)`, which would print the list twice.
        guard !faults.isEmpty else { return }
        Issue.record("\(faults.count) faults\n\(faults.joined(separator: "\n"))")
    }

    @Test func everyTargetHasARowInTheImportTable() throws {
        let targets = try SourceTree.targets()
        #expect(targets.contains("SagaModel"))
        expectNone(ImportRules.unknownTargets(targets))
    }

    @Test func importsGoOneWayWithAnAccessLevel() throws {
        expectNone(
            faults(in: try SourceTree.sources()) {
                ImportRules.faults(in: $0.text, of: $0.target ?? "")
            })
    }

    @Test func filesFunctionsAndLinesAreShort() throws {
        expectNone(
            faults(in: try SourceTree.sources()) {
                LengthRules.fileFaults(in: $0.text) + LengthRules.functionFaults(in: $0.text)
                    + LengthRules.lineFaults(in: $0.text)
            })
    }

    @Test func unsafeIsWhereItMayBeAndSaysWhy() throws {
        expectNone(
            faults(in: try SourceTree.sources()) {
                WordRules.unsafeFaults(in: $0.text, of: $0.target ?? "", path: $0.path)
            })
    }

    @Test func machinesSwitchOverEveryCase() throws {
        expectNone(
            faults(in: try SourceTree.sources()) {
                WordRules.defaultFaults(in: $0.text, of: $0.target ?? "")
            })
    }

    @Test func engineDependsOnItsInputsOnly() throws {
        let engine = try SourceTree.sources().filter { $0.target == "SagaEngine" }
        expectNone(faults(in: engine) { WordRules.engineFaults(in: $0.text) })
    }

    @Test func visibleDeclarationsAreDocumented() throws {
        expectNone(faults(in: try SourceTree.sources()) { DocumentationRule.faults(in: $0.text) })
    }

    @Test func filesHaveAHomeAndNothingIsUnfinished() throws {
        let files = try SourceTree.files(
            below: ["Sources", "Tests", "Examples", "Protos"],
            extensions: ["swift", "c", "h", "proto", "sh", "py", "md"]
        ).filter { !$0.name.contains(".pb-c.") }  // generated from protos, some of them others'
        expectNone(
            faults(in: files) {
                WordRules.nameFaults(of: $0.name) + WordRules.unfinishedFaults(in: $0.text)
            })
    }

    @Test func noMessageContainsItself() throws {
        let protos = try SourceTree.files(below: ["Protos"], extensions: ["proto"])
        #expect(!protos.isEmpty, "no .proto files in Protos")
        expectNone(ProtoRules.recursions(in: protos.map(\.text)))
    }

    @Test func wireContractNamesAllOfIt() throws {
        let protos = try ["participant_service", "outcome"].map {
            try String(
                contentsOf: SourceTree.root.appending(path: "Protos/saga/v1/\($0).proto"),
                encoding: .utf8)
        }
        let page = try String(
            contentsOf: SourceTree.root.appending(
                path: "Sources/Saga/Saga.docc/ParticipantProtocol.md"), encoding: .utf8)
        expectNone(ContractRules.unnamed(in: protos, by: page))
    }
}

/// What other programs say of the tree.
@Suite struct TidyToolTests {
    private func expectClean(_ arguments: [String], in folder: String = "") async throws {
        let directory = SourceTree.root.appending(path: folder)
        try #require(
            FileManager.default.fileExists(atPath: directory.path), "\(folder) is missing")
        let run = try await ToolRun.run(arguments, in: directory)
        #expect(run.status == 0, "\(arguments.joined(separator: " ")):\n\(run.output)")
    }

    @Test func swiftFormatFindsNothing() async throws {
        try await expectClean(
            ["swift", "format", "lint", "--strict", "--recursive"]
                + ["Sources", "Tests", "Examples", "Package.swift"])
    }

    @Test func bufFindsNothing() async throws {
        let buf = SourceTree.root.appending(path: "Tests/.venv/bin/buf").path
        try #require(
            FileManager.default.isExecutableFile(atPath: buf),
            "Tests/.venv has no buf; Tests/run.sh makes it from Tests/requirements.txt")
        try await expectClean([buf, "lint"], in: "Protos")
    }

    @Test func generatedCodeIsCurrent() async throws {
        let script = SourceTree.root.appending(path: "Protos/generate.sh").path
        try #require(
            FileManager.default.isExecutableFile(atPath: script),
            "Protos/generate.sh is missing or not executable")
        try await expectClean([script, "--check"])
    }

    @Test func shellcheckFindsNothing() async throws {
        let scripts = try SourceTree.files(
            below: ["Tests", "Examples", "Protos"], extensions: ["sh"])
        #expect(scripts.contains { $0.path == "Tests/run.sh" })
        try await expectClean(["shellcheck", ".ci/run"] + scripts.map(\.path))
    }
}
