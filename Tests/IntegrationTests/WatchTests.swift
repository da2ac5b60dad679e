import Foundation
import SagaProcesses
import SagaSystem
import Testing

/// `sagactl watch` against the real daemon: over its restarts, and to the end that a person gives
/// it.
@Suite(.timeLimit(.minutes(2))) struct WatchTests {
    private struct World {
        let folder: TestFolder
        let configuration: CoordinatorProcess.Configuration

        init() throws {
            folder = try TestFolder()
            configuration = try Programs.coordinator(in: folder)
            let definition = """
                name: order
                version: 1
                steps:
                  - { name: charge, handler: payments.charge }

                """
            try Data(definition.utf8).write(to: URL(filePath: folder.file("order.yaml")))
            try Data("{}".utf8).write(to: URL(filePath: folder.file("input.json")))
        }

        func sagactl(_ daemon: CoordinatorProcess, _ arguments: [String]) async throws {
            let run = try await ProgramRun(
                try Programs.built("sagactl"), ["--address", daemon.address] + arguments)
            try #require(run.status == .exited(0), "\(run)")
        }

        func start(_ daemon: CoordinatorProcess, _ key: String) async throws {
            try await sagactl(
                daemon, ["start", "order", "--key", key, "--input", folder.file("input.json")])
        }

        /// Starts a watch whose outputs are files of this name.
        func watch(
            _ daemon: CoordinatorProcess, _ name: String, _ arguments: [String]
        ) throws -> ChildProcess {
            try ChildProcess(
                .init(
                    try Programs.built("sagactl"),
                    ["--address", daemon.address, "watch"] + arguments,
                    environment: Programs.cleanEnvironment,
                    output: .file(folder.file("\(name).out")),
                    error: .file(folder.file("\(name).err"))))
        }

        func text(_ file: String) -> String {
            let bytes = try? Data(contentsOf: URL(filePath: folder.file(file)))
            return String(decoding: bytes ?? Data(), as: UTF8.self)
        }

        /// Waits until a watch has shown so many lines.
        func lines(_ name: String, _ count: Int) async throws -> [String] {
            while true {
                let lines = text("\(name).out").split(separator: "\n").map(String.init)
                if lines.count >= count { return lines }
                try await Task.sleep(for: .milliseconds(20))
            }
        }

        /// Ends a watch as ^C does; gives what it said on stderr.
        func interrupt(_ watch: ChildProcess, _ name: String) async throws -> String {
            watch.send(SIGINT)
            #expect(try await watch.ended(within: .seconds(20)) == .exited(0))
            return text("\(name).err")
        }
    }

    @Test("It shows each event once, over a restart of the daemon and a watch of its own")
    func oneAfterTheOther() async throws {
        let world = try World()
        var daemon = try CoordinatorProcess.start(world.configuration)
        try await world.sagactl(daemon, ["register", world.folder.file("order.yaml")])
        let first = try world.watch(daemon, "first", ["--definition", "order", "--from", "oldest"])
        try await world.start(daemon, "A")
        let shown = try await world.lines("first", 2)
        #expect(shown[0].hasSuffix("order/A  SagaStarted"), "\(shown)")
        #expect(shown[1].hasSuffix("order/A  StepStarted  charge"), "\(shown)")
        // At the same address, so that the watch finds it again by itself.
        try daemon.kill()
        var again = world.configuration
        again.listen = daemon.address
        daemon = try CoordinatorProcess.start(again)
        try await world.start(daemon, "B")
        let more = try await world.lines("first", 4)
        #expect(more.count == 4 && more[2].hasSuffix("order/B  SagaStarted"), "\(more)")
        let said = try await world.interrupt(first, "first")
        #expect(said.contains("connection lost"), "\(said)")
        let line = try #require(said.split(separator: "\n").last)
        let prefix = "to go on from here: sagactl watch --definition order --from "
        try #require(line.hasPrefix(prefix), "\(said)")
        try await world.start(daemon, "C")
        let cursor = String(line.dropFirst(prefix.count))
        let second = try world.watch(daemon, "second", ["--from", cursor, "--json"])
        let rest = try await world.lines("second", 2)
        #expect(rest.count == 2 && rest.allSatisfy { $0.contains(#""key":"C""#) }, "\(rest)")
        _ = try await world.interrupt(second, "second")
        #expect(try daemon.stop() == .exited(0))
    }

    @Test("What cannot be watched is told with the exit status that the help names")
    func refusals() async throws {
        let world = try World()
        let daemon = try CoordinatorProcess.start(world.configuration)
        let other = String(repeating: "A", count: 43)
        for (arguments, status, part) in [
            (["--from", other], 1, "cursor"), (["--kind", "none"], 64, "--kind"),
        ] as [([String], Int32, String)] {
            let run = try await ProgramRun(
                try Programs.built("sagactl"), ["--address", daemon.address, "watch"] + arguments)
            #expect(run.status == .exited(status), "\(run)")
            #expect(run.error.contains(part), "\(run)")
        }
        #expect(try daemon.stop() == .exited(0))
        let run = try await ProgramRun(
            try Programs.built("sagactl"), ["--address", daemon.address, "watch"])
        #expect(run.status == .exited(69), "\(run)")
    }
}
