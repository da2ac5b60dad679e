import Foundation
import SagaSystem

/// Scripts run as a person would type them.
enum Shell {
    /// The repository these tests were built from: three folders above this file.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What a script left behind.
    struct Run {
        let status: ChildProcess.Status
        /// Both outputs, in the order of their writing.
        let output: String
    }

    /// A folder that goes when nobody needs it any more. It stands beside the build, on a disk that
    /// a journal may live on.
    final class Folder: Sendable {
        let url: URL

        init() throws {
            url = Shell.root.appending(path: ".build/shell-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(at: url)
        }

        /// A folder in it.
        func folder(_ name: String) throws -> URL {
            let folder = url.appending(path: name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return folder
        }

        /// A copy of the repository made of links: what a script makes in its top folder, or beside
        /// it, is not made in the repository.
        func copyOfRepository(named name: String) throws -> URL {
            let copy = try folder(name)
            let entries = try FileManager.default.contentsOfDirectory(atPath: Shell.root.path)
            for entry in entries where entry != ".git" {
                try FileManager.default.createSymbolicLink(
                    at: copy.appending(path: entry),
                    withDestinationURL: Shell.root.appending(path: entry))
            }
            return copy
        }

        /// A folder for PATH with all programs of Debian but some, and with scripts of the test's
        /// own.
        func programs(
            without missing: Set<String> = [], with scripts: [String: String] = [:]
        ) throws -> URL {
            let programs = try folder("programs")
            for name in try FileManager.default.contentsOfDirectory(atPath: "/usr/bin")
            where !missing.contains(name) && scripts[name] == nil {
                try FileManager.default.createSymbolicLink(
                    atPath: programs.appending(path: name).path,
                    withDestinationPath: "/usr/bin/\(name)")
            }
            for (name, text) in scripts {
                let script = programs.appending(path: name)
                // Written by another process: a program that this one starts meanwhile would hold
                // the file open for writing for a moment, and then nobody can run it (ETXTBSY).
                let status = try ChildProcess(
                    ChildProcess.Command(
                        "/bin/sh",
                        [
                            "-c", #"printf '%s\n' '#!/bin/sh' "$1" >"$2" && chmod 755 "$2""#, "sh",
                            text, script.path,
                        ])
                ).wait()
                guard status == .exited(0) else { throw CocoaError(.fileWriteUnknown) }
            }
            return programs
        }

        /// The command lines of processes that name the folder.
        func processes() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc")
                .filter { Int($0) != nil }
                // A process may end while we look.
                .compactMap { FileManager.default.contents(atPath: "/proc/\($0)/cmdline") }
                .map { String(decoding: $0, as: UTF8.self) }
                .filter { $0.contains(url.path) }
        }
    }

    /// Runs a script with bash and waits for its end; after five minutes it is ended.
    static func run(
        _ script: String, in directory: URL, _ folder: Folder,
        environment: [String: String] = [:]
    ) async throws -> Run {
        let output = folder.url.appending(path: "output-\(UUID().uuidString)").path
        let child = try ChildProcess(
            ChildProcess.Command(
                "/usr/bin/timeout",
                [
                    "--kill-after=10", "300", "/bin/bash", "-c",
                    "cd \"$0\"; exec 2>&1\n\(script)", directory.path,
                ],
                environment: environment, output: .file(output), error: .file(output + ".timeout")))
        let status = try await child.ended()
        return Run(status: status, output: try String(contentsOfFile: output, encoding: .utf8))
    }
}
