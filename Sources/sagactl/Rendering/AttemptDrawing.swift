internal import SagaModel

/// The attempts of a task, a line each, and a line where some are left out.
struct AttemptDrawing {
    private let task: TaskStatus
    private let direction: Direction
    private let now: Instant

    /// - Parameter now: when the coordinator looked.
    init(_ task: TaskStatus, _ direction: Direction, seenAt now: Instant) {
        self.task = task
        self.direction = direction
        self.now = now
    }

    /// `attempt 2  08:14:02  1.2 s  payments/p-1  failed: card-declined "no"`.
    func lines(_ style: Style) -> [String] {
        var table = TextTable([.left, .left, .right, .left, .left])
        for (place, attempt) in task.history.enumerated() {
            let gap = task.leftOut(beforeAttempt: place)
            if gap > 0 {
                table.add([
                    StyledText("\(ShownNumber.of(gap, "earlier attempt")) left out", .dim)
                ])
            }
            table.add(row(attempt))
        }
        return table.lines(style)
    }

    private func row(_ attempt: AttemptStatus) -> [StyledText] {
        let name = direction == .action ? "attempt" : "undo"
        let time = (attempt.handedOutAt ?? attempt.endedAt).map {
            ShownInstant.brief($0, seenAt: now)
        }
        let took = attempt.took ?? (attempt.state == .handedOut ? since(attempt) : nil)
        return [
            StyledText("\(name) \(attempt.token.number)"), StyledText(time ?? "-", .dim),
            StyledText(took.map { ShownDuration.long($0) } ?? "-"),
            StyledText(attempt.instance.isEmpty ? "-" : attempt.instance), outcome(attempt),
        ]
    }

    private func since(_ attempt: AttemptStatus) -> Duration? {
        attempt.handedOutAt.map { now - $0 }
    }

    private func outcome(_ attempt: AttemptStatus) -> StyledText {
        if let outcome = attempt.outcome { return Self.text(outcome) }
        return switch attempt.state {
        case .open: StyledText("not handed out yet", .waiting)
        case .handedOut: "running"
        case .earlierLife: StyledText("its participant has not returned yet", .waiting)
        case .deferred: StyledText("to be answered from outside", .waiting)
        case .ended: StyledText("ended with its step", .dim)
        }
    }

    /// How an attempt ended, in words.
    static func text(_ outcome: AttemptOutcome) -> StyledText {
        switch outcome {
        case .succeeded: StyledText("done", .done)
        case .failed(let failure): StyledText("failed: ", .failed) + said(failure)
        case .retry(let failure, let after):
            StyledText("error: ", .failed) + said(failure)
                + (after.map { "; wanted to be asked again after \(ShownDuration.long($0))" } ?? "")
        case .notYet(let after):
            StyledText("not yet; ask again after \(ShownDuration.long(after))", .waiting)
        case .deferred: StyledText("to be answered from outside", .waiting)
        case .hold(let reason): StyledText("held for a person: \(reason)", .waiting)
        case .refused(let output): StyledText("output refused: \(text(output))", .failed)
        case .unknown(let cause): StyledText("unknown: \(text(cause))", .waiting)
        case .declined(let reason): StyledText("not run: \(text(reason))", .dim)
        }
    }

    private static func said(_ failure: Failure) -> String {
        failure.message.isEmpty ? failure.code : "\(failure.code) \"\(failure.message)\""
    }

    private static func text(_ output: OutputRefused) -> String {
        guard output.limit > 0 else { return output.reason }
        return "\(output.reason), \(ShownNumber.bytes(output.size)) of at most "
            + ShownNumber.bytes(output.limit)
    }

    private static func text(_ cause: UnknownCause) -> String {
        switch cause {
        case .timedOut: "startToClose ran out"
        case .sessionLost: "its participant was lost"
        case .forgotten: "its participant returned without it"
        case .coordinatorRestarted: "the coordinator was started again"
        case .scheduleToClose: "scheduleToClose ran out"
        case .heartbeatMissed: "its heartbeats failed to come"
        case .deferralOver: "the time for the answer ran out"
        case .cancelGraceOver: "it did not answer its cancellation"
        case .childAbandoned: "its child saga was abandoned"
        }
    }

    private static func text(_ reason: DeclineReason) -> String {
        switch reason {
        case .draining: "the participant was leaving"
        case .noSlot: "no free slot"
        case .handlerUnknown: "the participant does not know the handler"
        }
    }
}
