import Foundation
import SagaModel
import Testing

@testable import SagaEngine

/// What lives is stated anew, so that the records before can be freed.
struct RestatingTests {
    /// The name of a kind of record that states something anew.
    static func kind(of record: Record) -> String {
        if case .engineRestated = record { return "engine restated" }
        if case .definitionRestated = record { return "definition restated" }
        if case .keysRestated = record { return "keys restated" }
        return "saga restated"
    }

    /// After each command of each script, everything is stated anew: that alone must say all that
    /// there is, and say it of what is known as it is.
    @Test(arguments: GoldenTests.fixtures)
    func everyStateCanBeStatedAnew(_ name: String) throws {
        let text = try String(
            contentsOf: GoldenTests.folder.appending(path: name), encoding: .utf8)
        let script = Script()
        var isOutput = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { isOutput = false }
            if line == "----" { isOutput = true }
            guard !line.isEmpty, !isOutput, !line.hasPrefix("#") else { continue }
            // Where a script names a record by its number, it is another one now.
            _ = try? script.run(String(line))
            script.rig.expectWholeRestatement()
        }
        #expect(script.rig.faults.isEmpty, "\(name): \(script.rig.faults.prefix(2))")
    }
}
