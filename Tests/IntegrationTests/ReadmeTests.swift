import Foundation
import SagaSystem
import Testing

/// What README prints is there, and works as printed.
@Suite struct ReadmeTests {
    private let readme: ReadmeText

    init() throws {
        readme = ReadmeText(
            try String(contentsOf: Shell.root.appending(path: "README.md"), encoding: .utf8))
    }

    @Test func participantIsTheExampleByteForByte() throws {
        let example = try String(
            contentsOf: Shell.root.appending(path: "Examples/FirstParticipant/main.swift"),
            encoding: .utf8)
        #expect(readme.blocks("swift").first?.text == example)
    }

    /// Whoever copies it types at most 25 lines beside the bank.
    @Test func participantIsShort() throws {
        let block = try #require(readme.blocks("swift").first)
        let lines = block.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let start = try #require(lines.firstIndex { $0.hasPrefix("actor Bank") })
        let end = try #require(lines[start...].firstIndex { $0 == "}" })
        let bank = end - start + 1
        #expect(bank <= 25)
        #expect(lines.count - bank <= 25)
    }

    @Test func linksLeadToFiles() {
        let links = readme.links.filter { !$0.hasPrefix("https://") }
        #expect(links.count >= 3)
        for link in links {
            let path = Shell.root.appending(path: link).path
            #expect(FileManager.default.fileExists(atPath: path), "\(link)")
        }
    }

    /// All commands in their order, with the files that the text asks to save; only the command
    /// that runs this test is left out, and what a release build would make is taken from the debug
    /// build.
    @Test func commandsWorkAsPrinted() async throws {
        let folder = try Shell.Folder()
        let copy = try folder.copyOfRepository(named: "saga")
        for block in readme.blocks("yaml") + readme.blocks("json") {
            let name = try #require(block.fileName, "no name for a file in \(block.kind)")
            try block.text.write(
                to: copy.appending(path: name), atomically: true, encoding: .utf8)
        }
        let run = try await Shell.run(
            script, in: copy, folder,
            environment: [
                "QUICKSTART_CONFIGURATION": "debug", "TMPDIR": try folder.folder("tmp").path,
            ])
        #expect(run.status == .exited(0), "\(run.output)")
        for expected in [
            "All four ended as they should", "order/ORD-1042  COMPLETED in ",
            #"{"id":"charge-"#,
        ] {
            #expect(run.output.contains(expected), "no \(expected) in \(run.output)")
        }
        // What registering prints is the same everywhere, also the digest.
        let shown = try #require(readme.blocks("text").first?.text.split(separator: "\n").first)
        #expect(run.output.contains(shown), "no \(shown) in \(run.output)")
        let manifest = try String(
            contentsOf: folder.url.appending(path: "payments/Package.swift"), encoding: .utf8)
        #expect(manifest.contains(#".package(path: "../saga")"#), "\(manifest)")
        #expect(manifest.contains(#".product(name: "Saga", package: "saga")"#), "\(manifest)")
        #expect(try folder.processes().isEmpty)
    }

    private var script: String {
        var lines = [
            "set -euxo pipefail", "export LC_ALL=C.UTF-8",
            // The commands use the port that is the default: one run at a time.
            "exec 9</tmp", "flock 9",
            "trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT",
        ]
        let release = ".build-release/release"
        #expect(readme.commands.contains { $0.contains(release) })
        #expect(readme.commands.contains { $0.hasPrefix("Tests/run.sh ") })
        for command in readme.commands where !command.hasPrefix("Tests/run.sh ") {
            lines.append(command.replacing(release, with: ".build/debug"))
            guard command.hasPrefix("sagad ") else { continue }
            // A person does not type the next command before this one has started.
            lines.append("until sagactl status; do kill -0 $!; sleep 0.05; done")
        }
        return lines.joined(separator: "\n")
    }
}
