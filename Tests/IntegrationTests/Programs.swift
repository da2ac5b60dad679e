import Foundation
import SagaProcesses
import SagaSystem

/// The programs that the tests run.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static let tests = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()

    /// What `stdbuf`, which `Tests/run.sh` runs the tests with, leaves to all children.
    static let cleanEnvironment = ["LD_PRELOAD": "", "_STDBUF_O": ""]

    static var sagad: String { get throws { try built("sagad") } }

    /// A program of this package, which stands beside the program of the tests.
    static func built(_ name: String) throws -> String {
        let folder = Bundle.main.executableURL?.resolvingSymlinksInPath()
            .deletingLastPathComponent()
        guard let path = folder?.appending(path: name).path,
            FileManager.default.isExecutableFile(atPath: path)
        else { throw Missing(description: "\(name) is not built; build it with: swift build") }
        return path
    }

    static var python: String { get throws { try inEnvironment("python") } }

    /// A program of the tests' own Python environment.
    static func inEnvironment(_ name: String) throws -> String {
        let path = tests.appending(path: ".venv/bin/\(name)").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(
                description: "\(path) is missing; Tests/run.sh makes it from requirements.txt")
        }
        return path
    }

    /// A program of the machine.
    static func installed(_ name: String, package: String) throws -> String {
        for folder in ["/usr/bin", "/bin"] {
            let path = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw Missing(description: "\(name) is missing; install the package \(package)")
    }

    /// How to run a daemon over a folder's `data`, at an address that no other test takes a port
    /// of.
    static func coordinator(
        in folder: TestFolder, wrapper: [String] = []
    ) throws -> CoordinatorProcess.Configuration {
        let host = (0..<3).map { _ in "\(Int.random(in: 1...254))" }.joined(separator: ".")
        return CoordinatorProcess.Configuration(
            program: try sagad, dataDirectory: try folder.folder("data"),
            listen: "127.\(host):0", flags: ["--allow-volatile"],
            environment: cleanEnvironment, wrapper: wrapper)
    }
}

extension ChildProcess {
    /// Waits for its end; one that takes longer is killed, with what it started, and that is nil.
    func ended(within limit: Duration) async throws -> Status? {
        let late = Task {
            try await Task.sleep(for: limit)
            sendToGroup(SIGKILL)
            return true
        }
        let status = try await ended()
        late.cancel()
        return (try? await late.value) == true ? nil : status
    }
}
