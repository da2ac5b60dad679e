import SagaModel

@testable import SagaEngine

/// Sagas with all that there is to say of them.
extension Script {
    /// `show SAGA`
    func show(_ words: inout ScriptWords) throws {
        showsAll = true
        rig.step(.get(nextCall(), try selector(&words), SagaView(history: true, payloads: true)))
    }

    func renderWhole(_ status: SagaStatus) -> [String] {
        showsAll = false
        let more = status.more
        var facts: [String?] = [status.state.label]
        facts.append("since \(ago(status.stateSince))")
        facts.append(more.startAt.map { "starts at \(ago($0))" })
        facts.append(more.runningSince.map { "running since \(ago($0))" })
        facts.append(more.deadline.map { "deadline \(ago($0))" })
        facts.append(more.parent.map { "for \(sagaName($0.saga)).\($0.step)" })
        facts.append(more.replaces.map { "replaces \(sagaName($0))" })
        facts.append(more.replacedBy.map { "replaced by \(sagaName($0))" })
        var lines = ["\(sagaName(status.id)) \(Self.joined(facts))"]
        lines += status.attentionDetails.map { "  attention: \(render($0))" }
        if let suspension = more.suspension {
            let by = suspension.by.map(\.name) ?? "step \(suspension.step)"
            lines.append("  suspended by \(by), \(ago(suspension.since)): \(suspension.reason)")
        }
        if let parking = more.parking {
            lines.append(
                "  parked: \(parking.reason.label) at \(parking.fault.step) "
                    + "(\(parking.direction)), \(parking.fault.failure.code)")
        }
        if let request = more.cancelRequest {
            let waits = request.waitsForPivot ? ", waits for the pivot" : ""
            lines.append("  cancel asked by \(request.by.name): \(request.reason)\(waits)")
        }
        if let verb = more.sentBackBy { lines.append("  sent back by \(render(verb))") }
        if let verb = more.abandonedBy { lines.append("  abandoned by \(render(verb))") }
        lines += more.left.map { "  left: \($0.step) \($0.isKnown ? "known" : "in doubt")" }
        lines += status.steps.flatMap { renderWhole($0) }
        return lines + more.verbs.map { "  verb \(render($0))" }
    }

    private func renderWhole(_ step: StepStatus) -> [String] {
        let more = step.more
        var facts: [String?] = ["  \(step.name) \(step.state)"]
        facts.append(more.pivot.map { "pivot \($0.label)" })
        facts.append(more.isOptional ? "optional" : nil)
        facts.append(more.condition.map { "when \($0.reference) \($0.test)" })
        facts.append(more.isLeftInDoubt ? "in doubt" : nil)
        facts.append(more.childVersion.map { "child \(step.handler) v\($0)" })
        facts += more.children.map { "ran \(sagaName($0))" }
        facts.append(more.input.map { "input \($0.text)" })
        switch more.skip {
        case nil: break
        case .condition(let found): facts.append("skipped, found \(found)")
        case .person(let verb): facts.append("skipped by \(verb.map { render($0) } ?? "-")")
        }
        facts.append(more.undoneBy.map { "undone by \(render($0))" })
        return [Self.joined(facts)] + renderWhole(step.action, "    ")
            + (step.compensation.map { renderWhole($0, "    undo ") } ?? [])
    }

    private func renderWhole(_ task: TaskStatus, _ mark: String) -> [String] {
        var facts: [String?] = [task.waiting.map { "waits for \(render($0))" }]
        if task.attempts > 0 {
            facts.append("\(task.failures) of \(task.maxAttempts) failures")
        }
        facts.append(task.progress.map { "progress \($0.text)" })
        facts.append(task.lastHeartbeatAt.map { "beat \(ago($0))" })
        let first = Self.joined(facts)
        var lines = first.isEmpty ? [] : [mark + first]
        for (place, attempt) in task.history.enumerated() {
            let gap = task.leftOut(beforeAttempt: place)
            if gap > 0 { lines.append("\(mark)\(gap) left out") }
            lines.append(mark + render(attempt))
        }
        return lines
    }

    private func render(_ attempt: AttemptStatus) -> String {
        let by = attempt.instance.isEmpty ? nil : attempt.instance
        let outcome: String? =
            switch attempt.outcome {
            case nil: nil
            case .failed(let failure): "failed \(failure.code): \(failure.message)"
            case .retry(let failure, _): "retry \(failure.code): \(failure.message)"
            case .succeeded: "succeeded"
            case .notYet, .deferred, .hold, .refused, .unknown, .declined:
                attempt.outcome.map { "\($0)" }
            }
        return Self.joined([
            "attempt \(attempt.token.text) \(attempt.state)", by,
            attempt.handedOutAt.map { "from \(ago($0))" },
            attempt.endedAt.map { "to \(ago($0))" }, outcome, attempt.counts ? "counts" : nil,
        ])
    }

    private func render(_ attention: Attention) -> String {
        Self.joined([
            attention.reason.label,
            attention.step.isEmpty ? nil : "\(attention.step) \(attention.direction)",
            attention.since.map { "since \(ago($0))" }, attention.lastFailure?.code,
            attention.nextAttemptAt.map { "next \(ago($0))" },
            attention.failures == 0 ? nil : "failures \(attention.failures)", attention.handler,
        ])
    }

    private func render(_ verb: VerbEntry) -> String {
        let step = verb.step.isEmpty ? "" : " \(verb.step)"
        return "\(verb.verb.label)\(step) by \(verb.by.name), \(ago(verb.at)): \(verb.reason)"
    }

    /// `-3s` for what was 3 seconds ago.
    private func ago(_ instant: Instant) -> String { (instant - rig.now).text }

    private static func joined(_ facts: [String?]) -> String {
        facts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ", ")
    }
}
