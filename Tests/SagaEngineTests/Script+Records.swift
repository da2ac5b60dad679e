import SagaModel

@testable import SagaEngine

/// Records as text; ` &` says that the group goes on.
extension Script {
    func render(_ emitted: EmittedRecord) -> String {
        let saga = rig.engine.order.find(emitted.saga)
        let text = render(emitted.record, saga?.facts)
        return "#\(emitted.position.rawValue) \(text)\(emitted.continues ? " &" : "")"
    }

    private func render(_ record: Record, _ facts: SagaFacts?) -> String {
        let name = facts.map { sagaName($0.id) } ?? "?"
        switch record {
        case .lifeBegan(let life): return "life \(life.epoch) began"
        case .definitionRegistered(let definition):
            return "definition \(definition.written.name) v\(definition.written.version)"
        case .keyTaken(let key): return "key of \(sagaName(key.saga))"
        case .sagaStarted(let started):
            return "\(sagaName(started.id)) \(render(started))\(render(started.opened, facts))"
        case .attemptEnded(let ended): return "\(name) \(render(ended, facts))"
        case .waitEnded(let ended): return "\(name) wait over\(render([ended.opened], facts))"
        case .cancelAsked(let asked): return "\(name) cancel asked: \(asked.reason)"
        case .wentBack(let back): return "\(name) \(render(back, facts))"
        case .sagaParked(let parked):
            let step = taskName(parked.step, parked.direction, facts)
            return "\(name) parked at \(step), \(parked.reason.label): \(parked.failure.code)"
                + render(parked.stopped, facts)
        case .sagaEnded(let ended):
            let output = ended.outputOf.map { ", output of \(stepName($0, facts))" } ?? ""
            let key = ended.keyUntil.map { ", key for \(($0 - ended.at).text) more" } ?? ""
            let made = ended.output.map { ", output \($0.text)" } ?? ""
            let left = ended.left.map { ", left \(stepName($0.step, facts)) \($0.knowledge)" }
            return "\(name) \(ended.state.label)\(output)\(made)\(left.joined())\(key)"
        case .stepsMoved(let moved): return "\(name) \(render(moved, facts))"
        case .taskDeferred(let deferred):
            let time = deferred.until.map { " for \($0.duration.text)" } ?? ""
            return "\(name) \(taskName(deferred.step, deferred.direction, facts)) "
                + "\(deferred.token.text) deferred\(time) by \(deferred.instance)"
        case .sagaSuspended, .sagaResumed, .verbGiven, .sagaUnparked, .stepSettled, .sagaBegan,
            .sagaTimedOut, .attentionChanged, .limitsSet, .engineRestated, .definitionRestated,
            .keysRestated, .sagaRestated:
            return "\(name) \(renderVerb(record, facts))"
        case .sessionAttached(let session):
            return "\(session.participant) attached, generation \(session.generation)"
        case .sessionEnded(let session):
            return "\(session.participant) \(session.inOrder ? "left" : "given up")"
        }
    }

    func stepName(_ step: StepIndex, _ facts: SagaFacts?) -> String {
        facts?.definition.steps[step.rawValue].name ?? "?"
    }

    func taskName(
        _ step: StepIndex, _ direction: Direction, _ facts: SagaFacts?
    ) -> String {
        stepName(step, facts) + (direction == .action ? "" : "/undo")
    }

    func render(_ opened: [Opened], _ facts: SagaFacts?) -> String {
        opened.map { item in
            let child = item.child.map { " as \(sagaName($0))" } ?? ""
            return "; opens \(taskName(item.step, item.direction, facts)) \(item.number)\(child)"
        }.joined()
    }

    private func render(_ ended: AttemptEnded, _ facts: SagaFacts?) -> String {
        let next =
            switch ended.next {
            case .over(let state): "\(state)"
            case .again(let number): "again \(number)"
            case .waits(let wait):
                "waits \(wait.duration.text)\(wait.reason == .backoff ? "" : " \(wait.reason)")"
            }
        let by = ended.instance.isEmpty ? "" : " by \(ended.instance)"
        let failures = ended.failures > 0 ? ", failures \(ended.failures)" : ""
        let undo = ended.undo.map { ", known: \($0)" } ?? ""
        let progress = ended.progress.map { ", progress \($0.text)" } ?? ""
        return "\(taskName(ended.step, ended.direction, facts)) \(ended.token.text) "
            + "\(ended.outcome.text)\(by): \(next)\(failures)\(undo)\(progress)"
            + render(ended.opened, facts)
    }

    private func render(_ back: WentBack, _ facts: SagaFacts?) -> String {
        let steps = back.steps.map { "\(stepName($0.step, facts)) \($0.knowledge)" }
        let withdrawn = back.withdrawn.map { "\(stepName($0, facts)) withdrawn" }
        let list = (steps + withdrawn).joined(separator: ", ")
        return "goes back, \(text(back.reason, facts)): \(list)" + render(back.opened, facts)
    }

    func text(_ reason: BackReason, _ facts: SagaFacts?) -> String {
        (reason.step.map { stepName($0, facts) + " " } ?? "") + reason.failure.code
    }
}

extension Token {
    var text: String { "\(epoch).\(number)" }
}

extension Duration {
    var text: String {
        let count = microseconds
        return count % 1_000_000 == 0 ? "\(count / 1_000_000)s" : "\(count / 1_000)ms"
    }
}

extension Payload {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension AttemptOutcome {
    var text: String {
        switch self {
        case .succeeded(let output): "succeeded \(output.text)"
        case .failed(let failure): "failed \(failure.code)"
        case .notYet: "not yet"
        case .deferred: "deferred"
        case .hold(let reason): "hold \(reason)"
        case .retry(let failure, _): "retry \(failure.code)"
        case .refused: "refused"
        case .unknown(let cause): "unknown \(cause)"
        case .declined(let reason): "declined \(reason)"
        }
    }
}
