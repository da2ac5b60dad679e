import Foundation
import GRDB
import Saga
import SagaModel
import SagaProcesses
import SagaSystem
import Testing

/// Backups of a real daemon under load: whole or not there, and what can be made of them.
@Suite(.serialized, .timeLimit(.minutes(6))) struct BackupTests {
    private static let rounds = 20
    private static let sagas = 60

    private func sagactl(_ world: OrderWorld, _ arguments: [String]) async throws -> ProgramRun {
        try await ProgramRun(
            try Programs.built("sagactl"), ["--address", world.address] + arguments)
    }

    /// Runs a daemon in a directory that must refuse it: its status and what it said.
    private func refusal(_ directory: String, _ flags: [String] = []) async throws -> ProgramRun {
        try await ProgramRun(
            try Programs.sagad,
            [
                "--data-dir", directory, "--listen", "127.0.0.1:0", "--metrics-listen", "none",
                "--allow-volatile",
            ] + flags)
    }

    /// What SQLite itself says of a copied archive.
    private func integrity(of directory: String) throws -> [String] {
        let queue = try DatabaseQueue(path: directory + "/archive.sqlite")
        defer { try? queue.close() }
        return try queue.read { db in try String.fetchAll(db, sql: "PRAGMA integrity_check") }
    }

    /// Expects a backup to be whole, by all that can be asked of its files.
    private func check(_ directory: String) async throws {
        let verified = try await ProgramRun(
            try Programs.built("sagactl"), ["journal", "verify", "--json", directory])
        #expect(verified.status == .exited(0), "\(verified)")
        #expect(try integrity(of: directory) == ["ok"])
        let refused = try await refusal(directory)
        #expect(refused.status == .exited(73), "\(refused)")
        #expect(refused.error.contains("is a backup; start it with --restored"))
    }

    /// Expects a backup that was cut short to start in no way.
    private func checkUnfinished(_ partial: String) async throws {
        let mark = try? String(contentsOfFile: partial + "/backup.json", encoding: .utf8)
        if mark?.contains("position") == true {
            // Only its name was wanting, which it gets last.
            try await check(partial)
            return
        }
        for flags in [[], ["--restored"]] {
            // The mark is there from its first moment on, but for that one.
            guard mark != nil || !flags.isEmpty else { continue }
            let refused = try await refusal(partial, flags)
            #expect(refused.status == .exited(73), "\(flags) \(refused)")
            #expect(
                refused.error.contains(mark == nil ? "no journal" : "cut short"), "\(refused)")
        }
    }

    /// Starts from a backup, looks at it, and ends it.
    private func restore(_ directory: String) async throws {
        let configuration = CoordinatorProcess.Configuration(
            program: try Programs.sagad, dataDirectory: directory,
            flags: ["--allow-volatile", "--restored"], environment: Programs.cleanEnvironment)
        let restored = try CoordinatorProcess.start(configuration)
        #expect(restored.epoch >> 32 > 1_700_000_000 && restored.epoch & 0xFFFF_FFFF == 1)
        let status = try await ProgramRun(
            try Programs.built("sagactl"), ["--address", restored.address, "status"])
        #expect(status.output.contains("epoch \(restored.epoch >> 32).1"), "\(status)")
        #expect(!status.output.contains("aside"), "\(status)")
        try restored.kill()
        // It is no backup any more.
        #expect(!FileManager.default.fileExists(atPath: directory + "/backup.json"))
        var plain = configuration
        plain.flags = ["--allow-volatile"]
        let again = try CoordinatorProcess.start(plain)
        #expect(again.epoch == restored.epoch + 1)
        try again.kill()
        let verified = try await ProgramRun(
            try Programs.built("sagactl"), ["journal", "verify", directory])
        #expect(verified.status == .exited(0), "\(verified)")
    }

    private func modes(_ directory: String) throws -> [Int?] {
        let files = FileManager.default
        return try
            ([directory]
            + files.subpathsOfDirectory(atPath: directory)
            .map { "\(directory)/\($0)" }).map { path in
                try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
    }

    @Test("A backup under load is whole, private, and starts with --restored only")
    func underLoad() async throws {
        var random = SeededGenerator(for: "backupUnderLoad")
        try await OrderWorld.with { world in
            world.attach()
            try await world.startSagas("before", count: 40, using: &random).value
            let starts = world.startSagas("during", count: 400, using: &random)
            let directory = world.folder.file("backup")
            let made = try await sagactl(world, ["backup", directory])
            #expect(made.status == .exited(0), "\(made)")
            #expect(made.output.contains("up to position"))
            try await starts.value
            #expect(try modes(directory).allSatisfy { $0 == 0o600 || $0 == 0o700 })
            #expect(try modes(directory).first == 0o700)
            try await check(directory)
            try await restore(directory)
            // Refused, each with its reason; nothing is left of it.
            let refused: [(String, String)] = [
                (directory, "is not empty"), ("backup", "no absolute path"),
                (world.dataDirectory + "/backup", "is in the data directory"),
                (world.folder.file("none") + "/backup", "make it first"),
            ]
            for (path, message) in refused {
                let run = try await sagactl(world, ["backup", path])
                #expect(run.status == .exited(1) && run.error.contains(message), "\(run)")
            }
            try await world.checkAll("seed \(random.seed)")
        }
    }

    @Test("Whenever the daemon is killed, a copy that is not whole is never taken for one")
    func killed() async throws {
        var random = SeededGenerator(for: "backupKilled")
        try await OrderWorld.with { world in
            world.attach()
            var whole = 0
            var cut = 0
            let files = FileManager.default
            for round in 1...Self.rounds {
                let directory = world.folder.file("backup-\(round)")
                let starts = world.startSagas("\(round)", count: Self.sagas, using: &random)
                let sagactl = try ChildProcess(
                    .init(
                        try Programs.built("sagactl"),
                        ["--address", world.address, "backup", directory],
                        environment: Programs.cleanEnvironment, output: .discarded,
                        error: .appended(world.folder.file("sagactl.log"))))
                // Some at once, most in the middle, some when all is done.
                try await eventually(within: .seconds(30)) {
                    files.fileExists(atPath: directory + ".partial")
                        || files.fileExists(atPath: directory)
                }
                let moment = Int.random(in: 0..<2_500, using: &random)
                let end = ContinuousClock.now + .milliseconds(moment)
                while .now < end, sagactl.status == nil {
                    try await Task.sleep(for: .milliseconds(1))
                }
                try await world.kill()
                _ = try await sagactl.ended(within: .seconds(30))
                if files.fileExists(atPath: directory) {
                    whole += 1
                    try await check(directory)
                    try await restore(directory)
                } else {
                    cut += 1
                    try await checkUnfinished(directory + ".partial")
                }
                try await world.start()
                if !files.fileExists(atPath: directory), round % 5 == 0 {
                    // What was left is no obstacle to the next one.
                    let made = try await self.sagactl(world, ["backup", directory])
                    #expect(made.status == .exited(0), "\(made)")
                    try await check(directory)
                }
                for path in [directory, directory + ".partial"] {
                    try? files.removeItem(atPath: path)
                }
                try await starts.value
            }
            #expect(whole > 0 && cut > 0, "\(whole) whole, \(cut) cut, seed \(random.seed)")
            try await world.checkAll("seed \(random.seed)")
        }
    }

    @Test("Restored beside stores that had gone on: no effect twice, and nobody is locked out")
    func storesWentOn() async throws {
        var random = SeededGenerator(for: "backupStores")
        try await OrderWorld.with { world in
            world.attach()
            try await world.startSagas("a", count: 300, using: &random).value
            let directory = world.folder.file("backup")
            let made = try await sagactl(world, ["backup", directory])
            #expect(made.status == .exited(0), "\(made)")
            // The stores know how all of them ended; the backup does not.
            try await world.checkAll("before the restore, seed \(random.seed)")
            try await world.kill()
            let restored = try await world.start(in: directory, flags: ["--restored"])
            #expect(restored.epoch >> 32 > 0)
            try await world.checkAll("restored, seed \(random.seed)")
            try await world.startSagas("b", count: 100, using: &random).value
            try await world.checkAll("behind the restore, seed \(random.seed)")
            // Another life of the restored one, without the flag.
            try await world.kill()
            try await world.start(in: directory)
            try await world.startSagas("c", count: 20, using: &random).value
            try await world.checkAll("a life later, seed \(random.seed)")
        }
    }

    /// Waits until the coordinator's status is as wanted.
    private func wait(
        _ world: OrderWorld, until isReached: (EngineStatus) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !isReached(try await world.client.coordinatorStatus().engine) {
            try #require(.now < deadline)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("A copy made by hand is refused by who has met the original; both sides say so")
    func handMadeCopy() async throws {
        var random = SeededGenerator(for: "handMadeCopy")
        try await OrderWorld.with { world in
            world.attach()
            try await world.startSagas("a", count: 10, using: &random).value
            try await world.checkAll("before the copy")
            try await world.kill()
            let original = world.dataDirectory
            let copy = world.folder.file("copy")
            try FileManager.default.copyItem(atPath: original, toPath: copy)
            let met = try await world.start()
            try await wait(world) { $0.sessions == 3 }
            try await world.kill()
            // The copy begins a life of the very same number.
            let behind = try await world.start(in: copy)
            #expect(behind.epoch == met.epoch)
            try await wait(world) { $0.epochBehind.count == 3 }
            let status = try await sagactl(world, ["status"])
            #expect(status.output.contains("has met another life of epoch \(met.epoch)"))
            #expect(status.output.contains("start it once with --restored"), "\(status)")
            #expect(try world.log.contains("epoch_behind"))
            #expect(try await world.client.coordinatorStatus().engine.sessions == 0)
            // What status says to do.
            try await world.kill()
            let restored = try await world.start(in: copy, flags: ["--restored"])
            #expect(restored.epoch >> 32 > 0)
            try await world.startSagas("b", count: 10, using: &random).value
            try await world.checkAll("restored, seed \(random.seed)")
            // Now it is the original that is behind.
            try await world.kill()
            try await world.start(in: original)
            try await wait(world) { $0.epochBehind.count == 3 }
        }
    }

    @Test("A wiped directory is another journal: stores keep both apart, and serve both")
    func wiped() async throws {
        var random = SeededGenerator(for: "wipedDirectory")
        try await OrderWorld.with { world in
            world.attach()
            try await world.startSagas("a", count: 20, using: &random).value
            try await world.checkAll("before, seed \(random.seed)")
            try await world.kill()
            let original = world.dataDirectory
            let wiped = try world.folder.folder("wiped")
            let other = try await world.start(in: wiped)
            #expect(other.epoch == 1)
            try await world.register()
            try await world.startSagas("b", count: 20, using: &random).value
            try await world.checkAll("in the other journal, seed \(random.seed)", round: "b")
            #expect(try await world.client.coordinatorStatus().engine.epochBehind.isEmpty)
            try await world.kill()
            try await world.start(in: original)
            try await world.startSagas("c", count: 20, using: &random).value
            try await world.checkAll("back again, seed \(random.seed)", round: "c")
            try await world.checkAll("what was before, seed \(random.seed)", round: "a")
        }
    }

    @Test("A backup whose caller goes away leaves nothing behind")
    func givenUp() async throws {
        try await OrderWorld.with { world in
            let files = FileManager.default
            let directory = world.folder.file("backup")
            let sagactl = try ChildProcess(
                .init(
                    try Programs.built("sagactl"),
                    ["--address", world.address, "backup", directory],
                    environment: Programs.cleanEnvironment, output: .discarded,
                    error: .discarded))
            try await eventually(within: .seconds(30)) {
                files.fileExists(atPath: directory + ".partial")
            }
            let second = try await self.sagactl(world, ["backup", world.folder.file("second")])
            #expect(second.status == .exited(1), "\(second)")
            #expect(second.error.contains("a backup is being made already"))
            sagactl.sendToGroup(SIGKILL)
            _ = try await sagactl.ended()
            try await eventually(within: .seconds(30)) {
                !files.fileExists(atPath: directory + ".partial")
            }
            #expect(!files.fileExists(atPath: directory))
            let made = try await self.sagactl(world, ["backup", directory])
            #expect(made.status == .exited(0), "\(made)")
        }
    }
}
