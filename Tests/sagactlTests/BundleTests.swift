import ArgumentParser
import Foundation
import SagaModel
import Testing

@testable import sagactl

/// One file with what support needs.
@Suite struct BundleTests {
    private static func files(of tar: URL) throws -> [String: String] {
        let folder = tar.deletingPathExtension()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/tar")
        process.arguments = ["-xf", tar.path, "-C", folder.path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let base = folder.appending(path: "sagactl-bundle")
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: base.path) {
            files[name] = try String(contentsOf: base.appending(path: name), encoding: .utf8)
        }
        return files
    }

    private func bundle(
        _ more: [String], _ coordinator: FakeCoordinator
    ) async throws -> [String: String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let tar = folder.appending(path: "b.tar")
        let paper = Paper()
        let verb = try #require(
            try Sagactl.parseAsRoot(["bundle", tar.path] + more) as? any sagactl.Verb)
        #expect(try await verb.perform(coordinator, paper.screen()) == .done)
        #expect(paper.error.hasPrefix("\(tar.path): "))
        let mode = try FileManager.default.attributesOfItem(atPath: tar.path)
        #expect(mode[.posixPermissions] as? Int == 0o600)
        return try Self.files(of: tar)
    }

    @Test func tarReadsWhatIsInIt() async throws {
        let coordinator = FakeCoordinator { state in
            state.sagas = [Fixture.undone]
            state.list.rows = [
                TableDrawingTests.row(.running, key: "K", step: "a", since: .zero)
            ]
        }
        let files = try await bundle([], coordinator)
        #expect(
            files.keys.sorted() == [
                "attention.jsonl", "definitions.jsonl", "doctor.jsonl", "handlers.jsonl",
                "instances.jsonl", "live.jsonl", "saga-\(Fixture.undone.id).jsonl",
                "status.jsonl",
            ])
        #expect(files["status.jsonl"]?.contains(#""version":"0.1.0""#) == true)
        #expect(files["live.jsonl"]?.contains(#""key":"K""#) == true)
        #expect(coordinator.asked.last == "get \(Fixture.id) with history")
    }

    @Test func payloadsComeOnlyWhenAskedFor() async throws {
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.undone] }
        _ = try await bundle(["--saga", "order/K", "--payloads"], coordinator)
        #expect(coordinator.asked.last == "get order/K with history with payloads")
    }

    @Test func aFileThatCannotBeWrittenIsNamed() async throws {
        let verb = try #require(
            try Sagactl.parseAsRoot(["bundle", "/nowhere/b.tar"]) as? any sagactl.Verb)
        let complaint = await #expect(throws: Complaint.self) {
            _ = try await verb.perform(FakeCoordinator(), Paper().screen())
        }
        #expect(complaint?.exit == .cannotCreate)
        #expect(complaint?.lines.first?.hasPrefix("cannot write /nowhere/b.tar: ") == true)
    }

    @Test func filesOfAnyLengthStandInBlocks() {
        var tar = TarFile(modifiedAt: 0)
        for length in [0, 1, 511, 512, 513] {
            tar.add("f\(length)", [UInt8](repeating: 0x78, count: length))
        }
        #expect(tar.finished.count == (5 + 0 + 1 + 1 + 1 + 2 + 2) * 512)
    }
}
