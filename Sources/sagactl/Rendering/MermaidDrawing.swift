internal import SagaModel

/// A saga as a flowchart in the language of Mermaid (mermaid.js.org, flowchart syntax), which
/// wikis, issue trackers and editors draw.
struct MermaidDrawing {
    private let saga: SagaStatus

    init(_ saga: SagaStatus) {
        self.saga = saga
    }

    /// The lines of the chart.
    ///
    /// Steps are nodes `s0`, `s1`, so that no name meets a word of the language; a pivot is a
    /// hexagon, an optional step has round ends.
    var lines: [String] {
        let rows = StepGraph(saga.steps, .plain).rows
        let places = Dictionary(
            saga.steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let nodes = rows.map { row in
            let drawing = StepDrawing(row.alone, in: saga, isBrief: false, .plain)
            return "    s\(row.step)\(shape(row.step, drawing)):::\(Self.style(drawing.sign))"
        }
        let edges = rows.flatMap { row in
            saga.steps[row.step].after.compactMap { places[$0] }.map { before in
                "    s\(before) --> s\(row.step)"
            }
        }
        return ["---", "title: \(title)", "---", "flowchart TD"] + nodes + edges + Self.styles
    }

    private func shape(_ step: Int, _ drawing: StepDrawing) -> String {
        var lines = drawing.cells.map { $0.text(.plain) }.filter { !$0.isEmpty }
        // A label that begins like a list in Markdown is not drawn as it stands.
        if lines[0].hasPrefix("- ") { lines[0] = "\u{2013}" + lines[0].dropFirst() }
        let label = "\"\(lines.map(Self.escaped).joined(separator: "<br/>"))\""
        let more = saga.steps[step].more
        if more.pivot != nil { return "{{\(label)}}" }
        return more.isOptional ? "([\(label)])" : "[\(label)]"
    }

    private var title: String {
        let drawing = SagaDrawing(saga, .full, .plain)
        let text = "\(SagaDrawing.title(saga).text(.plain))  \(drawing.outcome.text(.plain))"
        // A directive of the language is found wherever two such signs and a brace stand.
        return JSONObject.quoted(text).split(separator: "%", omittingEmptySubsequences: false)
            .joined(separator: "\\x25")
    }

    /// Text for a label in quotes: what means something to Mermaid, to its comments and directives,
    /// or to HTML is written as an entity.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "#", "%", "&", "<", ">", "\\", "`", "{", "}", "|", ";":
                escaped += "#\(scalar.value);"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func style(_ sign: Sign) -> String {
        switch sign {
        case .done: "done"
        case .waits: "waits"
        case .later: "later"
        case .attention, .failed: "failed"
        case .undone: "undone"
        case .passedOver: "passed"
        }
    }

    private static let styles = [
        "    classDef done fill:#dcf5e3,stroke:#1a7f37,color:#0a3a18",
        "    classDef waits fill:#fff3c4,stroke:#9a6700,color:#3d2a00",
        "    classDef later fill:#f2f4f7,stroke:#8c959f,color:#32383f",
        "    classDef failed fill:#ffe0de,stroke:#cf222e,color:#5c0911",
        "    classDef undone fill:#fff3c4,stroke:#9a6700,color:#3d2a00,stroke-dasharray:4 3",
        "    classDef passed fill:#f2f4f7,stroke:#8c959f,color:#6e7781,stroke-dasharray:2 3",
    ]
}

extension StepGraph.Row {
    /// The same in a picture that draws its lines itself.
    fileprivate var alone: StepGraph.Row {
        StepGraph.Row(step: step, prefix: "", below: "", awaited: [])
    }
}
