import SagaModel

@testable import SagaEngine

/// Records of verbs, and of sagas that stand still, as text.
extension Script {
    /// The name of a saga in the script; a child is called by its parent's step.
    func sagaName(_ id: SagaID) -> String {
        if let name = names[id] { return name }
        guard let parent = rig.engine.sagas[id]?.facts.parent,
            let saga = rig.engine.order.find(parent.saga),
            let place = saga.steps[parent.step.rawValue].action.extras?.children.firstIndex(of: id)
        else { return "?" }
        let step = saga.facts.definition.steps[parent.step.rawValue].name
        let name = "\(sagaName(saga.facts.id))-\(step)\(place == 0 ? "" : "-\(place + 1)")"
        names[id] = name
        ids[name] = id
        return name
    }

    func render(_ started: SagaStarted) -> String {
        let start = started.startAt.map { ", in \($0.duration.text)" } ?? ""
        let inline = started.inline.map { " inline \($0.written.name)" } ?? ""
        let children = started.children.map { ", \($0.name) by #\($0.definition.rawValue)" }
        let parent = started.parent == nil ? "" : " for its parent"
        let input = started.parent == nil ? "" : " with \(started.input.text)"
        let replaces = started.replaces.map { ", replaces \(sagaName($0))" } ?? ""
        return "started\(inline)\(parent)\(input)\(start)\(replaces)\(children.joined())"
    }

    func render(_ moved: StepsMoved, _ facts: SagaFacts?) -> String {
        let moves = moved.moves.map { move in
            let name = taskName(move.step, move.direction, facts)
            return switch move.kind {
            case .skipped(let found): "\(name) skipped\(found.isEmpty ? "" : ", found \(found)")"
            case .waits(let wait): "\(name) waits \(wait.duration.text) \(wait.reason)"
            case .failed(let failure, let undo): "\(name) failed \(failure.code), known: \(undo)"
            }
        }
        return "moves \(moves.joined(separator: ", "))\(render(moved.opened, facts))"
    }

    func render(_ stopped: [StoppedLimit], _ facts: SagaFacts?) -> String {
        stopped.map { "; \(text($0.limit, facts)) stops, \($0.left.text) left" }.joined()
    }

    private func render(_ limits: [RunningLimit], _ facts: SagaFacts?) -> String {
        limits.map { "; \(text($0.limit, facts)) runs, \($0.wait.duration.text)" }.joined()
    }

    private func text(_ limit: TimeLimit, _ facts: SagaFacts?) -> String {
        switch limit {
        case .saga: "timeout"
        case .scheduleToStart(let step): "scheduleToStart of \(stepName(step, facts))"
        case .scheduleToClose(let step): "scheduleToClose of \(stepName(step, facts))"
        case .deferral(let step, let direction):
            "deferral of \(taskName(step, direction, facts))"
        }
    }

    func renderVerb(_ record: Record, _ facts: SagaFacts?) -> String {
        switch record {
        case .sagaSuspended(let suspended):
            let by = suspended.by.map { " by \($0.name)" } ?? ""
            let step = suspended.step.map { " at \(stepName($0, facts))" } ?? ""
            return "suspended\(by)\(step): \(suspended.reason)\(render(suspended.stopped, facts))"
        case .sagaResumed(let resumed): return "resumed\(render(resumed.limits, facts))"
        case .verbGiven(let given):
            let step = given.step.map { " \(stepName($0, facts))" } ?? ""
            return "\(given.verb.label)\(step) by \(given.principal.name): \(given.reason)"
        case .sagaUnparked(let unparked):
            return "unparked, \(unparked.state.label)\(render(unparked.opened, facts))"
                + render(unparked.limits, facts)
        case .stepSettled(let settled):
            let output = settled.output.map { ", output \($0.text)" } ?? ""
            let undo = settled.undo.map { ", known: \($0)" } ?? ""
            return "\(stepName(settled.step, facts)) settled, \(settled.state)\(output)\(undo)"
        case .sagaBegan(let began): return "begins\(render(began.opened, facts))"
        case .sagaTimedOut: return "timed out"
        case .attentionChanged(let changed):
            let raised = changed.raised.map { item in
                "attention raised: \(item.reason.label)"
                    + (item.step.map { " " + taskName($0, item.direction, facts) } ?? "")
            }
            return (changed.cleared.map { "attention cleared: \($0.label)" } + raised)
                .joined(separator: ", ")
        case .limitsSet(let set): return "limits set" + render(set.limits, facts)
        case .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            return RestatingTests.kind(of: record)
        case _: return "?"
        }
    }
}
