internal import SagaModel

/// One step in the picture of its saga: a sign, its name, and how far it is.
struct StepDrawing {
    /// What stands behind the name; each form has columns of its own.
    private enum Form {
        /// Going forward, with handlers: `inventory.reserve   11 ms   attempt 1, inventory/i-2`.
        case forward
        /// The same without handlers.
        case brief
        /// Going back: `done 11 ms    undo waits for charge`.
        case back
        /// Gone back: `11 ms   undone 8 ms`.
        case undone
    }

    private let step: StepStatus
    private let saga: SagaStatus
    private let style: Style
    private let form: Form
    private let row: StepGraph.Row
    private let marks: String

    init(
        _ row: StepGraph.Row, in saga: SagaStatus, isBrief: Bool, _ style: Style
    ) {
        step = saga.steps[row.step]
        self.row = row
        self.saga = saga
        self.style = style
        marks = StepMarks(step, isBrief: isBrief).text
        if !saga.wentBack {
            form = isBrief ? .brief : .forward
        } else {
            form = saga.state.isEnded ? .undone : .back
        }
    }

    /// An empty table for the steps of one saga, which are all drawn in the same form.
    static func table(_ rows: [StepDrawing]) -> TextTable {
        let columns: [TextTable.Alignment] =
            switch rows.first?.form {
            case .forward: [.left, .left, .right, .left]
            case .brief, .undone, nil: [.left, .right, .left]
            case .back: [.left, .left, .left]
            }
        return TextTable(columns, gap: 3, indentation: 2)
    }

    var cells: [StyledText] {
        let name =
            StyledText(row.prefix, .dim) + StyledText(sign, style) + " "
            + StyledText(step.name, .name)
        switch form {
        case .forward, .brief:
            let handler = form == .forward ? [StyledText(StepMarks.work(step))] : []
            return [name] + handler + progress
        case .back: return [name, before, undo]
        case .undone:
            let neverRan = step.state == .pending || step.state == .skipped
            return [name, StyledText(neverRan ? "" : took(step.action) ?? ""), undo]
        }
    }

    // MARK: Signs

    /// What stands before the name.
    var sign: Sign {
        switch step.state {
        case .pending: saga.wentBack ? .passedOver : .later
        case .scheduled, .running: .waits
        case .succeeded: isUndoAhead ? .later : .done
        case .failed: isUndoAhead ? .later : .failed
        case .skipped: .passedOver
        case .compensating: undoSign
        case .compensated: .undone
        case .compensationFailed: .attention
        }
    }

    private var undoSign: Sign {
        switch step.compensation?.waiting {
        case .laterUndos: .later
        case .backoff: .attention
        case .participant, .compensationHandler, .slot, .room, .answer, .recovery, .delay,
            .notYet, .deferred, .child, .suspended, .parked, .comeback, .cancelAnswer, nil:
            (step.compensation?.failures ?? 0) > 0 ? .attention : .waits
        }
    }

    // MARK: Forward

    /// The time it took, if it is over, and more about it; a text that is no time takes its place
    /// and the rest of the line.
    private var progress: [StyledText] {
        switch step.state {
        case .pending: [Self.joined([StyledText(marks), waitsForSteps])]
        case .scheduled, .running:
            [Self.joined([WaitingText(step.action, saga).text, StyledText(marks), after])]
        case .succeeded:
            [
                StyledText(took(step.action) ?? ""),
                Self.joined([StyledText(attempt), StyledText(marks), after]),
            ]
        case .failed:
            [
                StyledText(took(step.action) ?? ""),
                Self.joined([failed, StyledText(marks), after]),
            ]
        case .skipped: [Self.joined([StepMarks.skip(step), after])]
        case .compensating, .compensated, .compensationFailed:
            [StyledText(took(step.action) ?? ""), undo]
        }
    }

    private var failed: StyledText {
        let doubt = step.more.isLeftInDoubt ? ", in doubt" : ""
        return StyledText("failed\(doubt)" + said(step.action), .failed)
    }

    private var attempt: String {
        guard form == .forward, step.action.attempts > 0 else { return "" }
        let instance = step.action.instance.isEmpty ? "" : ", \(step.action.instance)"
        return "attempt \(step.action.attempts)\(instance)"
    }

    /// Which steps a step waits for that joins branches, as far as they are not over.
    private var waitsForSteps: StyledText {
        guard !row.awaited.isEmpty else { return "" }
        let open = saga.steps.filter { row.awaited.contains($0.name) && $0.isAhead }
        guard !open.isEmpty else { return after }
        return StyledText("waits for \(ShownList.text(open.map(\.name), atMost: 3))", .dim)
    }

    /// The same once it waits no more.
    private var after: StyledText {
        guard !row.awaited.isEmpty else { return "" }
        return StyledText("after \(ShownList.text(row.awaited, atMost: 3))", .dim)
    }

    private static func joined(_ parts: [StyledText]) -> StyledText {
        StyledText.joined(parts, by: "; ")
    }

    // MARK: Back

    /// How the action ended: `done 11 ms`.
    private var before: StyledText {
        let time = took(step.action).map { " \($0)" } ?? ""
        if step.undoKnowledge == .inDoubt { return StyledText("in doubt\(time)", .waiting) }
        switch step.state {
        case .pending: return StyledText("not run", .dim)
        case .scheduled: return StyledText("waits", .waiting)
        case .running: return StyledText("running", .waiting)
        case .failed:
            return StyledText(
                "failed\(step.more.isLeftInDoubt ? ", in doubt" : "")\(time)", .failed)
        case .skipped: return StyledText("skipped", .dim)
        case .succeeded, .compensating, .compensated, .compensationFailed:
            return StyledText("done\(time)")
        }
    }

    /// How its undo is: `undo waits for charge`.
    private var undo: StyledText {
        switch step.state {
        case .pending: return form == .undone ? StyledText("not run", .dim) : ""
        case .skipped: return form == .undone ? StepMarks.skip(step) : ""
        case .scheduled, .running:
            return WaitingText(step.action, saga).awaited
        case .failed:
            if form == .undone { return StyledText("failed", .failed) }
            return isUndoAhead ? undoAhead : "nothing to undo"
        case .succeeded: return isUndoAhead ? undoAhead : "nothing to undo"
        case .compensating: return undoAhead
        case .compensated:
            let time = step.compensation.flatMap(took).map { " \($0)" } ?? ""
            let by = step.more.undoneBy.map { " by hand, by \(ShownPrincipal.text($0.by))" }
            return StyledText("undone\(time)", .waiting) + (by ?? "") + doubt
        case .compensationFailed:
            let task = step.compensation ?? step.action
            return StyledText(
                "undo failed \(ShownNumber.times(max(1, task.failures)))\(said(task))", .failed)
        }
    }

    private var doubt: String {
        form == .undone && step.undoKnowledge == .inDoubt ? ", its outcome was not known" : ""
    }

    /// Whether its undo is wanted and has not begun.
    private var isUndoAhead: Bool {
        step.compensation.map { $0.endedAt == nil } ?? false
    }

    private var undoAhead: StyledText {
        guard let task = step.compensation, let waiting = task.waiting else {
            let why = saga.state == .failed ? "waits: the saga is parked" : "is due"
            return StyledText("undo \(why)", .waiting)
        }
        guard waiting == .laterUndos else {
            return StyledText("undo ", .waiting) + WaitingText(task, saga).text
        }
        let names = UndoOrder(saga).awaited(by: step.name)
        let awaited = names.isEmpty ? "the steps after it" : names.joined(separator: " and ")
        return StyledText("undo waits for \(awaited)", .waiting)
    }

    private func said(_ task: TaskStatus) -> String {
        task.lastFailure.map { ": \(WaitingText.said($0))" } ?? ""
    }

    // MARK: Times

    /// From when a task was due to its end: waits and attempts that failed are part of it.
    private func took(_ task: TaskStatus) -> String? {
        guard let ended = task.endedAt, let began = task.dueAt ?? task.handedOutAt else {
            return nil
        }
        return ShownDuration.long(ended - began)
    }
}

extension StepStatus {
    /// Whether steps that wait for it still do.
    fileprivate var isAhead: Bool {
        switch state {
        case .pending, .scheduled, .running, .compensating, .compensationFailed: true
        case .succeeded, .failed, .skipped, .compensated: false
        }
    }
}
