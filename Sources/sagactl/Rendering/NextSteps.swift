internal import SagaModel

/// What a person can do for a saga that needs one, in verbs that there are.
struct NextSteps {
    private let saga: SagaStatus
    private let argument: String

    /// - Parameter argument: how a command names the saga.
    init(_ saga: SagaStatus, _ argument: String) {
        self.saga = saga
        self.argument = argument
    }

    /// The first begins with `now: `, the others with `or `; none where nobody is needed.
    var lines: [String] {
        if saga.state == .failed {
            return (saga.isParkedForward ? parkedForward : failingUndo)
                + ["or give it up, with what it did: \(command("abandon")) --reason TEXT"]
        }
        if saga.isSuspended { return ["now: look at it, then: \(command("resume"))"] }
        if saga.attention.contains(.undoFailing) { return failingUndo }
        if saga.attention.contains(.pastPivotFailing) { return failingPastPivot }
        return saga.attention.contains(.noParticipant) ? withoutParticipant : []
    }

    private var parkedForward: [String] {
        let step = saga.failure?.step ?? ""
        guard !step.isEmpty else { return ["now: \(command("retry"))"] }
        let isPastPivot =
            saga.steps.contains { $0.more.pivot == .passed }
            || saga.attention.contains(.pastPivotFailing)
            || saga.attention.contains(.timeoutPastPivot)
        let back = "or undo what was done: \(command("compensate")) --reason TEXT"
        return [
            "now: \(command("retry"))",
            "or do \(step) by hand, then: \(command("skip")) \(step) --output FILE --reason TEXT",
        ] + (isPastPivot ? [] : [back])
    }

    private var failingUndo: [String] {
        let failing = saga.steps.filter { $0.state == .compensationFailed || $0.isUndoFailing }
        return ["now: \(command("retry"))"]
            + failing.map { step in
                "or undo \(step.name) by hand, then: \(command("mark-compensated")) \(step.name) "
                    + "--reason TEXT"
            }
    }

    private var failingPastPivot: [String] {
        let failing = saga.steps.filter { $0.isCurrent && $0.action.failures > 0 }
        return ["now: \(command("retry"))"]
            + failing.map { step in
                "or do \(step.name) by hand, then: \(command("skip")) \(step.name) --output FILE "
                    + "--reason TEXT"
            }
    }

    private var withoutParticipant: [String] {
        let handlers = saga.steps.filter { $0.isWithoutParticipant }.map(\.handler)
        let names = handlers.isEmpty ? "the handler" : handlers.joined(separator: " and ")
        var lines = ["now: start a participant that serves \(names); sagactl participants"]
        if saga.state == .running {
            lines.append("or give it up: \(command("cancel")) --reason TEXT")
        }
        return lines
    }

    private func command(_ verb: String) -> String { "sagactl \(verb) \(argument)" }
}

extension SagaStatus {
    /// Whether it is parked on its way forward: then the fault is why it is parked, and not why it
    /// went back.
    var isParkedForward: Bool { state == .failed && compensationFailure == nil }

    /// Whether it is on its way back, or was.
    var wentBack: Bool { failure != nil && !isParkedForward }

    /// Whether a person has to resume it.
    var isSuspended: Bool {
        more.suspension != nil || attention.contains(.held)
            || steps.contains { step in
                [step.action.waiting, step.compensation?.waiting].contains { waiting in
                    if case .suspended = waiting { true } else { false }
                }
            }
    }
}

extension StepStatus {
    /// Whether its undo has failed and is not done.
    fileprivate var isUndoFailing: Bool {
        guard let task = compensation else { return false }
        return state == .compensating && task.failures > 0
    }

    /// Whether a task of the step waits for somebody who serves its handler.
    fileprivate var isWithoutParticipant: Bool {
        [action.waiting, compensation?.waiting].contains { waiting in
            switch waiting {
            case .participant, .compensationHandler: true
            case .slot, .room, .backoff, .answer, .recovery, .laterUndos, .delay, .notYet,
                .deferred, .child, .suspended, .parked, .comeback, .cancelAnswer, nil:
                false
            }
        }
    }
}
