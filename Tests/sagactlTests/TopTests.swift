import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// What goes on, view by view.
@Suite struct TopTests {
    private static func later() -> CoordinatorStatus {
        var status = TableDrawingTests.status
        status.engine.observedAt = status.engine.observedAt + .seconds(2)
        status.engine.started += 2_469
        status.engine.completed += 5
        status.journal.records += 20_000
        status.journal.syncs += 100
        status.journal.syncTotal += .milliseconds(5)
        status.journal.bytes = 64 << 20
        status.process.processorTime += .milliseconds(500)
        status.transport.calls += 1
        return status
    }

    private static var participants: ParticipantList {
        ParticipantList(
            handlers: TableDrawingTests.handlers, instances: [],
            observedAt: Fixture.after(.seconds(669)))
    }

    @Test func ratesAreSinceTheViewBefore() {
        let view = TopView(Self.later(), since: TableDrawingTests.status, Self.participants)
        #expect(
            view.lines(.plain).joined(separator: "\n") == """
                sagad 0.1.0  epoch 17  up 2h 14m  2026-11-21 10:28:04
                sagas    1,235/s started, 2.5/s ended, 1,284 live, 2 parked
                tasks    214 queued, 5 in flight, 1 session
                journal  10,000 records/s, 50 syncs/s of 50 us, 64.0 MiB
                process  25 % CPU, 21.0 MiB, 4 connections, 0.5 calls/s

                HANDLER            INSTANCES  FREE SLOTS  RUNNING  QUEUED  OLDEST  LIMIT  BREAKER
                payments.charge            0         0/0        0   1,214  2m 14s      -  -
                inventory.reserve          2     198/200        2       0       -      -  -
                """)
        let text = view.object.text
        #expect(text.contains(#""startedPerSecond":1234.5,"endedPerSecond":2.5"#), "\(text)")
    }

    @Test func anotherLifeCountsFromItsStart() {
        var status = Self.later()
        status.engine.epoch = Epoch(18)
        status.engine.since = status.engine.observedAt + .seconds(-10)
        status.engine.started = 20
        let view = TopView(status, since: TableDrawingTests.status, Self.participants)
        #expect(view.lines(.plain)[1].hasPrefix("sagas    2.0/s started"))
    }

    @Test func soManyViewsAsAreAskedFor() async throws {
        let (coordinator, paper) = (FakeCoordinator(), Paper())
        let top = try #require(
            try Sagactl.parseAsRoot(["top", "--every", "100ms", "--count", "2", "--json"]) as? Top)
        let exit = try await top.perform(coordinator, paper.screen(isJSON: true)) {
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
        }
        #expect(exit == .done)
        #expect(paper.output.split(separator: "\n").count == 2)
        #expect(coordinator.asked.filter { $0 == "status" }.count == 3)
    }

    @Test func itEndsWhenAsked() async throws {
        let (coordinator, paper) = (FakeCoordinator(), Paper())
        let top = try #require(try Sagactl.parseAsRoot(["top"]) as? Top)
        let exit = try await top.perform(coordinator, paper.screen()) {
            while coordinator.asked.count < 4 { await Task.yield() }
        }
        #expect(exit == .done)
        #expect(paper.output.hasPrefix("sagad 0.1.0  epoch 17"))
    }

    @Test func aLostCoordinatorIsTold() async throws {
        let lost = Complaint("no coordinator", exit: .unavailable)
        let coordinator = FakeCoordinator { $0.refusal = lost }
        let top = try #require(try Sagactl.parseAsRoot(["top"]) as? Top)
        let complaint = await #expect(throws: Complaint.self) {
            _ = try await top.perform(coordinator, Paper().screen()) {
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
            }
        }
        #expect(complaint == lost)
    }

    @Test(arguments: [
        (["top", "--count", "0"], "--count is 0; it is at least 1"),
        (["top", "--every", "1ms"], "--every is below 100ms"),
    ])
    func wrongLines(_ line: [String], _ message: String) {
        let error = #expect(throws: (any Error).self) { _ = try Sagactl.parseAsRoot(line) }
        guard let error else { return }
        #expect(Sagactl.exitCode(for: error).rawValue == 64)
        #expect(Sagactl.message(for: error).contains(message))
    }
}
