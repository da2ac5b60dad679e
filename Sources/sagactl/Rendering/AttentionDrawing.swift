internal import SagaModel

/// Sagas that need a person, as a table.
enum AttentionDrawing {
    /// How much of an error stands in a row.
    private static let errorColumns = 60

    /// `SAGA  FOR  WHY  STEP  LAST ERROR  NEXT TRY`, the sagas in the order given.
    static func lines(_ rows: [SagaRow], at now: Instant, _ style: Style) -> [String] {
        let shown = rows.filter { !$0.attention.isEmpty }
        guard !shown.isEmpty else { return [] }
        var table = TextTable([
            ("SAGA", .left), ("FOR", .right), ("WHY", .left), ("STEP", .left),
            ("LAST ERROR", .left), ("NEXT TRY", .left),
        ])
        for row in shown {
            let first = row.attention[0]
            let since = row.attention.compactMap(\.since).min() ?? row.stateSince ?? row.startedAt
            table.add([
                StyledText(name(row), .name),
                StyledText(ShownDuration.short(now - since), .dim),
                StyledText(row.attention.map { words($0.reason) }.joined(separator: ", "), .failed),
                StyledText(first.step.isEmpty ? "-" : first.step),
                StyledText(first.lastFailure.map { error($0) } ?? "-"),
                StyledText(next(first, at: now)),
            ])
        }
        return table.lines(style)
    }

    /// How a command names the saga.
    private static func name(_ row: SagaRow) -> String {
        row.key.isEmpty ? row.id.description : SagaDrawing.name(row.definition, row.key)
    }

    /// A reason as people read it.
    static func words(_ reason: AttentionReason) -> String {
        switch reason {
        case .parked: "parked"
        case .undoFailing: "undo keeps failing"
        case .noParticipant: "no participant"
        case .pastPivotFailing: "step past the pivot keeps failing"
        case .held: "held for a person"
        case .timeoutPastPivot: "timeout past the pivot"
        }
    }

    private static func error(_ failure: Failure) -> String {
        let text = WaitingText.said(failure)
        return text.count > errorColumns ? "\(text.prefix(errorColumns - 2)).." : text
    }

    private static func next(_ attention: Attention, at now: Instant) -> String {
        switch attention.reason {
        case .parked, .held: return "never"
        case .noParticipant: return "with a participant"
        case .undoFailing, .pastPivotFailing, .timeoutPastPivot:
            guard let next = attention.nextAttemptAt else { return "-" }
            return next > now ? ShownDuration.short(next - now) : "now"
        }
    }
}
