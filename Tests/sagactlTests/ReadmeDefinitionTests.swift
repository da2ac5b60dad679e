import Foundation
import Saga
import SagaDefinitionFile
import SagaModel
import Testing

@testable import sagactl

private struct Order: Codable {}
private struct Charge: Codable {}

private enum Payments { static let charge = HandlerName<Order, Charge>("payments.charge") }

/// The definition that the README shows twice: in YAML and in Swift.
@Suite struct ReadmeDefinitionTests {
    private static func shop() throws -> SagaDefinition {
        let shop = try SagaDefinition("shop", version: 1, timeout: .seconds(3600), output: "ship#")
        {
            Step("reserve", "inventory.reserve")
            Step("charge", Payments.charge)  // a misspelt name does not compile
                .retry(maxAttempts: 5).timeouts(startToClose: .seconds(10))
            Step("ship", "shipping.book").pivot()
            Step("confirm", "mail.confirm").after("ship").onFailure(.continue)
                .when(.equals("input#/notify", true))
                .input(["to": "input#/customer", "tracking": "ship#/trackingNumber"])
            Step("count", "stats.count").after("ship").onFailure(.continue)
        }
        return shop
    }

    private let blocks: [(kind: String, lines: [Substring])]
    private let readme: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        var blocks: [(kind: String, lines: [Substring])] = []
        var isInside = false
        for line in readme.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside.toggle()
                if isInside { blocks.append((String(line.dropFirst(3)), [])) }
            } else if isInside {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        self.blocks = blocks
    }

    @Test func bothFormsAreOneDefinition() throws {
        let yaml = try #require(
            blocks.first { $0.kind == "yaml" && $0.lines.contains("name: shop") })
        let text = yaml.lines.joined(separator: "\n")
        let written = try DefinitionFile.read(text, file: "shop.yaml")
        let built = try Self.shop()
        #expect(written == built)
        #expect(Digest256(of: written) == Digest256(of: built))
    }

    /// What the README shows of Swift is what is built here, but for line ends.
    @Test func theSwiftIsWhatIsBuiltHere() throws {
        let swift = try #require(
            blocks.first { $0.kind == "swift" && $0.lines.contains { $0.contains("let shop") } })
        let source = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
        let squeezed = { (text: String) in
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let shown = swift.lines.joined(separator: "\n").split(separator: "\n\n")
        try #require(shown.count == 2)
        for part in shown { #expect(squeezed(source).contains(squeezed(String(part)))) }
    }

    /// The tables have every field that a file may have.
    @Test func everyFieldHasItsRow() throws {
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(DefinitionFile.schema.utf8))
                as? [String: Any])
        let step = try #require(
            (schema["$defs"] as? [String: [String: Any]])?["step"]?["properties"]
                as? [String: [String: Any]])
        let whole = try #require(schema["properties"] as? [String: Any])
        let nested = ["retry", "timeouts"].flatMap { field in
            (step[field]?["properties"] as? [String: Any] ?? [:]).keys
        }
        try #require(nested.count == 10)
        let rows = readme.split(separator: "\n").filter { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|")[0] }.joined()
        let documented = Set(rows.split { !$0.isLetter }.map(String.init))
        for field in Array(whole.keys) + Array(step.keys) + nested {
            #expect(documented.contains(field), "\(field)")
        }
    }
}
