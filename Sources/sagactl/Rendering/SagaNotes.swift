internal import SagaModel

/// Lines about a saga as a whole that only some sagas have: who suspended it, what it runs for.
struct SagaNotes {
    private let saga: SagaStatus

    init(_ saga: SagaStatus) {
        self.saga = saga
    }

    /// The lines, in the order in which people want to know.
    var lines: [StyledText] {
        origin + [times, suspension, cancelRequest].compactMap(\.self) + abandonment
    }

    private var origin: [StyledText] {
        var lines: [StyledText] = []
        if let parent = saga.more.parent {
            lines.append(
                StyledText("runs for step \(parent.step) of saga ")
                    + StyledText("\(parent.saga)", .dim))
        }
        if let old = saga.more.replaces {
            lines.append(StyledText("replaces ") + StyledText("\(old)", .dim))
        }
        if let new = saga.more.replacedBy {
            lines.append(StyledText("was replaced by ") + StyledText("\(new)", .dim))
        }
        return lines
    }

    private var times: StyledText? {
        if saga.state == .pending, let start = saga.more.startAt {
            return StyledText(
                "begins in \(remaining(start)), at \(ShownInstant.full(start))", .waiting)
        }
        guard let deadline = saga.more.deadline else { return nil }
        return StyledText("its timeout cancels it in \(remaining(deadline))")
    }

    private var suspension: StyledText? {
        guard let suspension = saga.more.suspension else { return nil }
        let ago = ShownInstant.ago(suspension.since, seenAt: saga.observedAt)
        let what =
            suspension.by.map { "suspended \(ago) by \(ShownPrincipal.text($0))" }
            ?? "held \(ago) by step \(suspension.step)"
        return StyledText(what, .waiting) + ShownPrincipal.because(suspension.reason)
    }

    /// Only as long as it has no effect: afterwards the saga says why it went back.
    private var cancelRequest: StyledText? {
        guard let request = saga.more.cancelRequest, !saga.state.isEnded, !saga.wentBack,
            request.waitsForPivot || saga.isSuspended
        else { return nil }
        let ago = ShownInstant.ago(request.at, seenAt: saga.observedAt)
        let awaited =
            request.waitsForPivot
            ? "has effect only if the pivot says no" : "has effect when the saga is resumed"
        return StyledText("cancel asked \(ago) by \(ShownPrincipal.text(request.by))", .waiting)
            + ShownPrincipal.because(request.reason) + "; \(awaited)"
    }

    private var abandonment: [StyledText] {
        var lines: [StyledText] = []
        if let entry = saga.more.abandonedBy {
            let time = ShownInstant.brief(entry.at, seenAt: saga.observedAt)
            lines.append(
                StyledText("abandoned by \(ShownPrincipal.text(entry.by))", .failed)
                    + ShownPrincipal.because(entry.reason) + " (" + StyledText(time, .dim) + ")")
        }
        let left = saga.more.left.map { "\($0.step) (\($0.isKnown ? "done" : "in doubt"))" }
        if !left.isEmpty {
            lines.append(
                StyledText("left as it was: ", .failed)
                    + ShownList.text(left, atMost: 10))
        }
        return lines
    }

    private func remaining(_ instant: Instant) -> String {
        ShownDuration.long(max(instant - saga.observedAt, .zero))
    }
}

/// Names in a sentence.
enum ShownList {
    /// `a`, `a and b`, `a, b and c`, `a, b, c and 497 more`.
    static func text(_ names: [String], atMost limit: Int) -> String {
        if names.count > limit {
            let more = ShownNumber.count(names.count - limit)
            return "\(names.prefix(limit).joined(separator: ", ")) and \(more) more"
        }
        guard names.count > 1 else { return names.first ?? "" }
        return "\(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1])"
    }
}
