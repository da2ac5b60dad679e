import Foundation
import GRDB
import SagaProcesses
import SagaSystem
import Testing

/// The archive of a real daemon: killed whenever, deleted and damaged.
@Suite(.serialized, .timeLimit(.minutes(4))) struct ArchiveTests {
    private static let rounds = 8
    private static let sagas = 150
    private static let events = 500

    private func sagactl(_ world: OrderWorld, _ arguments: [String]) async throws -> String {
        let run = try await ProgramRun(
            try Programs.built("sagactl"), ["--address", world.address] + arguments)
        try #require(run.status == .exited(0), "\(run)")
        return run.output
    }

    /// What SQLite itself says of the file that a killed daemon has left.
    private func checkIntegrity(_ world: OrderWorld) throws {
        let queue = try DatabaseQueue(path: world.dataDirectory + "/archive.sqlite")
        let found = try queue.read { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check")
        }
        #expect(found == ["ok"])
        try queue.close()
    }

    /// Waits until the archive has read all that is durable and nothing is live.
    private func archived(_ world: OrderWorld, _ count: Int) async throws -> [[String: Any]] {
        var seen = -1
        let deadline = ContinuousClock.now + .seconds(60)
        while seen != count, .now < deadline {
            let text = try await sagactl(world, ["archive", "stat", "--json"])
            let object =
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            seen = (object?["sagas"] as? String).flatMap(Int.init) ?? 0
            if seen != count { try await Task.sleep(for: .milliseconds(50)) }
        }
        #expect(seen == count)
        let lines = try await sagactl(
            world, ["list", "--json", "--limit", "100000"]
        ).split(separator: "\n")
        return try lines.map { line in
            try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test("Killed in the middle of anything, it catches up without gaps or doubles")
    func killed() async throws {
        var random = SeededGenerator(for: "archiveKilled")
        try await OrderWorld.with { world in
            world.attach()
            for round in 1...Self.rounds {
                let moment = world.progress.count + Int.random(in: 0..<Self.events, using: &random)
                let starts = world.startSagas("\(round)", count: Self.sagas, using: &random)
                try await world.progress.reach(moment, within: .seconds(60))
                try await world.kill()
                if FileManager.default.fileExists(atPath: world.dataDirectory + "/archive.sqlite") {
                    try checkIntegrity(world)
                }
                try await world.start()
                try await starts.value
            }
            try await world.checkAll("seed \(random.seed)")
            let all = try await archived(world, Self.rounds * Self.sagas)
            let ids = Set(all.compactMap { $0["sagaId"] as? String })
            #expect(all.count == Self.rounds * Self.sagas && ids.count == all.count)
            let ends: Set = ["SAGA_STATE_COMPLETED", "SAGA_STATE_COMPENSATED"]
            #expect(all.allSatisfy { ends.contains($0["state"] as? String ?? "") })
            #expect(all.allSatisfy { $0["endedAt"] != nil })
            // In the order of their starts, and each shown with its whole history.
            for saga in all.prefix(5) {
                let id = try #require(saga["sagaId"] as? String)
                let shown = try await sagactl(world, ["show", id, "--history", "--json"])
                #expect(shown.contains(#""handler":"payments.charge""#), "\(shown)")
                #expect(shown.contains(#""attempts""#) || shown.contains(#""history""#), "\(shown)")
            }
            // Its file may be deleted: it is filled again from the journal.
            try await world.kill()
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(
                    atPath: world.dataDirectory + "/archive.sqlite" + suffix)
            }
            try await world.start()
            let again = try await archived(world, Self.rounds * Self.sagas)
            #expect(
                again.compactMap { $0["sagaId"] as? String }
                    == all.compactMap { $0["sagaId"] as? String })
            // However it was killed, its file was never taken for one of another journal.
            let names = try FileManager.default.contentsOfDirectory(atPath: world.dataDirectory)
            #expect(!names.contains { $0.contains("aside") }, "\(names)")
            // A damaged one is set aside and begun anew, and status says so.
            try await world.kill()
            // SQLite would mend the file from what stands in the log beside it.
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(
                    atPath: world.dataDirectory + "/archive.sqlite" + suffix)
            }
            try Data(repeating: 7, count: 50_000).write(
                to: URL(filePath: world.dataDirectory + "/archive.sqlite"))
            try await world.start()
            let third = try await archived(world, Self.rounds * Self.sagas)
            #expect(third.count == all.count)
            let status = try await sagactl(world, ["status"])
            #expect(status.contains("archive.sqlite.aside-1"), "\(status)")
        }
    }
}
