import Foundation
import Logging
import Saga
import SagaProcesses
import Synchronization
import Testing

/// Connections that are too old go, and nobody who uses the SDK notices.
@Suite struct MoveTests {
    private struct Run: Hashable {
        let saga: String
        let step: String
    }

    private static let definition = SagaName<[String: String], String>("moving")
    private static let steps = ["one", "two", "three"]

    /// Sagas are started without a pause until their participant has had eight sessions, each on a
    /// connection of its own: each ends, and each step of each ran once, in its first attempt.
    @Test(.timeLimit(.minutes(1))) func noTaskIsLostWhenConnectionsAreReplaced() async throws {
        let folder = try TestFolder()
        var configuration = try Programs.coordinator(in: folder)
        configuration.flags += ["--connection-age", "300ms"]
        let daemon = try CoordinatorProcess.start(configuration)
        let runs = Mutex<[Run: [Int]]>([:])
        let handlers = Self.steps.map { step in
            Handler("moving.\(step)") { (_: [String: String], context) in
                runs.withLock {
                    $0[Run(saga: "\(context.sagaID)", step: step), default: []]
                        .append(context.attempt)
                }
                // As long as it takes for connections to be replaced beneath it now and then.
                try await Task.sleep(for: .milliseconds(20))
                return "done"
            } compensation: { _, _ in
            }
        }
        let participant = Participant(
            "mover", coordinator: daemon.address, instance: "m-1",
            logger: Logger(label: "mover") { _ in SwiftLogNoOpLogHandler() }, handlers: handlers)
        let serving = Task { try await participant.run() }
        try await withSagaClient(daemon.address) { client in
            try await client.register(
                SagaDefinition(Self.definition, version: 1) {
                    for step in Self.steps { Step(step, "moving.\(step)") }
                })
            var handles: [SagaHandle<String>] = []
            var sessions = 0
            while sessions < 8 {
                for _ in 0..<20 {
                    handles.append(
                        try await client.start(
                            Self.definition, input: [:], key: "\(handles.count)"))
                }
                let log = try String(contentsOfFile: folder.file("data.log"), encoding: .utf8)
                sessions = log.split(separator: "\n").count { $0.contains("participant attached") }
            }
            for handle in handles {
                guard case .completed = try await handle.result(timeout: .seconds(30)) else {
                    Issue.record("\(handle.id) did not complete")
                    continue
                }
            }
            let seen = runs.withLock(\.self)
            #expect(seen.count == handles.count * Self.steps.count)
            #expect(seen.values.allSatisfy { $0 == [1] }, "\(seen.values.filter { $0 != [1] })")
            let status = try await client.coordinatorStatus()
            #expect(status.engine.orphans == 0 && status.engine.live == 0)
            let old = status.transport.counters.first { $0.name == "connections_ended.max_age" }
            #expect(old?.count ?? 0 >= 7)
        }
        serving.cancel()
        _ = await serving.result
        try daemon.kill()
    }
}
