internal import SagaModel

/// One decision, made of many sagas one after the other.
struct ManyRun: Sendable {
    let decision: Decision
    let reason: String
    /// How many sagas a second at most.
    let rate: Int
    let calls: any CoordinatorCalls
    let screen: Screen

    /// Goes through the sagas until all are done or `ended` returns; what is refused is told and
    /// does not stop it, whatever else goes wrong does.
    func go(
        through rows: [SagaRow], until ended: @escaping @Sendable () async -> Void
    ) async throws(Complaint) -> Complaint.Exit {
        let tally = await untilEnded(by: ended) { await work(through: rows) }
        screen.progress("")
        if !screen.isJSON { try screen.show([ManyDrawing.end(tally, screen)]) }
        if let complaint = tally.complaint { throw complaint }
        if tally.isInterrupted {
            screen.note("interrupted; run it again for the rest: what is done matches no more")
        }
        return tally.done == tally.all ? .done : .no
    }

    private func work(through rows: [SagaRow]) async -> ManyTally {
        let clock = ContinuousClock()
        let start = clock.now
        var tally = ManyTally(all: rows.count)
        for (place, row) in rows.enumerated() {
            let turn = start + .seconds(place) / rate
            // Ends early only when interrupted.
            if turn > clock.now { try? await clock.sleep(until: turn, tolerance: .milliseconds(1)) }
            guard !Task.isCancelled else {
                tally.isInterrupted = true
                break
            }
            do throws(Complaint) {
                let answer = try await calls.perform(decision, on: .id(row.id), reason: reason)
                if screen.isJSON { try screen.show([JSONObject(answer, to: decision)]) }
                tally.done += 1
            } catch {
                guard error.exit == .no else {
                    tally.complaint = error
                    break
                }
                tally.refused += 1
                screen.progress("")
                screen.note("\(ManyDrawing.name(row)): \(error.lines.joined(separator: "; "))")
            }
            screen.progress(ManyDrawing.progress(tally, rate: rate, screen))
        }
        return tally
    }
}

/// How far one decision on many sagas is.
struct ManyTally: Equatable {
    let all: Int
    var done = 0
    var refused = 0
    var isInterrupted = false
    /// What stopped it, if it was not the end.
    var complaint: Complaint?

    init(all: Int) { self.all = all }

    var tried: Int { done + refused }
}
