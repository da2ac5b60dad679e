internal import SagaModel

/// Definitions as text.
enum DefinitionsDrawing {
    /// A row a definition.
    static func lines(_ definitions: [DefinitionSummary], _ style: Style) -> [String] {
        guard !definitions.isEmpty else { return [] }
        var table = TextTable([
            ("DEFINITION", .left), ("VERSION", .left), ("STEPS", .right), ("PIVOT", .left),
            ("LIVE", .right), ("REGISTERED", .left), ("DIGEST", .left),
        ])
        for definition in definitions {
            table.add([
                StyledText(definition.name, .name),
                StyledText("v\(definition.version)\(definition.isLatest ? " latest" : "")"),
                StyledText(ShownNumber.count(definition.steps)),
                StyledText(definition.pivot.isEmpty ? "-" : definition.pivot),
                StyledText(ShownNumber.count(definition.liveSagas)),
                StyledText(ShownInstant.full(definition.registeredAt), .dim),
                StyledText(digest(definition.digest), .dim),
            ])
        }
        return table.lines(style)
    }

    /// `order v3 registered: 4 steps, pivot ship, digest 9f2c81d4e07a`.
    static func registered(
        _ answer: RegisteredDefinition, _ definition: SagaDefinition, _ style: Style
    ) -> String {
        let what = answer.isExisting ? "was registered before" : "registered"
        let line =
            StyledText("\(answer.name) v\(answer.version)", .name) + " " + StyledText(what, .done)
            + ": \(facts(definition)), digest " + StyledText(digest(answer.digest), .dim)
        return line.text(style)
    }

    /// `order v3 has no faults: 4 steps, pivot ship, digest 9f2c81d4e07a; not registered`.
    static func checked(
        _ definition: SagaDefinition, _ sum: Digest256, _ style: Style
    ) -> String {
        let line =
            StyledText("\(definition.name) v\(definition.version)", .name) + " has "
            + StyledText("no faults", .done) + ": \(facts(definition)), digest "
            + StyledText(digest(sum), .dim) + "; not registered"
        return line.text(style)
    }

    private static func facts(_ definition: SagaDefinition) -> String {
        let pivot = definition.steps.first { $0.isPivot == true }.map { ", pivot \($0.name)" }
        return ShownNumber.of(definition.steps.count, "step") + (pivot ?? "")
    }

    /// The first 12 digits: enough to tell versions apart by eye.
    private static func digest(_ digest: Digest256) -> String {
        String(digest.description.prefix(12))
    }
}
