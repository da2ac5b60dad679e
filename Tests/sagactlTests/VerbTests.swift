import ArgumentParser
import Foundation
import SagaModel
import Testing

@testable import sagactl

@Suite struct VerbTests {
    private func perform(
        _ line: [String], _ coordinator: FakeCoordinator, _ paper: Paper, json: Bool = false,
        progress: Bool = false
    ) async throws -> Complaint.Exit {
        let verb = try #require(try Sagactl.parseAsRoot(line) as? any sagactl.Verb)
        return try await verb.perform(
            coordinator, paper.screen(isJSON: json || verb.global.json, showsProgress: progress))
    }

    private func withFile<Result>(
        _ name: String, _ text: String, _ body: (String) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return try await body(file.path)
    }

    static let ends: [(SagaStatus, Complaint.Exit)] = [
        (Fixture.completed, .done), (Fixture.undone, .no),
        (Fixture.saga(.failed, failure: Fixture.noCarrier, []), .parked),
        (Fixture.saga(.abandoned, ended: .seconds(1), []), .parked),
    ]

    @Test(arguments: VerbTests.ends) func startWaits(_ saga: SagaStatus, _ exit: Complaint.Exit)
        async throws
    {
        let coordinator = FakeCoordinator { $0.sagas = [saga] }
        let paper = Paper()
        let status = try await withFile("order.json", #"{"id":1}"#) { file in
            try await perform(
                [
                    "start", "order", "--version", "3", "--key", "ORD-1042", "--input", file,
                    "--label", "a=b=c", "--label", "d=", "--wait",
                ], coordinator, paper)
        }
        #expect(status == exit)
        #expect(
            coordinator.asked == [
                #"start order v3 ORD-1042 {"id":1} a=b=c d="#, "await \(Fixture.id) -",
            ])
        #expect(paper.output.contains(saga.state.label + (saga.state.isEnded ? " in " : " for ")))
        #expect(paper.error == "")
    }

    @Test func startShowsTheOutputOnALineOfItsOwn() async throws {
        let paper = Paper()
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.completed] }
        try await withFile("order.json", "1") { file in
            _ = try await perform(
                ["start", "order", "--input", file, "--wait"], coordinator, paper)
        }
        #expect(
            paper.output.hasSuffix(
                "\nCOMPLETED in 71 ms\n{\"trackingNumber\":\"1Z999AA10123456784\"}\n"))
    }

    @Test func startWithoutWaiting() async throws {
        let paper = Paper()
        let coordinator = FakeCoordinator()
        let exit = try await withFile("order.json", "1") { file in
            try await perform(
                ["start", "order", "--key", "K", "--input", file], coordinator, paper)
        }
        #expect(exit == .done)
        #expect(paper.output == "order/K  \(Fixture.id)\n")
    }

    @Test func progressIsShownAndWipedOut() async throws {
        let paper = Paper()
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.waiting, Fixture.completed] }
        try await withFile("order.json", "1") { file in
            _ = try await perform(
                ["start", "order", "--input", file, "--wait"], coordinator, paper, progress: true)
        }
        #expect(
            paper.error
                == "\r\u{1B}[K… charge  waits 2m 14s for a participant; "
                + "payments/p-1 was lost 3m ago\r\u{1B}[K")
        #expect(
            coordinator.asked.suffix(2) == [
                "await \(Fixture.id) 500ms", "await \(Fixture.id) 500ms",
            ])
    }

    @Test func aWaitThatIsOverSaysThatTheSagaGoesOn() async throws {
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.waiting] }
        let complaint = await #expect(throws: Complaint.self) {
            try await withFile("order.json", "1") { file in
                _ = try await perform(
                    ["start", "order", "--input", file, "--wait", "--timeout", "10s"], coordinator,
                    Paper())
            }
        }
        #expect(
            complaint?.lines == [
                "order is still RUNNING after 10s", "it goes on; sagactl show \(Fixture.id)",
            ])
        #expect(complaint?.exit == .software)
    }

    @Test func inputThatIsNotJSON() async throws {
        let coordinator = FakeCoordinator()
        try await withFile("order.json", "{\n  \"ä\": nope}") { file in
            let complaint = await #expect(throws: Complaint.self) {
                _ = try await perform(["start", "order", "--input", file], coordinator, Paper())
            }
            #expect(
                complaint?.text(.plain)
                    == "\(file):2:9: error: not JSON: this cannot stand here\n")
            #expect(complaint?.exit == .dataError)
        }
        #expect(coordinator.asked.isEmpty)
    }

    @Test func inputThatIsNotThere() async throws {
        let complaint = await #expect(throws: Complaint.self) {
            _ = try await perform(
                ["start", "order", "--input", "/nonexistent/x.json"], FakeCoordinator(), Paper())
        }
        #expect(
            complaint?.text(.plain) == "error: cannot read /nonexistent/x.json: "
                + "No such file or directory (ENOENT)\n")
        #expect(complaint?.exit == .dataError)
    }

    static let order = """
        name: order
        version: 3
        steps:
          - { name: reserve, handler: inventory.reserve }
          - { name: confirm, handler: mail.confirm }
        """

    @Test func register() async throws {
        let paper = Paper()
        let coordinator = FakeCoordinator { state in
            state.registered = RegisteredDefinition(
                name: "order", version: 3, digest: TableDrawingTests.definition.digest,
                isExisting: false,
                warnings: [
                    RegisteredDefinition.Warning(
                        reason: "HANDLER_NEVER_OFFERED", step: "confirm", field: "handler",
                        message: "no participant has ever offered mail.confirm; "
                            + "did you mean mail.confirmation?")
                ])
        }
        try await withFile("order.yaml", Self.order) { file in
            let exit = try await perform(["register", file], coordinator, paper)
            #expect(exit == .done)
            #expect(
                paper.error == "warning: \(file):5: no participant has ever offered mail.confirm; "
                    + "did you mean mail.confirmation?\n")
        }
        #expect(paper.output == "order v3 registered: 2 steps, digest 9f2c81d4e07a\n")
    }

    @Test func everyFaultOfAFileAndNothingRegistered() async throws {
        let coordinator = FakeCoordinator()
        let text = Self.order + "\n  - { name: ship, handler: nope, retry: { maxAtempts: 3 } }\n"
        try await withFile("order.yaml", text) { file in
            let complaint = await #expect(throws: Complaint.self) {
                _ = try await perform(["register", file], coordinator, Paper())
            }
            let lines = complaint?.lines ?? []
            #expect(lines.count == 3 && lines.last == "2 errors, nothing registered")
            #expect(lines.dropLast().allSatisfy { $0.hasPrefix("\(file):6:") })
            #expect(
                complaint?.text(.plain).contains(
                    "unknown key maxAtempts; did you mean maxAttempts?")
                    == true)
            #expect(complaint?.exit == .dataError)
        }
        #expect(coordinator.asked.isEmpty)
    }

    @Test(arguments: [
        (["list"], "list []   [:] 100"),
        (["list", "--live"], "list [PENDING,RUNNING,COMPENSATING,FAILED]   [:] 100"),
        (
            ["list", "--state", "running", "--state", "FAILED", "--definition", "order"],
            "list [RUNNING,FAILED] order  [:] 100"
        ),
        (
            [
                "list", "--live", "--state", "running", "--key", "K", "--label", "a=b", "--limit",
                "5",
            ],
            #"list [RUNNING]  K ["a": "b"] 5"#
        ),
        (["cancel", "order/K", "--reason", "because"], "cancel order/K because"),
        (
            ["list", "--attention", "--suspended", "--definition", "order@3"],
            "list [] order@3  [:] 100 attention [] suspended"
        ),
        (["dlq"], "list []   [:] 100 attention []"),
        (
            [
                "dlq", "--why", "parked", "--why", "hold", "--definition", "order", "--label",
                "a=b", "--limit", "7",
            ], #"list [] order  ["a": "b"] 7 attention [parked,hold]"#
        ),
        (["definitions"], "definitions"), (["participants", "--instances"], "participants"),
        (["status"], "status"),
    ])
    func whatIsAsked(_ line: [String], _ asked: String) async throws {
        let coordinator = FakeCoordinator()
        #expect(try await perform(line, coordinator, Paper()) == .done)
        #expect(coordinator.asked == [asked])
    }

    @Test func anEmptyListIsNoError() async throws {
        let paper = Paper()
        #expect(try await perform(["list"], FakeCoordinator(), paper) == .done)
        #expect(paper.output == "" && paper.error == "no sagas\n")
        let json = Paper()
        #expect(try await perform(["list", "--json"], FakeCoordinator(), json) == .done)
        #expect(json.output == "")
    }

    @Test func oneObjectALine() async throws {
        let paper = Paper()
        let row = TableDrawingTests.row(.running, key: "K", step: "a", since: .zero)
        let coordinator = FakeCoordinator { state in
            state.list = SagaList(rows: [row, row], observedAt: Fixture.start, hasMore: true)
        }
        _ = try await perform(["--json", "list", "--limit", "2"], coordinator, paper)
        #expect(paper.output.split(separator: "\n").count == 2)
        #expect(paper.error == "there are more; --limit 2 is reached\n")
    }

    @Test func show() async throws {
        let paper = Paper()
        let coordinator = FakeCoordinator { $0.sagas = [Fixture.undone] }
        #expect(try await perform(["show", "order/ORD-1041"], coordinator, paper) == .done)
        #expect(paper.output.hasPrefix("order/ORD-1041  COMPENSATED in 96 ms  v3"))
        #expect(coordinator.asked == ["get order/ORD-1041"])
    }

    @Test func cancelSaysWhereTheSagaIsNow() async throws {
        let paper = Paper()
        _ = try await perform(
            ["cancel", "order/K", "--reason", "x"], FakeCoordinator(), paper)
        #expect(paper.output == "order/K  cancelled  COMPENSATING\n")
    }
}
