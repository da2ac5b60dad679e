import ArgumentParser
import SagaModel
import Testing

@testable import sagactl

/// One decision on all sagas that a filter takes: listed, counted, asked for, made one by one.
@Suite struct ManySagasTests {
    private static func row(_ number: UInt64, version: UInt32 = 3) -> SagaRow {
        var row = TableDrawingTests.row(
            .running, key: "K-\(number)", step: "charge", since: .seconds(Int(number)))
        row.id = SagaID(at: Fixture.start, shard: 0, entropy: number)
        row.version = version
        return row
    }

    private static let rows = [row(1), row(2, version: 2), row(3)]

    private static func coordinator(
        _ change: (inout FakeCoordinator.State) -> Void = { _ in }
    ) -> FakeCoordinator {
        FakeCoordinator { state in
            state.list = SagaList(rows: rows, observedAt: Fixture.start, hasMore: false)
            change(&state)
        }
    }

    private static let match =
        "3 sagas match: order v3 2, order v2 1; waiting since \(ShownInstant.brief(rows[0].stateSince!, seenAt: Fixture.start))"

    private func perform(
        _ line: [String], _ coordinator: FakeCoordinator, _ paper: Paper, answer: String? = nil
    ) async throws -> Complaint.Exit {
        let verb = try #require(try Sagactl.parseAsRoot(line) as? any sagactl.Verb)
        let screen = paper.screen(isJSON: verb.global.json, answer: answer)
        return try await verb.perform(coordinator, screen)
    }

    static let filters: [(line: [String], asked: String)] = [
        (
            ["retry", "--definition", "order", "--error", "gateway-timeout"],
            "list [RUNNING,COMPENSATING,FAILED] order  [:] all error gateway-timeout"
        ),
        (
            ["cancel", "--label", "a=b", "--reason", "r"],
            #"list [PENDING,RUNNING]   ["a": "b"] all"#
        ),
        (
            ["suspend", "--handler", "pay.charge", "--reason", "r"],
            "list [PENDING,RUNNING,COMPENSATING]   [:] all handler pay.charge"
        ),
        (
            ["resume", "--participant", "pay/p-1"],
            "list [PENDING,RUNNING,COMPENSATING,FAILED]   [:] all suspended participant pay/p-1"
        ),
        (
            ["skip", "--definition", "order@3", "--step", "a", "--reason", "r"],
            "list [RUNNING,FAILED] order@3  [:] all"
        ),
        (
            ["mark-compensated", "--why", "hold", "--step", "a", "--reason", "r"],
            "list [RUNNING,COMPENSATING,FAILED]   [:] all attention [hold]"
        ),
        (
            ["compensate", "--state", "failed", "--reason", "r"],
            "list [FAILED]   [:] all"
        ),
        (
            ["abandon", "--started-before", "1d", "--reason", "r"],
            "list [PENDING,RUNNING,COMPENSATING,FAILED]   [:] all"
        ),
    ]

    @Test(arguments: filters) func onlySagasThatCanTakeItAreListed(
        _ filter: (line: [String], asked: String)
    ) async throws {
        let (coordinator, paper) = (FakeCoordinator(), Paper())
        #expect(try await perform(filter.line, coordinator, paper) == .done)
        #expect(coordinator.asked == [filter.asked])
        #expect(paper.error == "no saga matches\n")
    }

    @Test func eachIsAskedForOnceAPersonSaidYes() async throws {
        let (coordinator, paper) = (Self.coordinator(), Paper())
        let line = ["retry", "--definition", "order", "--rate", "1000", "--reason", "back"]
        #expect(try await perform(line, coordinator, paper, answer: "y") == .done)
        #expect(
            paper.error == "\(Self.match)\n"
                + "retry all 3, at most 1,000 a second, about 1 s? [y/N] ")
        #expect(paper.output == "3 of 3: 3 done\n")
        #expect(coordinator.asked.dropFirst() == Self.rows.map { "retry \($0.id) back" }[...])
    }

    @Test(arguments: ["", "n", "yess"]) func nothingIsDoneWithoutAYes(_ answer: String) async throws
    {
        let (coordinator, paper) = (Self.coordinator(), Paper())
        let line = ["abandon", "--definition", "order", "--reason", "r"]
        #expect(try await perform(line, coordinator, paper, answer: answer) == .no)
        #expect(coordinator.asked.count == 1)
        #expect(paper.error.hasSuffix("nothing is done\n"))
    }

    @Test func whereNobodyCanBeAskedYesIsNeeded() async throws {
        let (coordinator, paper) = (Self.coordinator(), Paper())
        let line = ["retry", "--definition", "order", "--rate", "1000"]
        let complaint = await #expect(throws: Complaint.self) {
            _ = try await perform(line, coordinator, paper)
        }
        #expect(complaint?.exit == .usage)
        #expect(
            complaint?.lines == [
                "\(Self.match); nobody can be asked here", "look at the list, then: --yes",
            ])
        #expect(coordinator.asked.count == 1)
        #expect(try await perform(line + ["--yes"], coordinator, paper) == .done)
        #expect(coordinator.asked.count == 2 + 3)
        #expect(paper.error == Self.match + "\n")
    }

    @Test func whatIsRefusedIsToldAndTheOthersGoOn() async throws {
        let coordinator = Self.coordinator {
            $0.refusals[.id(Self.rows[1].id)] = Complaint("it is parked", exit: .no)
        }
        let (paper, json) = (Paper(), Paper())
        let line = ["cancel", "--definition", "order", "--reason", "r", "--yes", "--rate", "1000"]
        #expect(try await perform(line, coordinator, paper) == .no)
        #expect(paper.error == "\(Self.match)\norder/K-2: it is parked\n")
        #expect(paper.output == "3 of 3: 2 done, 1 refused (listed above)\n")
        #expect(try await perform(line + ["--json"], coordinator, json) == .no)
        #expect(json.output.split(separator: "\n").count == 2)
        #expect(json.output.contains("CANCEL_DISPOSITION_GOING_BACK"))
    }

    @Test func aLostCoordinatorEndsItWithTheCount() async throws {
        let lost = Complaint("no coordinator at 127.0.0.1:1", exit: .unavailable)
        let coordinator = Self.coordinator { $0.refusals[.id(Self.rows[1].id)] = lost }
        let paper = Paper()
        let complaint = await #expect(throws: Complaint.self) {
            _ = try await perform(
                ["retry", "--definition", "order", "--yes"], coordinator, paper)
        }
        #expect(complaint == lost)
        #expect(paper.output == "1 of 3: 1 done\n")
        #expect(coordinator.asked.count == 1 + 2)
    }

    @Test func interruptedItSaysHowManyAreDone() async throws {
        let (coordinator, paper) = (Self.coordinator(), Paper())
        let run = ManyRun(
            decision: .retry(step: nil), reason: "", rate: 1, calls: coordinator,
            screen: paper.screen())
        let exit = try await run.go(through: Self.rows) {
            while coordinator.asked.isEmpty { await Task.yield() }
        }
        #expect(exit == .no)
        #expect(paper.output == "1 of 3: 1 done\n")
        #expect(paper.error.hasPrefix("interrupted; run it again for the rest"))
    }

    @Test func suspendedSagasAreNotSuspendedAgain() async throws {
        let coordinator = Self.coordinator { $0.list.rows[2].isSuspended = true }
        let paper = Paper()
        let line = ["suspend", "--definition", "order", "--reason", "r", "--yes", "--rate", "1000"]
        #expect(try await perform(line, coordinator, paper) == .done)
        #expect(paper.output == "2 of 2: 2 done\n")
    }

    @Test func howFarItIsIsDrawn() {
        var tally = ManyTally(all: 1_284)
        (tally.done, tally.refused) = (509, 3)
        let screen = Paper().screen(showsProgress: true)
        #expect(
            ManyDrawing.progress(tally, rate: 50, screen)
                == "███████░░░░░░░░░░░░░  512 of 1,284  at most 50/s")
        #expect(
            ManyDrawing.end(tally, screen)
                == "███████░░░░░░░░░░░░░  512 of 1,284: 509 done, 3 refused (listed above)")
    }
}
