import Foundation
import SagaProcesses
import SagaSystem
import Testing

@testable import ChaosParticipant

/// Whatever is killed and whenever: every acknowledged saga ends, each of its effects happens once,
/// and what was done is undone in reverse order.
@Suite(.serialized) struct KillTests {
    static let rounds = 25
    static let sagas = 200
    /// A round's starts and effects are about 800; fewer than these come in every round.
    static let events = 700

    @Test(.timeLimit(.minutes(4))) func daemonKilled() async throws {
        var random = SeededGenerator(for: "daemonKilled")
        try await OrderWorld.with { world in
            world.attach()
            for round in 1...Self.rounds {
                let moment = world.progress.count + Int.random(in: 0..<Self.events, using: &random)
                let starts = world.startSagas("\(round)", count: Self.sagas, using: &random)
                try await world.progress.reach(moment, within: .seconds(60))
                try await world.kill()
                try await world.start()
                try await starts.value
            }
            try await world.checkAll("seed \(random.seed)")
        }
    }

    @Test(.timeLimit(.minutes(4))) func participantsKilled() async throws {
        var random = SeededGenerator(for: "participantsKilled")
        try await OrderWorld.with(persistent: true) { world in
            var processes: [ChaosService: ChildProcess] = [:]
            for service in ChaosService.allCases { processes[service] = try spawn(service, world) }
            for round in 1...Self.rounds {
                let before = try count(world)
                let moment = before + Int.random(in: 0..<Self.events, using: &random)
                let starts = world.startSagas("\(round)", count: Self.sagas, using: &random)
                try await eventually(within: .seconds(60)) { try count(world) >= moment }
                // One of them mostly, sometimes more.
                let victims = ChaosService.allCases.filter { _ in
                    Bool.random(using: &random)
                }
                for service in victims.isEmpty ? [.payments] : victims {
                    processes[service]?.sendToGroup(SIGKILL)
                    _ = try await processes[service]?.ended()
                    processes[service] = try spawn(service, world)
                }
                try await starts.value
            }
            try await world.checkAll("seed \(random.seed)")
        }
    }

    private func count(_ world: OrderWorld) throws -> Int {
        try world.ledgers.values.reduce(world.progress.count) { try $0 + $1.effectCount() }
    }

    private func spawn(_ service: ChaosService, _ world: OrderWorld) throws -> ChildProcess {
        try ChildProcess(
            .init(
                try Programs.built("ChaosParticipant"),
                [
                    "--coordinator", world.address, "--service", service.rawValue,
                    "--ledger", world.folder.file("\(service).db"),
                ],
                environment: Programs.cleanEnvironment, output: .discarded,
                error: .appended(world.folder.file("\(service).log"))))
    }

    /// The device fails at the n-th fdatasync of a thread: the daemon ends with 74, and what it had
    /// acknowledged is there when it is started again.
    @Test(.timeLimit(.minutes(3))) func deviceFails() async throws {
        let strace = try Programs.installed("strace", package: "strace")
        var random = SeededGenerator(for: "deviceFails")
        try await OrderWorld.with { world in
            world.attach()
            var numbers = [1, 2, 3, 5]
            for _ in 0..<6 { numbers.append(Int.random(in: 6..<60, using: &random)) }
            var failedWhileRunning = 0
            for (round, number) in numbers.enumerated() {
                try await world.kill()
                let daemon: CoordinatorProcess
                do {
                    daemon = try await world.start(wrapper: [
                        strace, "-f", "-qq", "-e", "trace=fdatasync", "-e",
                        "inject=fdatasync:error=EIO:when=\(number)",
                    ])
                } catch CoordinatorProcess.StartFailure.ended(let status, _) {
                    #expect(status == .exited(74), "at its start, fdatasync \(number)")
                    try await world.start()
                    continue
                }
                var starts: [Task<Void, any Error>] = []
                while starts.count < 40, daemon.child.status == nil {
                    let target = world.progress.count + 10
                    starts.append(
                        world.startSagas("\(round).\(starts.count)", count: 10, using: &random))
                    try await eventually(within: .seconds(30)) {
                        daemon.child.status != nil || world.progress.count >= target
                    }
                }
                let status = try await daemon.child.ended(within: .seconds(30))
                #expect(status == .exited(74), "fdatasync \(number), seed \(random.seed)")
                failedWhileRunning += 1
                try await world.start()
                for task in starts { try await task.value }
            }
            #expect(failedWhileRunning > 0)
            #expect(try world.log.contains("exit=74"))
            try await world.checkAll("seed \(random.seed)")
        }
    }

    /// The last frame of the journal is cut, as a crash in the middle of a write does: the start
    /// goes on, keeps the bytes aside and says so.
    @Test(.timeLimit(.minutes(2))) func lastFrameCut() async throws {
        var random = SeededGenerator(for: "lastFrameCut")
        try await OrderWorld.with { world in
            world.attach()
            for (round, cut) in [1, 2, 7, Int.random(in: 3..<12, using: &random)].enumerated() {
                try await world.startSagas("\(round)", count: 20, using: &random).value
                // What the last frame says now is at most a saga's end, which is decided again.
                try await world.checkAll("before the cut, seed \(random.seed)")
                try await world.kill()
                try cutLastFrame(of: world.dataDirectory, by: cut)
                let torn = try tornFiles(world).count
                try await world.start()
                #expect(try tornFiles(world).count == torn + 1, "\(cut) bytes")
            }
            #expect(try world.log.contains("torn"))
            try await world.checkAll("seed \(random.seed)")
        }
    }

    private func tornFiles(_ world: OrderWorld) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: world.dataDirectory)
            .filter { $0.hasSuffix(".torn") }
    }

    /// Segments are filled with zeros beforehand: the last byte that is none is the last frame's.
    private func cutLastFrame(of directory: String, by count: Int) throws {
        let segments = try FileManager.default.contentsOfDirectory(atPath: directory)
            .filter { $0.hasSuffix(".segment") }.sorted(by: >)
        for segment in segments {
            let file = try FileHandle(forUpdating: URL(filePath: "\(directory)/\(segment)"))
            defer { try? file.close() }
            guard let end = try lastByte(of: file), end > 4_096 else { continue }
            try file.seek(toOffset: end + 1 - UInt64(count))
            try file.write(contentsOf: Data(count: count))
            return
        }
        Issue.record("no segment of \(directory) has records")
    }

    /// Where the last byte stands that is not zero.
    private func lastByte(of file: FileHandle) throws -> UInt64? {
        let size = 65_536
        var start = try file.seekToEnd()
        while start > 0 {
            start -= min(start, UInt64(size))
            try file.seek(toOffset: start)
            let bytes = try file.read(upToCount: size) ?? Data()
            if bytes == Data(count: bytes.count) { continue }
            return bytes.lastIndex { $0 != 0 }.map { start + UInt64($0) }
        }
        return nil
    }

    /// Asked to end while tasks are in flight, the daemon does, and what it had handed out goes on
    /// in its next life.
    @Test(.timeLimit(.minutes(1))) func askedToEnd() async throws {
        var random = SeededGenerator(for: "askedToEnd")
        try await OrderWorld.with { world in
            world.attach()
            for round in 1...3 {
                let moment = world.progress.count + Int.random(in: 0..<Self.events, using: &random)
                let starts = world.startSagas("\(round)", count: Self.sagas, using: &random)
                try await world.progress.reach(moment, within: .seconds(30))
                let status = try await world.stop(within: .seconds(5))
                #expect(status == .exited(0))
                try await world.start()
                try await starts.value
            }
            try await world.checkAll("seed \(random.seed)")
        }
    }
}
