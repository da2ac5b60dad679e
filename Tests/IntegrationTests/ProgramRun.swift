import Foundation
import SagaSystem

/// What a program left behind.
struct ProgramRun {
    /// Nil if it had to be ended because it took too long.
    let status: ChildProcess.Status?
    let output: String
    let error: String

    /// Both outputs.
    var text: String { output + error }

    /// The lines of the standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Runs a program until it ends, for a minute at most.
    init(_ program: String, _ arguments: [String]) async throws {
        let folder = try TestFolder()
        var environment = Programs.cleanEnvironment
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        // buf keeps what it needs again below the home folder.
        environment["HOME"] = folder.path
        let child = try ChildProcess(
            .init(
                program, arguments, environment: environment,
                output: .file(folder.file("output")), error: .file(folder.file("error"))))
        status = try await child.ended(within: .seconds(60))
        output = try Self.text(folder.file("output"))
        error = try Self.text(folder.file("error"))
    }

    /// A file as text; a program may show bytes of a server that are none.
    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
