import Foundation
import SagaProcesses
import SagaSystem
import Testing

/// Settings: flags before the environment, the environment before the file, the file before
/// defaults; what is wrong is told where it stands.
@Suite(.timeLimit(.minutes(3))) struct ConfigurationTests {
    private struct Run {
        let status: ChildProcess.Status?
        let output: String
        let error: String
    }

    /// Runs `sagad` with a file, which is there as `sagad.yaml` in the folder.
    private func run(
        _ arguments: [String], file: String? = nil, environment: [String: String] = [:],
        in folder: TestFolder
    ) async throws -> Run {
        var arguments = arguments
        if let file {
            let path = folder.file("sagad.yaml")
            try file.write(toFile: path, atomically: true, encoding: .utf8)
            arguments += ["--config", path]
        }
        let child = try ChildProcess(
            .init(
                try Programs.sagad, arguments,
                environment: Programs.cleanEnvironment.merging(environment) { $1 },
                output: .file(folder.file("output")), error: .file(folder.file("error"))))
        let status = try await child.ended(within: .seconds(30))
        return Run(
            status: status,
            output: try String(contentsOfFile: folder.file("output"), encoding: .utf8),
            error: try String(contentsOfFile: folder.file("error"), encoding: .utf8))
    }

    /// Settings as `sagad config --json` gives them, by their keys.
    private func settings(
        _ arguments: [String] = [], file: String? = nil, environment: [String: String] = [:],
        in folder: TestFolder
    ) async throws -> [String: [String: Any]] {
        let run = try await run(
            ["config", "--json"] + arguments, file: file, environment: environment, in: folder)
        #expect(run.status == .exited(0), "\(run.error)")
        var rows: [String: [String: Any]] = [:]
        for line in run.output.split(separator: "\n") {
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            rows[try #require(row?["key"] as? String)] = row
        }
        return rows
    }

    @Test func whatIsStronger() async throws {
        let folder = try TestFolder()
        let file = """
            # All four are set here.
            dataDir: /file
            connection:
              idle: 7m
              age: 3h
            listen: [127.0.0.1:1, "unix:/x"]
            archive: false
            log: {level: debug}
            """
        let rows = try await settings(
            ["--connection-idle", "9m"], file: file,
            environment: [
                "SAGAD_CONNECTION_IDLE": "8m", "SAGAD_CONNECTION_AGE": "4h",
                "SAGAD_METRICS_LISTEN": "none",
            ], in: folder)
        func expect(
            _ key: String, _ values: [String], _ source: String, line: Int? = nil
        ) {
            #expect(rows[key]?["values"] as? [String] == values, "\(key)")
            #expect(rows[key]?["source"] as? String == source, "\(key)")
            #expect(rows[key]?["line"] as? Int == line, "\(key)")
        }
        expect("connection.idle", ["9m"], "flag")
        expect("connection.age", ["4h"], "environment")
        expect("metrics.listen", ["none"], "environment")
        expect("dataDir", ["/file"], "file", line: 2)
        expect("listen", ["127.0.0.1:1", "unix:/x"], "file", line: 6)
        expect("archive", ["false"], "file", line: 7)
        expect("log.level", ["debug"], "file", line: 8)
        expect("connection.grace", ["5m"], "default")
        expect("archive.retention", ["30d"], "default")
        #expect(rows["dataDir"]?["file"] as? String == folder.file("sagad.yaml"))
    }

    /// A list of a stronger place takes the place of a weaker one's.
    @Test func listsAreNotMixed() async throws {
        let folder = try TestFolder()
        let rows = try await settings(
            ["--listen", "127.0.0.1:2"], file: "listen: 127.0.0.1:1",
            environment: ["SAGAD_LISTEN": "127.0.0.1:3,127.0.0.1:4"], in: folder)
        #expect(rows["listen"]?["values"] as? [String] == ["127.0.0.1:2"])
    }

    @Test func namesFollowOneRule() async throws {
        let folder = try TestFolder()
        for (key, row) in try await settings(in: folder) {
            let words = key.split(separator: ".").map {
                $0.replacing(/[A-Z]/) { "-" + $0.0.lowercased() }
            }.joined(separator: "-")
            #expect(row["flag"] as? String == "--" + words)
            let variable = "SAGAD_" + words.uppercased().replacing("-", with: "_")
            #expect(row["variable"] as? String == variable)
        }
    }

    @Test func forPeople() async throws {
        let folder = try TestFolder()
        let run = try await run(
            ["config", "--log-level", "debug"], file: "dataDir: /data",
            environment: ["SAGAD_METRICS_LISTEN": "none"], in: folder)
        #expect(run.status == .exited(0), "\(run.error)")
        for (key, value, source) in [
            ("dataDir", "/data", folder.file("sagad.yaml") + ":1"),
            ("log.level", "debug", "--log-level"),
            ("metrics.listen", "none", "SAGAD_METRICS_LISTEN"),
            ("listen", "127.0.0.1:7242", "default"),
        ] {
            let line = run.output.split(separator: "\n").first { $0.hasPrefix(key + " ") }
            let words = line?.split(separator: " ").map(String.init)
            #expect(words == [key, value, source])
        }
    }

    /// What is wrong in a file: one line a fault, with the line, the rule, and what was meant.
    @Test(
        arguments: [
            ("conection: {idle: 5m}", [":1: unknown key conection; did you mean connection"]),
            (
                "dataDir: /x\nconnection: {idel: 5m}",
                [":2: unknown key connection.idel", "connection.idle?"]
            ),
            ("x: 1\ny: 2", [":1: unknown key x", ":2: unknown key y"]),
            ("connection: {idle: soon}", [":1: connection.idle: ", "soon", "--connection-idle"]),
            (
                "connection: {idle: 5s}",
                [":1: connection.idle: ", "must be below --connection-idle"]
            ),
            ("log: {level: loud}", [":1: log.level: ", "loud"]),
            ("dataDir: [a, b]", [":1: dataDir takes one value"]),
            ("dataDir:", [":1: dataDir has no value"]),
            ("dataDir: a\ndataDir: b", ["dataDir is there twice"]),
            ("archive: maybe", [":1: archive: ", "--archive"]),
            ("dataDir: {a: b}", [":1: dataDir takes one value, and no mapping"]),
            ("- a", [":1: a mapping of settings is wanted"]),
            ("a: [b", [":2:", "expected"]),
            ("restored: true", [":1: unknown key restored"]),
        ] as [(String, [String])])
    func wrongFiles(_ file: String, _ parts: [String]) async throws {
        let folder = try TestFolder()
        for command in [["config"], ["--listen", "127.0.0.1:0", "--data-dir", folder.path]] {
            let run = try await run(command, file: file, in: folder)
            #expect(run.status == .exited(78), "\(run)")
            #expect(run.output.isEmpty)
            for part in parts { #expect(run.error.contains(part), "\(run.error)") }
            for line in run.error.split(separator: "\n") {
                #expect(line.hasPrefix("sagad: error: \(folder.file("sagad.yaml")):"), "\(line)")
            }
        }
    }

    @Test func wrongPlaces() async throws {
        let folder = try TestFolder()
        var run = try await run(["config", "--config", folder.file("none")], in: folder)
        #expect(run.status == .exited(78))
        #expect(run.error.contains(folder.file("none")))
        run = try await self.run(
            ["config"], environment: ["SAGAD_LOG_LEVL": "debug"], in: folder)
        #expect(run.status == .exited(78))
        #expect(run.error.contains("SAGAD_LOG_LEVL is no setting; did you mean SAGAD_LOG_LEVEL?"))
        run = try await self.run(["config"], environment: ["SAGAD_LOG_LEVEL": "x"], in: folder)
        #expect(run.status == .exited(78))
        #expect(run.error.hasPrefix("sagad: error: SAGAD_LOG_LEVEL: "), "\(run.error)")
        // What is wrong on the command line itself stays a wrong flag.
        run = try await self.run(["config", "--log-level", "x"], in: folder)
        #expect(run.status == .exited(64))
    }

    /// SIGHUP takes the log level over, and names what else has changed.
    @Test func reload() async throws {
        let folder = try TestFolder()
        let file = folder.file("sagad.yaml")
        func write(_ text: String) throws {
            try text.write(toFile: file, atomically: true, encoding: .utf8)
        }
        try write("log: {level: warning}\nconnection: {idle: 7m}\n")
        var configuration = try Programs.coordinator(in: folder)
        configuration.flags += ["--config", file]
        let daemon = try CoordinatorProcess.start(configuration)
        defer { daemon.child.sendToGroup(SIGKILL) }
        func log() throws -> String {
            try String(contentsOfFile: folder.file("data.log"), encoding: .utf8)
        }
        func logged(_ text: String) async throws -> Bool {
            for _ in 0..<200 {
                if try log().contains(text) { return true }
                try await Task.sleep(for: .milliseconds(50))
            }
            return false
        }
        #expect(try !log().contains("serving"))
        try write("log: {level: notice}\nconnection: {idle: 8m}\nmaxWatchers: 7\n")
        daemon.child.send(SIGHUP)
        #expect(try await logged("msg=\"log level set\" threshold=notice"))
        #expect(
            try await logged(
                "msg=\"settings have changed that need a restart\" "
                    + "settings=connection.idle,maxWatchers"))
        try write("log: {level: loud}\n")
        daemon.child.send(SIGHUP)
        #expect(try await logged("msg=\"settings not reloaded, the old ones stay\""))
        #expect(try log().contains("\(file):1: log.level"))
    }
}
