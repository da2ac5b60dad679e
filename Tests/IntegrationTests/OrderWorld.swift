import Foundation
import Logging
import Saga
import SagaModel
import SagaProcesses
import SagaSystem
import Synchronization
import Testing

@testable import ChaosParticipant

/// A daemon that is killed and started again, sagas of an order, and what became of them.
final class OrderWorld: Sendable {
    static let order = SagaName<ChaosOrder, ChaosReceipt>("order")

    private struct Started {
        var order: ChaosOrder
        var handle: SagaHandle<ChaosReceipt>
    }

    let folder: TestFolder
    let ledgers: [ChaosService: ChaosLedger]
    /// Counts acknowledged starts, and effects of participants of this process.
    let progress = Progress()
    let client: SagaClient
    private let configuration: Mutex<CoordinatorProcess.Configuration>
    private let daemon: Mutex<CoordinatorProcess?>
    private let started = Mutex<[String: Started]>([:])
    private let participants = Mutex<[Task<Void, any Error>]>([])

    /// Starts a daemon and registers the definition.
    ///
    /// - Parameter persistent: whether the ledgers are files, for participants that are processes.
    private init(persistent: Bool) async throws {
        let folder = try TestFolder()
        self.folder = folder
        ledgers = try Dictionary(
            uniqueKeysWithValues: ChaosService.allCases.map {
                ($0, try ChaosLedger(path: persistent ? folder.file("\($0).db") : nil))
            })
        var configuration = try Programs.coordinator(in: folder)
        let daemon = try await Self.start(configuration)
        configuration.listen = daemon.address
        self.configuration = Mutex(configuration)
        self.daemon = Mutex(daemon)
        client = SagaClient(daemon.address, timeout: .seconds(60))
        try await register()
    }

    /// Registers the definition.
    func register() async throws {
        try await client.register(
            SagaDefinition(Self.order, version: 1) {
                Step("reserve", ChaosService.inventory.handler)
                Step("charge", ChaosService.payments.handler)
                Step("ship", ChaosService.shipping.handler)
            })
    }

    /// Runs a test in a world of its own, of which nothing is left running however the test ends.
    static func with(
        persistent: Bool = false, _ test: (OrderWorld) async throws -> Void
    ) async throws {
        let world = try await OrderWorld(persistent: persistent)
        do {
            try await test(world)
        } catch {
            try? await world.close()
            throw error
        }
        try await world.close()
    }

    var address: String { configuration.withLock(\.listen) }
    var dataDirectory: String { configuration.withLock(\.dataDirectory) }
    var log: String {
        get throws { try String(contentsOfFile: dataDirectory + ".log", encoding: .utf8) }
    }

    /// Attaches the three services from this process.
    func attach() {
        for (service, ledger) in ledgers {
            let participant = Participant(
                service.rawValue, coordinator: address, instance: "\(service)-1",
                logger: Logger(label: "saga.participant") { _ in SwiftLogNoOpLogHandler() },
                handlers: ledger.handlers(of: [service]) { [progress] in progress.note() })
            participants.withLock { $0.append(Task { try await participant.run() }) }
        }
    }

    /// Detaches them and ends the daemon.
    private func close() async throws {
        let tasks = participants.withLock(\.self)
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        await client.shutdown()
        try await kill()
    }

    // MARK: The daemon

    func kill() async throws {
        guard let daemon = daemon.withLock({ $0.take() }) else { return }
        daemon.child.sendToGroup(SIGKILL)
        _ = try await daemon.child.ended()
    }

    /// Asks it to end; its status is nil if that takes longer than the limit.
    func stop(within limit: Duration) async throws -> ChildProcess.Status? {
        guard let daemon = daemon.withLock({ $0.take() }) else { return nil }
        daemon.child.send(SIGTERM)
        return try await daemon.child.ended(within: limit)
    }

    /// Starts it again at its address, under a tracer if one is given.
    @discardableResult
    func start(wrapper: [String] = []) async throws -> CoordinatorProcess {
        var configuration = configuration.withLock(\.self)
        configuration.wrapper = wrapper
        let daemon = try await Self.start(configuration)
        self.daemon.withLock { $0 = daemon }
        return daemon
    }

    /// Starts one over another directory, at the same address; it is this world's from then on.
    @discardableResult
    func start(in directory: String, flags: [String] = []) async throws -> CoordinatorProcess {
        var configuration = configuration.withLock { configuration in
            configuration.dataDirectory = directory
            return configuration
        }
        configuration.flags += flags
        let daemon = try await Self.start(configuration)
        self.daemon.withLock { $0 = daemon }
        return daemon
    }

    /// Off the threads that handlers run on.
    private static func start(
        _ configuration: CoordinatorProcess.Configuration
    ) async throws -> CoordinatorProcess {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try CoordinatorProcess.start(configuration) })
            }
        }
    }

    // MARK: Sagas

    /// Starts so many sagas at once and ends when each is acknowledged; what a dead daemon leaves
    /// unanswered the client asks again.
    func startSagas(
        _ round: String, count: Int, using generator: inout SeededGenerator
    ) -> Task<Void, any Error> {
        let orders = (0..<count).map { _ in
            ChaosOrder(
                cardWorks: Int.random(in: 0..<4, using: &generator) > 0,
                carrierServes: Int.random(in: 0..<4, using: &generator) > 0)
        }
        return Task {
            try await withThrowingTaskGroup { group in
                for (number, order) in orders.enumerated() {
                    group.addTask { try await self.startSaga(order, key: "\(round)-\(number)") }
                }
                try await group.waitForAll()
            }
        }
    }

    private func startSaga(_ order: ChaosOrder, key: String) async throws {
        let handle = try await client.start(Self.order, input: order, key: key)
        started.withLock { $0[key] = Started(order: order, handle: handle) }
        progress.note()
    }

    /// Expects of every saga that it ended as it should, with each of its effects once, in order.
    ///
    /// - Parameter round: only of those of this one; nil for all, and nothing else has happened.
    func checkAll(_ comment: Comment, round: String? = nil) async throws {
        let started = started.withLock { all in
            round.map { round in all.filter { $0.key.hasPrefix("\(round)-") } } ?? all
        }
        var effects: [String: [ChaosLedger.Effect]] = [:]
        let ended = try await withThrowingTaskGroup(
            of: (Started, SagaResult<ChaosReceipt>).self
        ) { group in
            for saga in started.values {
                group.addTask { (saga, try await saga.handle.result(timeout: .seconds(60))) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for ledger in ledgers.values {
            for effect in try ledger.effects() { effects[effect.saga, default: []].append(effect) }
        }
        if round == nil { #expect(effects.count == started.count, comment) }
        for (saga, result) in ended {
            let id = "\(saga.handle.id)"
            let happened = effects[id, default: []].sorted { $0.at < $1.at }.map(\.name)
            #expect(happened == saga.order.effects, "\(id) \(comment)")
            switch result {
            case .completed(let receipt):
                #expect(saga.order.isAgreeable, "\(id) \(comment)")
                #expect(receipt.step == "ship", "\(id) \(comment)")
            case .compensated(let report):
                #expect(!saga.order.isAgreeable, "\(id) \(comment)")
                #expect(report.failure.code.hasSuffix("-says-no"), "\(id) \(comment)")
            case .failed(let report): Issue.record("\(id) is parked: \(report) \(comment)")
            }
        }
        let status = try await client.coordinatorStatus()
        #expect(status.engine.live == 0, comment)
        #expect(status.engine.orphans == 0, comment)
    }
}

extension ChaosOrder {
    var isAgreeable: Bool { cardWorks && carrierServes }

    /// What must happen for it, each once, in this order.
    var effects: [String] {
        if !cardWorks { return ["reserve", "undo reserve"] }
        if !carrierServes { return ["reserve", "charge", "undo charge", "undo reserve"] }
        return ["reserve", "charge", "ship"]
    }
}
