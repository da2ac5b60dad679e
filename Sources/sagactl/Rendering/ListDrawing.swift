internal import SagaModel

/// A list of sagas as a table.
enum ListDrawing {
    /// `STATE  SAGA  STEP  FOR  NEEDS  ID`, the sagas in the order given.
    static func lines(_ rows: [SagaRow], at now: Instant, _ style: Style) -> [String] {
        guard !rows.isEmpty else { return [] }
        var table = TextTable([
            ("STATE", .left), ("SAGA", .left), ("STEP", .left), ("FOR", .right),
            ("NEEDS", .left), ("ID", .left),
        ])
        for row in rows {
            table.add([
                StyledText(row.state.label, SagaDrawing.role(row.state)),
                StyledText(SagaDrawing.name(row.definition, row.key), .name),
                StyledText(row.step),
                StyledText(ShownDuration.short(now - since(row)), .dim),
                needs(row),
                StyledText(row.id.description, .dim),
            ])
        }
        return table.lines(style)
    }

    private static func needs(_ row: SagaRow) -> StyledText {
        if !row.attention.isEmpty { return StyledText("attention", .failed) }
        return StyledText(row.isSuspended ? "resume" : "", .waiting)
    }

    private static func since(_ row: SagaRow) -> Instant {
        row.stateSince ?? row.endedAt ?? row.startedAt
    }
}
