import Foundation
import Testing

/// Scripts for the engine with what must come out: a command, `----`, records and effects in order.
///
/// `REWRITE=1` in the environment writes what comes out into the fixtures.
struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures")

    static let fixtures: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".txt") }.sorted()

    @Test func thereAreFixtures() {
        #expect(Self.fixtures.count >= 12)
    }

    @Test(arguments: fixtures)
    func fixture(_ name: String) throws {
        let file = Self.folder.appending(path: name)
        let wanted = try String(contentsOf: file, encoding: .utf8)
        let (found, faults) = Self.run(wanted)
        #expect(faults.isEmpty, "\(name)")
        if ProcessInfo.processInfo.environment["REWRITE"] == "1" {
            try found.write(to: file, atomically: true, encoding: .utf8)
            return
        }
        let pairs = zip(wanted.split(separator: "\n"), found.split(separator: "\n"))
        let first = pairs.first { $0 != $1 }
        let (wish, fact) = (first.map { "\($0.0)" } ?? "end", first.map { "\($0.1)" } ?? "end")
        #expect(wanted == found, "\(name): wanted \(wish), found \(fact)")
    }

    /// A changed line in a fixture is found.
    @Test
    func aWrongLineIsFound() {
        let text = "hello s1 inv/i-1 inv.reserve\n----\n#2 nobody attached\n"
        #expect(Self.run(text).found != text)
    }

    private static func run(_ text: String) -> (found: String, faults: [String]) {
        let script = Script()
        var found = ""
        var isOutput = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                isOutput = false
            } else if line.hasPrefix("#"), !isOutput {
                found += "\(line)\n"
            } else if line == "----" {
                isOutput = true
            } else if !isOutput {
                let lines: [String]
                do { lines = try script.run(String(line)) } catch { lines = ["! \(error)"] }
                found += (["\(line)", "----"] + lines).joined(separator: "\n") + "\n\n"
            }
        }
        if found.hasSuffix("\n\n") { found.removeLast() }
        return (found, script.rig.faults)
    }
}
