import SagaModel

@testable import SagaEngine

/// Records as text; ` &` says that the group goes on.
extension Script {
    func render(_ emitted: EmittedRecord) -> String {
        let saga = rig.engine.sagasByStart[emitted.saga]
        let text = render(emitted.record, saga?.facts)
        return "#\(emitted.position.rawValue) \(text)\(emitted.continues ? " &" : "")"
    }

    private func render(_ record: Record, _ facts: SagaFacts?) -> String {
        let name = facts.map { names[$0.id] ?? "?" } ?? "?"
        switch record {
        case .lifeBegan(let life): return "life \(life.epoch) began"
        case .definitionRegistered(let definition):
            return "definition \(definition.written.name) v\(definition.written.version)"
        case .keyTaken(let key): return "key of \(names[key.saga] ?? "?")"
        case .sagaStarted(let started):
            let name = names[started.id] ?? "?"
            return "\(name) started\(render(started.opened, facts))"
        case .attemptEnded(let ended): return "\(name) \(render(ended, facts))"
        case .waitEnded(let ended): return "\(name) wait over\(render([ended.opened], facts))"
        case .cancelAsked(let asked): return "\(name) cancel asked: \(asked.reason)"
        case .wentBack(let back): return "\(name) \(render(back, facts))"
        case .sagaParked(let parked):
            return "\(name) parked at \(stepName(parked.step, facts)): \(parked.failure.code)"
        case .sagaEnded(let ended):
            let output = ended.outputOf.map { ", output of \(stepName($0, facts))" } ?? ""
            let key = ended.keyUntil.map { ", key for \(($0 - ended.at).text) more" } ?? ""
            return "\(name) \(ended.state.label)\(output)\(key)"
        case .sessionAttached(let session):
            return "\(session.participant) attached, generation \(session.generation)"
        case .sessionEnded(let session):
            return "\(session.participant) \(session.inOrder ? "left" : "given up")"
        }
    }

    func stepName(_ step: StepIndex, _ facts: SagaFacts?) -> String {
        facts?.definition.steps[step.rawValue].name ?? "?"
    }

    private func taskName(
        _ step: StepIndex, _ direction: Direction, _ facts: SagaFacts?
    ) -> String {
        stepName(step, facts) + (direction == .action ? "" : "/undo")
    }

    private func render(_ opened: [Opened], _ facts: SagaFacts?) -> String {
        opened.map { "; opens \(taskName($0.step, $0.direction, facts)) \($0.number)" }.joined()
    }

    private func render(_ ended: AttemptEnded, _ facts: SagaFacts?) -> String {
        let next =
            switch ended.next {
            case .over(let state): "\(state)"
            case .again(let number): "again \(number)"
            case .waits(let wait): "waits \(wait.duration.text)"
            }
        let by = ended.instance.isEmpty ? "" : " by \(ended.instance)"
        let failures = ended.failures > 0 ? ", failures \(ended.failures)" : ""
        let undo = ended.undo.map { ", known: \($0)" } ?? ""
        return "\(taskName(ended.step, ended.direction, facts)) \(ended.token.text) "
            + "\(ended.outcome.text)\(by): \(next)\(failures)\(undo)"
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
        case .retry(let failure, _): "retry \(failure.code)"
        case .refused: "refused"
        case .unknown(let cause): "unknown \(cause)"
        case .declined(let reason): "declined \(reason)"
        }
    }
}
