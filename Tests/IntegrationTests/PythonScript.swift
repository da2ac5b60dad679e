import Foundation
import SagaSystem

/// A script of `Tests/InteropTests`, run by the tests' own Python.
struct PythonScript {
    private let path: String

    /// Names a script by its file.
    init(_ name: String) {
        path = Programs.tests.appending(path: "InteropTests/\(name)").path
    }

    /// Runs the script; its status is nil if it took too long.
    func run(
        _ arguments: [String]
    ) async throws -> (status: ChildProcess.Status?, output: String) {
        let folder = try TestFolder()
        let output = folder.file("output")
        var environment = Programs.cleanEnvironment
        environment["TMPDIR"] = folder.path
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        let child = try ChildProcess(
            .init(
                try Programs.python, [path] + arguments, environment: environment,
                output: .file(output), error: .appended(output)))
        let status = try await child.ended(within: .seconds(60))
        return (status, try String(contentsOfFile: output, encoding: .utf8))
    }
}
