import Foundation
import Logging
import Saga
import SagaProcesses
import SagaSystem
import Synchronization

/// A daemon of its own with a client and participants of the SDK, for tests of what handlers say.
final class SDKWorld: Sendable {
    let folder: TestFolder
    let client: SagaClient
    /// Where the daemon served metrics at first.
    let metrics: String?
    private let configuration: CoordinatorProcess.Configuration
    private let daemon: Mutex<CoordinatorProcess?>
    private let participants = Mutex<[Task<Void, any Error>]>([])

    private init() throws {
        let folder = try TestFolder()
        self.folder = folder
        var configuration = try Programs.coordinator(in: folder)
        configuration.metrics = configuration.listen
        let daemon = try CoordinatorProcess.start(configuration)
        metrics = daemon.metrics
        configuration.listen = daemon.address
        self.configuration = configuration
        self.daemon = Mutex(daemon)
        client = SagaClient(daemon.address, timeout: .seconds(60))
    }

    /// Runs a test in a world of its own, of which nothing is left running however the test ends.
    static func with(_ test: (SDKWorld) async throws -> Void) async throws {
        let world = try SDKWorld()
        do {
            try await test(world)
        } catch {
            try? await world.close()
            throw error
        }
        try await world.close()
    }

    /// Serves handlers from this process, as an instance that returns after each restart.
    @discardableResult
    func serve(_ instance: String = "1", _ handlers: [Handler]) -> Task<Void, any Error> {
        let participant = Participant(
            "worker", coordinator: configuration.listen, instance: instance,
            logger: Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() }, handlers: handlers)
        let task = Task { try await participant.run() }
        participants.withLock { $0.append(task) }
        return task
    }

    /// Kills the daemon and starts it again over its journal, at its address.
    func restart() throws {
        try kill()
        let daemon = try CoordinatorProcess.start(configuration)
        self.daemon.withLock { $0 = daemon }
    }

    /// Asks the daemon to end: how it did, and how long that took; nil if it took too long.
    func stop() async throws -> (status: ChildProcess.Status?, took: Duration) {
        guard let daemon = daemon.withLock({ $0.take() }) else { return (nil, .zero) }
        let clock = ContinuousClock()
        let begun = clock.now
        daemon.child.send(SIGTERM)
        let status = try await daemon.child.ended(within: .seconds(20))
        return (status, clock.now - begun)
    }

    private func kill() throws {
        guard let daemon = daemon.withLock({ $0.take() }) else { return }
        try daemon.kill()
    }

    private func close() async throws {
        let tasks = participants.withLock(\.self)
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        await client.shutdown()
        try kill()
    }
}
