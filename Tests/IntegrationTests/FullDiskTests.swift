import Foundation
import Logging
import Saga
import SagaModel
import SagaProcesses
import SagaProtobuf
import SagaSystem
import Testing

@testable import ChaosParticipant

/// A real daemon with 10,000 live sagas on a disk that gets full: what the levels of its journal's
/// room let go on, that undos come to their end, and that all goes on without a restart.
@Suite(.serialized, .timeLimit(.minutes(8))) struct FullDiskTests {
    private static let sagas = 10_000
    private static let cancelled = 200

    @Test func everyLevelAndBack() async throws {
        try await FullDiskWorld.with { world in
            try await world.attach(.inventory)
            let handles = try await world.start(Self.sagas)
            // Every saga is at its second step, which nobody serves yet.
            try await world.eventually { $0.engine.queued == UInt64(Self.sagas) }
            #expect(try world.ledger(.inventory).effects().count == Self.sagas)

            // The next segment cannot be made: no starts and no registrations; all else goes on.
            try world.fill()
            try await world.reach(.low)
            #expect(await world.reason { try await world.startOne() } == "DISK")
            #expect(
                await world.reason { try await world.register("another") } == "DISK")
            try await world.client.cancel(handles[0].id)
            try await world.eventually { $0.engine.compensated == 1 }

            // In the last segment: no forward work, but results, ends and undos.
            var large = Self.cancelled + 1
            while try await world.level < .spare {
                try await world.settle(handles[large].id, bytes: 900_000)
                large += 1
            }
            #expect(try await world.level == .spare)
            try await world.attach(.payments)
            for handle in handles[1...Self.cancelled] { try await world.client.cancel(handle.id) }
            try await world.eventually { $0.engine.compensated == UInt64(Self.cancelled + 1) }
            #expect(try world.ledger(.payments).effects().isEmpty)
            #expect(await world.reason { try await world.startOne() } == "DISK")

            // Near its end: nothing is recorded, what is there can be read, and nobody ends.
            var bytes = 900_000
            while try await world.level < .reserve {
                let refusal = await world.reason {
                    try await world.settle(handles[large].id, bytes: bytes)
                }
                #expect(refusal == nil || refusal == "DISK")
                if refusal == nil { large += 1 } else { bytes = max(100, bytes / 2) }
            }
            let before = try await world.status.journal.durablePosition
            #expect(await world.reason { try await world.client.cancel(handles[300].id) } == "DISK")
            try await world.attach(.shipping)
            #expect(try await world.client.status(of: handles[9_000].id).state == .running)
            let status = try await world.status
            #expect(status.journal.durablePosition == before)
            #expect(status.journal.space.failure.contains("ENOSPC"))
            #expect(status.engine.live == UInt64(Self.sagas - Self.cancelled - 1))

            // There is room again: everything comes to its end in the same life.
            try world.empty()
            try await world.reach(.ample)
            try await world.eventually(within: .seconds(240)) { $0.engine.live == 0 }
            let after = try await world.status
            #expect(after.engine.orphans == 0 && after.engine.epoch == status.engine.epoch)
            #expect(after.journal.space.failure.isEmpty)
            _ = try await world.startOne()
            let undone = try world.ledger(.inventory).effects().filter { $0.name == "undo reserve" }
            #expect(Set(undone.map(\.saga)).count == Self.cancelled + 1)
            #expect(undone.count == Self.cancelled + 1)
            let paid = try world.ledger(.payments).effects().map(\.saga)
            #expect(Set(paid).count == paid.count)
            let lines = try world.log.split(separator: "\n").filter { $0.contains("space=") }
            for level in ["low", "spare", "reserve", "ample"] {
                #expect(lines.contains { $0.contains("space=\(level)") }, "\(lines)")
            }
        }
    }
}

/// A daemon on a small file system of its own, and its participants.
private final class FullDiskWorld: Sendable {
    private static let order = SagaName<ChaosOrder, ChaosReceipt>("order")

    let client: SagaClient
    private let folder: TestFolder
    private let daemon: CoordinatorProcess
    private let data: String
    private let ledgers: [ChaosService: ChaosLedger]
    private let participants = Monitor<[Task<Void, any Error>]>([])

    private init() async throws {
        folder = try TestFolder()
        ledgers = try Dictionary(
            uniqueKeysWithValues: ChaosService.allCases.map { ($0, try ChaosLedger()) })
        var configuration = try Programs.coordinator(in: folder)
        data = configuration.dataDirectory
        // As another user than root, in a user namespace too. Nobody else sees the mount.
        let flags = ThisProcess.effectiveUser == 0 ? ["-m"] : ["-rm"]
        let mount = "mount -t tmpfs -o size=96m,mode=700 none \(data) && exec \"$@\""
        configuration.wrapper = ["unshare"] + flags + ["sh", "-c", mount, "sh"]
        configuration.flags += ["--journal-segment-bytes", "17MiB", "--no-archive"]
        daemon = try CoordinatorProcess.start(configuration)
        client = SagaClient(daemon.address, timeout: .seconds(60))
        try await register("order")
    }

    static func with(_ test: (FullDiskWorld) async throws -> Void) async throws {
        let world = try await FullDiskWorld()
        do {
            try await test(world)
        } catch {
            try? await world.close()
            throw error
        }
        try await world.close()
    }

    private func close() async throws {
        let tasks = participants.withLock { $0 }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        await client.shutdown()
        daemon.child.sendToGroup(SIGKILL)
        _ = try await daemon.child.ended()
    }

    func register(_ name: String) async throws {
        try await client.register(
            SagaDefinition(SagaName<ChaosOrder, ChaosReceipt>(name), version: 1) {
                Step("reserve", ChaosService.inventory.handler)
                Step("charge", ChaosService.payments.handler)
                Step("ship", ChaosService.shipping.handler)
            })
    }

    func ledger(_ service: ChaosService) throws -> ChaosLedger { try #require(ledgers[service]) }

    func attach(_ service: ChaosService) async throws {
        let participant = Participant(
            service.rawValue, coordinator: daemon.address, instance: "\(service)-1",
            logger: Logger(label: "saga.participant") { _ in SwiftLogNoOpLogHandler() },
            handlers: try ledger(service).handlers(of: [service]))
        participants.withLock { $0.append(Task { try await participant.run() }) }
    }

    func startOne() async throws -> SagaHandle<ChaosReceipt> {
        try await client.start(
            Self.order, input: ChaosOrder(cardWorks: true, carrierServes: true))
    }

    func start(_ count: Int) async throws -> [SagaHandle<ChaosReceipt>] {
        try await withThrowingTaskGroup(of: [SagaHandle<ChaosReceipt>].self) { group in
            for _ in 0..<50 {
                group.addTask {
                    var handles: [SagaHandle<ChaosReceipt>] = []
                    for _ in 0..<count / 50 { handles.append(try await self.startOne()) }
                    return handles
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Passes over the second step of a saga with an output of so many bytes.
    func settle(_ saga: SagaID, bytes: Int) async throws {
        let text = #"{"step":"charge","more":""# + String(repeating: "x", count: bytes) + #""}"#
        _ = try await client.perform(
            .skip,
            VerbMessage(
                namespace: "default", saga: .id(saga), step: "charge",
                output: Payload(contentType: Payload.json, bytes: Array(text.utf8)),
                reason: "to fill the disk"))
    }

    /// The reason that a call is refused with; nil if it is not.
    func reason(_ call: () async throws -> Void) async -> String? {
        do {
            try await call()
            return nil
        } catch let error as SagaError {
            return error.reason
        } catch {
            return "\(error)"
        }
    }

    func reason(_ call: () async throws -> SagaHandle<ChaosReceipt>) async -> String? {
        await reason { _ = try await call() }
    }

    // MARK: - The disk

    /// The daemon's own view of its directory.
    private var filler: String { "/proc/\(daemon.identifier)/root\(data)/filler" }

    /// Takes all the room that is left.
    func fill() throws {
        try #require(FileManager.default.createFile(atPath: filler, contents: nil))
        let file = try FileHandle(forWritingTo: URL(filePath: filler))
        defer { try? file.close() }
        for bytes in [1 << 20, 4_096] {
            let piece = Data(repeating: 7, count: bytes)
            do { while true { try file.write(contentsOf: piece) } } catch {}
        }
    }

    func empty() throws { try FileManager.default.removeItem(atPath: filler) }

    // MARK: - What it says

    var log: String { get throws { try String(contentsOfFile: data + ".log", encoding: .utf8) } }

    var status: CoordinatorStatus { get async throws { try await client.coordinatorStatus() } }

    var level: SpaceLevel {
        get async throws { try #require(try await status.journal.space.level) }
    }

    func reach(_ level: SpaceLevel) async throws {
        try await eventually { $0.journal.space.level == level }
    }

    /// Waits until the status is as it should be.
    func eventually(
        within limit: Duration = .seconds(90), _ holds: (CoordinatorStatus) -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        var status = try await status
        while !holds(status) {
            try #require(.now < deadline, "\(status.engine) \(status.journal)")
            try await Task.sleep(for: .milliseconds(50))
            status = try await self.status
        }
    }
}
