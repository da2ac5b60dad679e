import Foundation
import SagaProcesses
import SagaSystem
import Testing

/// A daemon that cannot start says why in one line, how to mend it, and ends with the status for
/// it.
@Suite struct BadStartTests {
    /// Runs a daemon that must end by itself: its status and the lines of its stderr.
    private func run(
        _ flags: [String], wrapper: [String] = []
    ) async throws -> (status: ChildProcess.Status?, lines: [String]) {
        let folder = try TestFolder()
        let port = flags.contains("--metrics-listen") ? [] : ["--metrics-listen", "none"]
        let line = wrapper + [try Programs.sagad] + flags + port
        let child = try ChildProcess(
            .init(
                line[0], Array(line.dropFirst()), environment: Programs.cleanEnvironment,
                output: .file(folder.file("output")), error: .file(folder.file("error"))))
        let status = try await child.ended(within: .seconds(30))
        let output = try String(contentsOfFile: folder.file("output"), encoding: .utf8)
        #expect(output.isEmpty)
        let error = try String(contentsOfFile: folder.file("error"), encoding: .utf8)
        #expect(error.hasSuffix("\n"))
        return (status, error.split(separator: "\n").map(String.init))
    }

    /// Expects one line with these parts.
    private func expectOneLine(_ lines: [String], _ parts: [String]) {
        #expect(lines.count == 1)
        for part in parts {
            #expect(lines.first?.contains(part) == true, "\(part) is not in \(lines)")
        }
        #expect(lines.first?.hasPrefix("sagad: error: ") == true)
    }

    @Test func portInUse() async throws {
        let folder = try TestFolder()
        let other = try CoordinatorProcess.start(try Programs.coordinator(in: folder))
        let data = try folder.folder("more")
        let (status, lines) = try await run(
            ["--data-dir", data, "--listen", other.address, "--allow-volatile"])
        #expect(status == .exited(75))
        expectOneLine(lines, [other.address, "already in use", "--listen"])
        try other.kill()
    }

    @Test func portOfMetricsInUse() async throws {
        let folder = try TestFolder()
        var configuration = try Programs.coordinator(in: folder)
        configuration.metrics = configuration.listen
        let other = try CoordinatorProcess.start(configuration)
        let taken = try #require(other.metrics)
        let data = try folder.folder("more")
        let (status, lines) = try await run([
            "--data-dir", data, "--listen", configuration.listen, "--metrics-listen", taken,
            "--allow-volatile",
        ])
        #expect(status == .exited(75))
        expectOneLine(lines, [taken, "already in use", "--metrics-listen"])
        try other.kill()
    }

    @Test func dataDirectoryMissing() async throws {
        let folder = try TestFolder()
        let data = folder.file("none")
        let (status, lines) = try await run(["--data-dir", data, "--listen", "127.0.0.1:0"])
        #expect(status == .exited(73))
        expectOneLine(lines, [data, "does not exist", "mkdir -m 700 \(data)"])
    }

    @Test func dataDirectoryIsAFile() async throws {
        let folder = try TestFolder()
        let data = folder.file("file")
        try Data().write(to: URL(filePath: data))
        let (status, lines) = try await run(["--data-dir", data, "--listen", "127.0.0.1:0"])
        #expect(status == .exited(73))
        expectOneLine(lines, [data, "is not a directory"])
    }

    @Test func dataDirectoryNotWritable() async throws {
        let folder = try TestFolder()
        let data = try folder.folder("data", mode: 0o555)
        var wrapper: [String] = []
        if getuid() == 0 {
            // Without this capability root is bound by the rights of a directory as anybody is.
            wrapper = [
                try Programs.installed("setpriv", package: "util-linux"),
                "--bounding-set", "-dac_override", "--inh-caps", "-dac_override",
            ]
        }
        let (status, lines) = try await run(
            ["--data-dir", data, "--listen", "127.0.0.1:0", "--allow-volatile"], wrapper: wrapper)
        #expect(status == .exited(73))
        expectOneLine(lines, [data, "cannot be written", "check the rights"])
    }

    @Test func dataDirectoryHeldByAnotherDaemon() async throws {
        let folder = try TestFolder()
        let configuration = try Programs.coordinator(in: folder)
        let other = try CoordinatorProcess.start(configuration)
        let (status, lines) = try await run([
            "--data-dir", configuration.dataDirectory, "--listen", "127.0.0.1:0",
            "--allow-volatile",
        ])
        #expect(status == .exited(73))
        expectOneLine(
            lines, [configuration.dataDirectory, "in use by process \(other.identifier)"])
        try other.kill()
    }

    @Test(arguments: [
        ([], "--data-dir"),
        (["--data-dir"], "--data-dir"),
        (["--data-dir", "/tmp", "--lisen", "127.0.0.1:0"], "--listen"),
        (["--data-dir", "/tmp", "--listen", "nowhere"], "nowhere"),
        (["--data-dir", "/tmp", "--metrics-listen", "unix:/tmp/x"], "unix:/tmp/x"),
        (
            [
                "--data-dir", "/tmp", "--metrics-listen", "127.0.0.1:1", "--listen", "127.0.0.1:1",
            ], "is one of --listen"
        ),
        (["--data-dir", "/tmp", "--log-level", "loud"], "loud"),
        (["--data-dir", "/tmp", "extra"], "extra"),
        (["--data-dir", "/tmp", "--max-connections", "0"], "at least 1"),
    ])
    func wrongFlags(_ flags: [String], _ named: String) async throws {
        let (status, lines) = try await run(flags)
        #expect(status == .exited(64))
        expectOneLine(lines, [named, "sagad --help"])
    }

    @Test(arguments: [
        (["--http2-ping-flood", "200"], "--http2-ping-flood"),
        (["--http2-rapid-reset", "0,10"], "--http2-rapid-reset"),
        (["--http2-streams", "0"], "--http2-streams is 0; from 1 to 1000000"),
        (["--http2-stream-window", "32MiB"], "--http2-stream-window must not be above"),
        (["--connection-idle", "soon"], "--connection-idle"),
        (["--connection-idle", "5s"], "--connection-greeting must be below --connection-idle"),
        (["--connection-output-cap", "1GiB"], "--connection-output-cap"),
        (["--connection-output-cap", "64MiB"], "--connection-output-cap must be below"),
    ])
    func wrongLimits(_ flags: [String], _ named: String) async throws {
        let (status, lines) = try await run(["--data-dir", "/tmp"] + flags)
        #expect(status == .exited(64))
        expectOneLine(lines, [named, "sagad --help-hidden"])
    }

    /// Asked for more connections than there can be files, or left with next to none.
    @Test func tooFewFiles() async throws {
        let folder = try TestFolder()
        let data = try folder.folder("data")
        let prlimit = try Programs.installed("prlimit", package: "util-linux")
        for (limit, flags, parts) in [
            ("500:500", ["--max-connections", "1000"], ["1000 connections", "may have 500"]),
            ("80:80", [], ["64 connections", "may have 80"]),
        ] {
            let (status, lines) = try await run(
                ["--data-dir", data, "--listen", "127.0.0.1:0", "--allow-volatile"] + flags,
                wrapper: [prlimit, "--nofile=\(limit)"])
            #expect(status == .exited(78))
            expectOneLine(lines, parts + ["LimitNOFILE", "--max-connections to "])
        }
    }
}
