import ArgumentParser
import Saga
import SagaModel
import Synchronization
import Testing

@testable import sagactl

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
    private static let cursor = EventCursor(bytes: [0xFF, 0xFE, 0xFD, 1])

    private static func event(
        _ kind: EventKind, _ milliseconds: Int, key: String = "ORD-1", step: String = ""
    ) -> SagaEvent {
        var event = SagaEvent(
            kind, of: Fixture.id, definition: "order", version: 3, key: key,
            at: Fixture.start + .milliseconds(milliseconds), position: JournalPosition(7),
            cursor: cursor)
        event.step = step
        return event
    }

    private static let events: [SagaEvent] = {
        var succeeded = event(.stepSucceeded, 12, step: "reserve")
        succeeded.took = .milliseconds(11)
        succeeded.participant = "inventory/i-2"
        var ended = event(.attemptEnded, 13, key: "", step: "charge")
        ended.direction = .compensation
        ended.token = Token(epoch: Epoch(17), number: 2)
        ended.failure = Failure(code: "down", message: "no\nroute")
        var verb = event(.verbGiven, 14)
        verb.verb = SagaEvent.GivenVerb(
            verb: .markCompensated, principal: Principal(name: "web", isVerified: false),
            reason: "by hand")
        return [
            event(.sagaStarted, 1), event(.stepStarted, 1, step: "reserve"), succeeded, ended, verb,
            event(.sagaFailed, 86_400_000),
        ]
    }()

    /// Performs a line, and ends it once so many lines are shown.
    private func watch(
        _ line: [String], _ coordinator: FakeCoordinator, _ paper: Paper
    ) async throws -> Complaint.Exit {
        let watch = try #require(try Sagactl.parseAsRoot(line) as? Watch)
        let shown = coordinator.state.withLock { $0.events.count }
        return try await watch.perform(coordinator, paper.screen(isJSON: watch.global.json)) {
            while paper.output.split(separator: "\n").count < shown,
                !Task.isCancelled
            {
                await Task.yield()
            }
        }
    }

    @Test func eventsAreLines() {
        var drawing = EventDrawing(now: Fixture.start)
        let lines = Self.events.map { drawing.line($0, .plain) }
        let clock = Fixture.start.iso8601.dropFirst(11).dropLast(3)
        let day = (Fixture.start + .seconds(86_400)).iso8601.prefix(10)
        #expect(
            lines == [
                "\(clock)51  order/ORD-1  SagaStarted",
                "\(clock)51  order/ORD-1  StepStarted  reserve",
                "\(clock)62  order/ORD-1  StepSucceeded  reserve  11 ms, inventory/i-2",
                "\(clock)63  order \(Fixture.id)  AttemptEnded   charge   undo, attempt 2, "
                    + #"down "no\nroute""#,
                "\(clock)64  order/ORD-1" + String(repeating: " ", count: 31)
                    + "  VerbGiven               mark-compensated by web: by hand",
                "\(day) \(clock)50  order/ORD-1" + String(repeating: " ", count: 31)
                    + "  SagaFailed",
            ])
    }

    @Test func attentionSaysWhy() {
        var raised = Self.event(.attentionRaised, 1, step: "charge")
        raised.attention = .noParticipant
        var cleared = Self.event(.attentionCleared, 2)
        cleared.attention = .parked
        var drawing = EventDrawing(now: Fixture.start)
        let lines = [raised, cleared].map { drawing.line($0, .plain).dropFirst(14) }
        #expect(
            lines == [
                "order/ORD-1  AttentionRaised  charge  no participant",
                "order/ORD-1  AttentionCleared          parked",
            ])
        let text = JSONObject(raised).text
        #expect(text.contains(#""attention":"ATTENTION_REASON_NO_PARTICIPANT""#), "\(text)")
    }

    @Test func whatWasAskedForIsSaidToGoOn() async throws {
        let rows: [([String], String, String)] = [
            (["watch"], "definition: nil, version: nil, key: nil, labels: [:], kinds: Set([])", ""),
            (
                ["watch", "--definition", "order", "--version", "3", "--kind", "Step-Failed"],
                "definition: Optional(\"order\"), version: Optional(3)",
                " --definition order --version 3 --kind step-failed"
            ),
            (
                ["watch", "order/it's", "--label", "a=b c", "--namespace", "shop"],
                "key: Optional(\"it\\'s\"), labels: [\"a\": \"b c\"]",
                #" 'order/it'\''s' --label 'a=b c' --namespace shop"#
            ),
        ]
        for (line, asked, said) in rows {
            let coordinator = FakeCoordinator { $0.events = [Self.events[0]] }
            let paper = Paper()
            #expect(try await watch(line, coordinator, paper) == .done)
            #expect(coordinator.asked[0].contains(asked), "\(coordinator.asked)")
            #expect(
                paper.error == "to go on from here: sagactl watch\(said) --from \(Self.cursor)\n")
        }
    }

    @Test(arguments: [
        ("now", EventStart.now), ("oldest", .oldest), ("__79AQ", .after(WatchTests.cursor)),
        ("//79AQ==", .after(WatchTests.cursor)),
    ])
    func placesAreTypedInEachForm(_ text: String, _ start: EventStart) throws {
        #expect(WatchPlace(argument: text) == WatchPlace(start: start))
    }

    @Test(arguments: [
        (["watch", "--from", "here, please"], "The value 'here, please' is invalid for '--from"),
        (["watch", "--kind", "step"], "The value 'step' is invalid for '--kind"),
        (["watch", "--version", "3"], "--version needs --definition"),
        (["watch", "order/K", "--definition", "order"], "--definition is for all of its sagas"),
        (["watch", "order"], "The value 'order' is invalid for '<saga>'"),
    ])
    func wrongLines(_ line: [String], _ message: String) {
        let error = #expect(throws: (any Error).self) { _ = try Sagactl.parseAsRoot(line) }
        guard let error else { return }
        #expect(Sagactl.exitCode(for: error).rawValue == 64)
        #expect(Sagactl.message(for: error).contains(message), "\(Sagactl.message(for: error))")
    }

    @Test func objectsAreThoseOfTheProtocol() async throws {
        let coordinator = FakeCoordinator { $0.events = [Self.events[3], Self.events[4]] }
        let paper = Paper()
        #expect(try await watch(["watch", "--json"], coordinator, paper) == .done)
        let at = (13...14).map { JSONObject.timestamp(Fixture.start + .milliseconds($0)) }
        let first =
            #"{"event":{"kind":"EVENT_KIND_ATTEMPT_ENDED","sagaId":"\#(Fixture.id)","definition""#
            + #":{"name":"order","version":3},"at":"\#(at[0])","position":"7","step":"charge","#
            + #""direction":"DIRECTION_COMPENSATION","token":{"epoch":"17","number":2},"failure":"#
            + #"{"code":"down","message":"no\nroute"}},"cursor":"//79AQ=="}"#
        let second =
            #"{"event":{"kind":"EVENT_KIND_VERB_GIVEN","sagaId":"\#(Fixture.id)","definition":"#
            + #"{"name":"order","version":3},"key":"ORD-1","at":"\#(at[1])","position":"7","verb":"#
            + #"{"verb":"VERB_MARK_COMPENSATED","by":{"name":"web"},"reason":"by hand","at":"#
            + #""\#(at[1])"}},"cursor":"//79AQ=="}"#
        #expect(paper.output == first + "\n" + second + "\n")
    }

    @Test func whatIsNotAnEventIsTold() async throws {
        let error = SagaError(.unavailable, reason: "", "gone")
        let coordinator = FakeCoordinator {
            $0.signs = [.unreadable(1), .unreadable(2), .lost(error)]
            $0.events = [Self.events[0]]
        }
        let paper = Paper()
        #expect(try await watch(["watch"], coordinator, paper) == .done)
        let lines = paper.error.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("warning: 1 record of sagas cannot be read"))
        #expect(lines[1].hasPrefix("warning: 2 records of sagas cannot be read"))
        #expect(lines[2] == "connection lost: gone; trying again")
    }

    @Test func aRefusalIsTheExit() async throws {
        let refusal = Complaint(
            SagaError(.outOfRange, reason: "CURSOR_OUT_OF_RANGE", "gone"), address: "a:1")
        #expect(refusal.exit == .no && refusal.lines.count == 2)
        let coordinator = FakeCoordinator { $0.refusal = refusal }
        let paper = Paper()
        await #expect(throws: refusal) { try await watch(["watch"], coordinator, paper) }
        #expect(paper.error.isEmpty)
    }
}
