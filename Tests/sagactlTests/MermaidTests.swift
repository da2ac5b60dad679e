import Foundation
import SagaModel
import Testing

@testable import sagactl

/// The charts of `show --format mermaid` are those of the fixtures, each of which Mermaid 11 reads.
///
/// `REWRITE=1` in the environment writes what is drawn into the fixtures.
@Suite struct MermaidTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Mermaid")

    /// Names and messages that want to be something else than text.
    static let hostile: SagaStatus = {
        let evil =
            #"end"]; click s0 "javascript:x" %%{init: {"theme":"dark"}}%% "#
            + #"<b>&amp;#quot;\n`*"#
        var step = Fixture.step(
            "end", "group.end", .failed,
            Fixture.task(
                due: .zero, ended: .milliseconds(5), failure: Failure(code: "x", message: evil)))
        step.more = Fixture.more { $0.isOptional = true }
        var next = Fixture.step("subgraph", "graph.style", after: ["end"], .skipped)
        next.more = Fixture.more {
            $0.pivot = .passed
            $0.skip = .person(Fixture.entry(.skip, "|x| {y} %% z"))
        }
        return Fixture.saga(.running, key: "%%{init: 1}%% \"---\"", [step, next])
    }()

    static let charts: [(String, SagaStatus)] = [
        ("completed", Fixture.completed), ("going-back", Fixture.goingBack),
        ("undone", Fixture.undone), ("publishing", Fixture.publishing), ("hostile", hostile),
    ]

    @Test(arguments: charts.indices) func chart(_ place: Int) throws {
        let (name, saga) = Self.charts[place]
        let file = Self.folder.appending(path: "\(name).mmd")
        let drawn = MermaidDrawing(saga).lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            try FileManager.default.createDirectory(
                at: Self.folder, withIntermediateDirectories: true)
            try drawn.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == drawn)
    }

    /// The grammar of a line of the chart, as far as it is used: a node or an edge, whose label has
    /// nothing in it that would end it or mean something.
    @Test func everyLineIsANodeAnEdgeOrAStyle() throws {
        let label = #""[^"<>{}|%`\\;&#]*(?:(?:<br/>|#[0-9]+;)[^"<>{}|%`\\;&#]*)*""#
        let shape = #"(?:\[\#(label)\]|\{\{\#(label)\}\}|\(\[\#(label)\]\))"#
        let line = try Regex(
            #"    (?:s[0-9]+\#(shape):::[a-z]+|s[0-9]+ --> s[0-9]+|classDef [a-z]+ [a-z0-9:,# -]+)"#
        )
        for (name, saga) in Self.charts {
            let lines = MermaidDrawing(saga).lines
            #expect(lines[0] == "---" && lines[2] == "---" && lines[3] == "flowchart TD")
            #expect(lines[1].hasPrefix("title: \"") && !lines[1].contains("%"))
            for text in lines.dropFirst(4) {
                #expect(text.wholeMatch(of: line) != nil, "\(name): \(text)")
            }
        }
    }

    @Test func entitiesStandForWhatMeansSomething() {
        #expect(MermaidDrawing.escaped("a-b_c (1/2) äö ✓") == "a-b_c (1/2) äö ✓")
        #expect(
            MermaidDrawing.escaped("\"#%&<>\\`{}|;")
                == "#34;#35;#37;#38;#60;#62;#92;#96;#123;#125;#124;#59;")
    }
}
