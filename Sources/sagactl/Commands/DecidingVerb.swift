internal import ArgumentParser
internal import SagaModel
internal import SagaSystem
internal import UnixSignals

/// A verb by which an operator decides what becomes of a saga, or of all that a filter takes; all
/// of them are asked and answered in the same form.
protocol DecidingVerb: Verb {
    /// The states in which a saga can take it; over many, the others are not asked.
    static var takers: [SagaState] { get }

    /// The one saga; nil where `many` says which.
    var saga: NamedSaga? { get }
    var many: ManyOptions { get }
    var reason: String { get }

    /// What was decided; throws where a file that it names cannot be taken.
    func decision() throws(Complaint) -> Decision
}

extension DecidingVerb {
    func validate() throws { try checkSagas() }

    /// Refuses what names no saga, or one and many.
    func checkSagas() throws {
        try many.check(saga, verb: Self._commandName, takers: Self.takers)
    }

    func perform(
        _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let decision = try decision()
        guard let saga else { return try await performOnMany(decision, calls, screen) }
        let answer = try await calls.perform(decision, on: saga, reason: reason)
        if screen.isJSON {
            try screen.show([JSONObject(answer, to: decision)])
        } else {
            try screen.show(DecisionDrawing.lines(decision, saga, answer, screen.style))
        }
        return .done
    }

    /// Lists, counts, asks, and makes one call a saga.
    private func performOnMany(
        _ decision: Decision, _ calls: any CoordinatorCalls, _ screen: Screen
    ) async throws(Complaint) -> Complaint.Exit {
        let now = Instant(microseconds: WallClock.microsecondsSince1970())
        let list = try await calls.list(
            many.filter(decision, takers: Self.takers, now: now), oldestFirst: true, limit: .max)
        let rows = list.rows.filter { decision != .suspend || !$0.isSuspended }
        guard !rows.isEmpty else {
            screen.note("no saga matches")
            return .done
        }
        let match = ManyDrawing.match(rows, at: list.observedAt)
        if many.yes {
            screen.note(match)
        } else {
            let question = ManyDrawing.question(Self._commandName, rows.count, rate: many.rate)
            guard let answer = screen.ask("\(match)\n\(question) [y/N] ") else {
                throw Complaint(
                    "\(match); nobody can be asked here",
                    hints: ["look at the list, then: --yes"], exit: .usage)
            }
            guard ["y", "yes"].contains(answer.lowercased()) else {
                screen.note("nothing is done")
                return .no
            }
        }
        let run = ManyRun(
            decision: decision, reason: reason, rate: many.rate, calls: calls, screen: screen)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await run.go(through: rows) { for await _ in signals { return } }
    }
}
