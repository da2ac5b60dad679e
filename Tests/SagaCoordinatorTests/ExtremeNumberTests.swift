import SagaEngine
import SagaModel
import SagaProtobuf
import Testing

@testable import SagaCoordinator

/// Numbers at the edges of their types: each is refused with its field, or taken, answered, and
/// read from the journal again as it was.
@Suite struct ExtremeNumberTests {
    static let longest = Duration.seconds(315_576_000_000)
    static let tenYears = Duration.seconds(3_650 * 86_400)

    static func definition(_ change: (inout StepDefinition) -> Void = { _ in }) -> SagaDefinition {
        var step = StepDefinition(name: "reserve", work: .handler("inventory.reserve"))
        change(&step)
        return SagaDefinition(name: "order", version: 1, steps: [step])
    }

    // MARK: Capacities

    @Test(
        "The engine lives with any capacity, and counts it",
        arguments: [
            0, 1, UInt32.max - 1, .max,
        ], [0, 1, UInt32.max - 1, .max])
    func capacities(slots: UInt32, undoSlots: UInt32) throws {
        let path = NumberPath()
        #expect(try path.register(Self.definition()) == [])
        for number in UInt64(1)...3 {
            try path.hello(
                number, TestSession.hello("i-\(number)", slots: slots, undoSlots: undoSlots))
        }
        let started = try path.start(1)
        #expect((NumberPath.attempt(in: started) != nil) == (slots > 0))
        let shown = path.step(.participants(path.nextCall(), namespace: "default"))
        let handlers = shown.compactMap { effect -> [HandlerStatus]? in
            guard case .reply(_, .participants(let handlers, _)) = effect else { return nil }
            return handlers
        }
        let sum = UInt32(clamping: UInt64(slots) * 3)
        #expect(handlers.first?.map(\.slots) == [sum])
        // A later Hello may take back what it gave, below what runs.
        for number in UInt64(1)...3 {
            try path.hello(number, TestSession.hello("i-\(number)", slots: 1, undoSlots: 1))
        }
        path.restart()
        #expect(try path.status(of: NumberPath.saga(1)).state == .running)
    }

    // MARK: Results

    static let waits: [Duration?] = [
        nil, .zero, .nanoseconds(1), .microseconds(1), .seconds(1), longest - .nanoseconds(1),
        longest,
    ]

    @Test("A wish to be asked later stands as late as the limit lets it", arguments: waits)
    func retryAfter(after: Duration?) throws {
        let path = NumberPath()
        #expect(try path.register(Self.definition()) == [])
        try path.hello(1, TestSession.hello("i"))
        let attempt = try #require(NumberPath.attempt(in: try path.start(1)))
        let failure = Failure(code: "busy", message: "later")
        let effects = try path.result(1, attempt, .retry(failure, after: after))
        path.step(.draining(SessionID(1)))
        path.step(.sessionEnded(SessionID(1)))
        guard let after, after > .zero else {
            #expect(try path.status(of: NumberPath.saga(1)).steps[0].action.failures == 1)
            #expect((NumberPath.attempt(in: effects) != nil) == (after == .zero))
            return
        }
        let whole = Duration.microseconds(after.microseconds)
        let due = path.now + (whole < after ? whole + .microseconds(1) : whole)
        path.restart()
        guard
            case .backoff(let until) = try path.status(of: NumberPath.saga(1)).steps[0].action
                .waiting
        else {
            Issue.record("it does not wait")
            return
        }
        // What the protocol cannot write is shown as its last second, in the year 9999.
        let last = Instant(microseconds: 253_402_300_799_000_000)
        #expect(until == min(due, last))
        path.wake()
        try path.hello(2, TestSession.hello("i"))
        #expect(path.now == due)
        #expect(try path.status(of: NumberPath.saga(1)).steps[0].action.attempts == 2)
    }

    @Test(
        "A negative wish is refused with its field",
        arguments: [
            Duration.nanoseconds(-1), .seconds(-1), .zero - longest,
        ])
    func negativeRetryAfter(after: Duration) {
        let attempt = TaskAttempt(
            task: TaskRef(saga: NumberPath.saga(1), step: "reserve", direction: .action),
            token: Token(epoch: Epoch(1), number: 1))
        let failure = Failure(code: "busy", message: "")
        let said = NumberPath().said(
            .result(TaskResult(attempt: attempt, outcome: .retry(failure, after: after))))
        guard case .failure(let fault) = said else {
            Issue.record("it is taken")
            return
        }
        #expect(fault.field == "result.outcome.retry.after")
    }

    @Test(
        "Any token but the current one is stale, and one in a Hello is to stop",
        arguments: [
            0, 1, UInt64.max - 1, .max,
        ], [0, UInt32.max - 1, .max])
    func tokens(epoch: UInt64, number: UInt32) throws {
        let path = NumberPath()
        #expect(try path.register(Self.definition()) == [])
        try path.hello(1, TestSession.hello("i"))
        let attempt = try #require(NumberPath.attempt(in: try path.start(1)))
        let odd = TaskAttempt(
            task: attempt.task, token: Token(epoch: Epoch(epoch), number: number))
        let answer = try path.result(1, odd, .succeeded(.empty))
        #expect(answer == [.acknowledge(SessionID(1), odd, .stale)])
        path.step(.heartbeat(SessionID(1), [AttemptSign(odd)]))
        var again = TestSession.hello("i")
        again.running = [odd, odd]
        again.holdingResults = [odd, attempt]
        let effects = try path.hello(2, again)
        #expect(effects.contains(.cancel(SessionID(2), odd, .stale)))
        path.restart()
        var met = TestSession.hello("j")
        met.epochsMet = [EpochMet(lineage: SagaID(high: 7, low: 7), epoch: Epoch(epoch), life: 9)]
        let refused = try path.hello(3, met).contains {
            if case .endSession = $0 { true } else { false }
        }
        #expect(refused == (epoch > 2))
    }

    // MARK: Definitions

    struct PolicyRow: Sendable, CustomStringConvertible {
        let description: String
        let change: @Sendable (inout StepDefinition) -> Void
        /// The field that is refused; nil if it is taken.
        let wrong: String?

        init(
            _ description: String, wrong: String? = nil,
            _ change: @escaping @Sendable (inout StepDefinition) -> Void
        ) {
            self.description = description
            self.change = change
            self.wrong = wrong
        }
    }

    static func retry(_ change: @escaping @Sendable (inout RetryPolicy) -> Void)
        -> @Sendable (inout StepDefinition) -> Void
    {
        { step in
            var policy = RetryPolicy()
            change(&policy)
            step.retry = policy
        }
    }

    static let policies: [PolicyRow] =
        [0, 1, UInt32.max - 1, .max].map { number in
            PolicyRow(
                "max_attempts \(number)",
                wrong: number == 0 ? "steps[0].retry.max_attempts" : nil,
                retry { $0.maxAttempts = number })
        }
        + [
            1, 1.0.nextUp, 1e308, .greatestFiniteMagnitude, 1.0.nextDown, 0, -0.0, -1,
            -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, .signalingNaN,
        ].map { (number: Double) in
            PolicyRow(
                "multiplier \(number)",
                wrong: number >= 1 && number.isFinite ? nil : "steps[0].retry.multiplier",
                retry { $0.multiplier = number })
        }
        + [
            0, -0.0, .leastNonzeroMagnitude, 1, 1.0.nextUp, -.leastNonzeroMagnitude, .infinity,
            .nan,
        ].map { (number: Double) in
            PolicyRow(
                "jitter \(number)",
                wrong: (0...1).contains(number) ? nil : "steps[0].retry.jitter",
                retry { $0.jitter = number })
        }
        + [
            .milliseconds(1), tenYears, tenYears + .milliseconds(1), .zero, .nanoseconds(1),
            .nanoseconds(-1), longest, .zero - longest,
        ].flatMap { (wait: Duration) in
            let isFine = wait >= .milliseconds(1) && wait <= tenYears
            return [
                PolicyRow(
                    "initial and max \(wait)", wrong: isFine ? nil : "steps[0].retry.initial",
                    retry {
                        $0.initial = wait
                        $0.max = wait
                        $0.jitter = 1
                        $0.multiplier = .greatestFiniteMagnitude
                    }),
                PolicyRow(
                    "start_to_close \(wait)",
                    wrong: isFine ? nil : "steps[0].timeouts.start_to_close",
                    { $0.timeouts = StepTimeouts(startToClose: wait) }),
            ]
        }

    @Test("A policy at its edge is refused with its field, or sagas run by it", arguments: policies)
    func policy(row: PolicyRow) throws {
        let path = NumberPath()
        let faults = try path.register(Self.definition(row.change))
        guard row.wrong == nil else {
            #expect(faults.contains(row.wrong ?? ""))
            return
        }
        #expect(faults == [])
        try path.hello(1, TestSession.hello("i"))
        var effects = try path.start(1)
        for _ in 1...4 {
            guard let attempt = NumberPath.attempt(in: effects) else { break }
            path.step(.heartbeat(SessionID(1), []))
            _ = try path.result(1, attempt, .retry(Failure(code: "busy", message: ""), after: nil))
            let waiting = try path.status(of: NumberPath.saga(1)).steps[0].action.waiting
            path.restart()
            #expect(try path.status(of: NumberPath.saga(1)).steps[0].action.waiting == waiting)
            path.wake()
            effects = try path.hello(1, TestSession.hello("i"))
        }
        #expect(try path.status(of: NumberPath.saga(1)).steps[0].action.failures > 0)
    }

    @Test(
        "A key stays taken as long as it is told, at the edges too",
        arguments: [
            Duration.zero, .milliseconds(1), tenYears,
        ])
    func keyRetention(retention: Duration) throws {
        let path = NumberPath()
        var definition = Self.definition()
        definition.keyRetention = retention
        #expect(try path.register(definition) == [])
        try path.hello(1, TestSession.hello("i"))
        let attempt = try #require(NumberPath.attempt(in: try path.start(1)))
        _ = try path.result(1, attempt, .succeeded(.empty))
        path.restart()
        let again = try path.start(2, key: 1).compactMap { effect -> Bool? in
            guard case .reply(_, .started(_, let existing, _, _)) = effect else { return nil }
            return existing
        }
        #expect(again == [retention > .zero])
    }

    // MARK: Requests

    @Test("Pages of any size, from any position", arguments: [0, 1, UInt32.max - 1, .max])
    func pages(size: UInt32) throws {
        let path = NumberPath()
        #expect(try path.register(Self.definition()) == [])
        for number in UInt64(1)...3 { _ = try path.start(number) }
        for (before, rows) in [(nil, 3), (0, 0), (1, 0), (.max, 3)] as [(UInt64?, Int)] {
            let page = try #require(try path.list(size: size, before: before.map { .init($0) }))
            #expect(page.rows.count == min(rows, size == 1 ? 1 : 3), "from \(before ?? 0)")
        }
    }

    @Test("Waits of any length for the end of a saga, and versions at the edges")
    func starts() throws {
        let path = NumberPath()
        #expect(try path.register(Self.definition()) == [])
        var number: UInt64 = 0
        for wait in [Duration.zero, .nanoseconds(1), Self.longest] {
            number += 1
            let id = NumberPath.saga(number)
            let answers = try path.start(number, waits: wait)
            path.step(
                .await(
                    path.nextCall(), .id(namespace: "default", id), within: wait,
                    untilEnded: false))
            #expect(answers.isEmpty == (wait > .zero))
        }
        for wait in [Duration.nanoseconds(-1), .zero - Self.longest] {
            #expect(throws: CodecFailure.self) { try path.start(9, waits: wait) }
        }
        for (version, isThere) in [(0, true), (1, true), (2, false), (.max, false)]
            as [(UInt32, Bool)]
        {
            number += 1
            let answers = try path.start(number, version: version)
            let isStarted = answers.contains {
                if case .reply(_, .started) = $0 { true } else { false }
            }
            #expect(isStarted == isThere, "version \(version)")
        }
        path.restart()
        #expect(try path.list(size: 100, before: nil)?.rows.count == 5)
    }
}
