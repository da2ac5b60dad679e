internal import SagaModel

/// What a task waits for, in words.
struct WaitingText {
    private let task: TaskStatus
    private let saga: SagaStatus

    init(_ task: TaskStatus, _ saga: SagaStatus) {
        self.task = task
        self.saga = saga
    }

    /// `waits 2m 14s for a participant; payments/p-1 was lost 3m ago`.
    var text: StyledText {
        switch task.waiting {
        case .participant(let since, let lastSeen, let lostAt):
            let lost = lostAt.map { "was lost \(ShownInstant.ago($0, seenAt: saga.observedAt))" }
            let last = lastSeen.isEmpty ? "" : "; \(lastSeen) \(lost ?? "was the last")"
            return waits(since, "for a participant") + last
        case .compensationHandler(let since):
            return waits(since, "for a participant that serves the compensation too")
        case .slot(let since): return waits(since, "for a free slot")
        case .room(let since): return waits(since, "for room on the coordinator's disk")
        case .backoff(let until): return backoff(until)
        case .answer(let since): return running(since)
        case .recovery(let since):
            let who = task.instance.isEmpty ? "participants" : task.instance
            return waits(since, "for \(who) to return after the coordinator's restart")
        case .comeback(let instance, let lostAt, let until):
            return waits(lostAt, "for \(instance) to return")
                + "; given up in \(remaining(until))"
        case .cancelAnswer(_, let until): return awaited + "; at most \(remaining(until)) more"
        case .laterUndos: return StyledText("waits for later undos", .waiting)
        case .delay(let until): return waits(until: until, "for its delay")
        case .notYet(let until): return waits(until: until, "as its handler asked")
        case .deferred(let since, let until):
            let limit = until.map { "; at most \(remaining($0)) more" } ?? ""
            return waits(since, "for an answer from outside") + limit
        case .child(let id, let state, let since):
            return waits(since, "for child saga \(id), \(state.label)")
        case .suspended(let since): return waits(since, "for somebody to resume the saga")
        case .parked(let since): return waits(since, "for somebody to settle the saga")
        case nil: return StyledText("begins", .waiting)
        }
    }

    /// The same for an action whose saga goes back already.
    var awaited: StyledText {
        let who = task.instance.isEmpty ? "its participant" : task.instance
        return StyledText("waits for the answer of \(who)", .waiting)
    }

    /// What a failure says to people; its code if there is no message.
    static func said(_ failure: Failure) -> String {
        failure.message.isEmpty ? failure.code : failure.message
    }

    private func waits(until: Instant, _ what: String) -> StyledText {
        StyledText("waits \(remaining(until)) more \(what)", .waiting)
    }

    private func remaining(_ until: Instant) -> String {
        ShownDuration.long(max(until - saga.observedAt, .zero))
    }

    private func waits(_ since: Instant, _ what: String) -> StyledText {
        StyledText("waits \(ShownDuration.long(saga.observedAt - since)) \(what)", .waiting)
    }

    /// `failed 14 times: gateway timeout; next in 36 s`.
    private func backoff(_ until: Instant) -> StyledText {
        let remaining = until - saga.observedAt
        let next = remaining > .zero ? "next in \(ShownDuration.long(remaining))" : "next now"
        guard let failure = task.lastFailure else { return StyledText(next, .waiting) }
        let count = task.failures > 0 ? task.failures : max(1, task.attempts)
        return StyledText(
            "failed \(ShownNumber.times(count)): \(Self.said(failure)); \(next)", .waiting)
    }

    /// `running 2 s, attempt 2, payments/p-1; before that: gateway timeout`.
    private func running(_ since: Instant) -> StyledText {
        var facts = ["running \(ShownDuration.long(saga.observedAt - since))"]
        if task.attempts > 1 { facts.append("attempt \(task.attempts)") }
        if !task.instance.isEmpty { facts.append(task.instance) }
        if let beat = task.lastHeartbeatAt {
            facts.append("heartbeat \(ShownInstant.ago(beat, seenAt: saga.observedAt))")
        }
        let before = task.lastFailure.map { "; before that: \(Self.said($0))" } ?? ""
        return StyledText(facts.joined(separator: ", ") + before)
    }
}
