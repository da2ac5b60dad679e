import SagaModel
import Testing

@testable import sagactl

/// Pictures of graphs: by hand, and what holds for every graph.
@Suite struct StepGraphTests {
    private func draw(_ graph: [(String, [String])], _ style: Style = .plain) -> String {
        let steps = Fixture.steps(graph)
        return StepGraph(steps, style).rows.map { row in
            let awaited = row.awaited.isEmpty ? "" : " after \(row.awaited.joined(separator: " "))"
            return row.prefix + steps[row.step].name + awaited
        }.joined(separator: "\n")
    }

    @Test func aChainHasNoBranches() {
        #expect(draw([("a", []), ("b", ["a"]), ("c", ["b"])]) == "a\nb\nc")
        #expect(draw([("c", ["b"]), ("b", ["a"]), ("a", [])]) == "a\nb\nc")
        #expect(draw([]) == "")
    }

    @Test func aDiamondJoinsBelowItsBranches() {
        #expect(
            draw([("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"])]) == """
                a
                ├ b
                └ c
                d
                """)
    }

    @Test func branchesGoOnAndBranchThemselves() {
        #expect(
            draw([
                ("a", []), ("b", ["a"]), ("b2", ["b"]), ("c", ["a"]), ("x", ["c"]), ("y", ["c"]),
                ("z", ["x", "y"]), ("d", ["b2", "z"]), ("e", ["d"]),
            ]) == """
                a
                ├ b
                │ b2
                └ c
                  ├ x
                  └ y
                  z
                d
                e
                """)
    }

    @Test func severalRootsStandSideBySide() {
        #expect(
            draw([("a", []), ("b", []), ("c", ["a", "b"]), ("d", [])]) == """
                ├ a
                ├ b
                └ d
                c after a b
                """)
    }

    @Test func whatWaitsForOtherThanItsPlaceSaysIsNamed() {
        #expect(
            draw([
                ("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["a"]), ("x", ["b", "c"]),
                ("y", ["c", "d"]), ("z", ["x", "d"]),
            ]) == """
                a
                ├ b
                ├ c
                └ d
                ├ x after b c
                └ y after c d
                z after x d
                """)
        // A join that waits for a step besides, which others came after.
        #expect(
            draw([("a", []), ("b", ["a"]), ("c", ["b"]), ("d", ["b", "c"])]) == """
                a
                b
                c
                d after b c
                """)
    }

    @Test func withoutUTF8() {
        let style = Style(hasColor: false, isUTF8: false)
        #expect(
            draw(
                [("a", []), ("b", ["a"]), ("b2", ["b"]), ("c", ["a"]), ("d", ["b2", "c"])], style
            ) == """
                a
                |-b
                | b2
                `-c
                d
                """)
    }

    @Test func aThousandStepsAndAFanOutOfFiveHundred() {
        let chain = (0..<1_000).map { ("s\($0)", $0 == 0 ? [] : ["s\($0 - 1)"]) }
        let rows = StepGraph(Fixture.steps(chain), .plain).rows
        #expect(rows.map(\.step) == Array(0..<1_000))
        #expect(rows.allSatisfy { $0.prefix.isEmpty && $0.awaited.isEmpty })
        let names = (0..<500).map { "s\($0)" }
        let fan = [("a", [])] + names.map { ($0, ["a"]) } + [("z", names)]
        let wide = StepGraph(Fixture.steps(fan), .plain).rows
        #expect(wide.count == 502)
        #expect(wide[1...499].allSatisfy { $0.prefix == "├ " } && wide[500].prefix == "└ ")
        #expect(wide[501] == StepGraph.Row(step: 501, prefix: "", below: "", awaited: []))
    }

    /// Whoever answers may be another release, or broken.
    @Test func circlesAndUnknownNamesAreDrawnAllTheSame() {
        let rows = StepGraph(
            Fixture.steps([("a", ["b"]), ("b", ["a"]), ("c", ["c", "nobody"]), ("d", ["b"])]),
            .plain
        ).rows
        #expect(Set(rows.map(\.step)) == [0, 1, 2, 3])
        #expect(rows.count == 4)
    }

    @Test(arguments: 0..<60) func everyGraphIsDrawnOnceAndInOrder(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func draw(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        let graph = (0..<(3 + draw(20))).map { (step: Int) -> (String, [String]) in
            let before = (0..<step).filter { _ in draw(3) == 0 }.map { "s\($0)" }
            return ("s\(step)", before)
        }
        let rows = StepGraph(Fixture.steps(graph), .plain).rows
        #expect(rows.map(\.step).sorted() == Array(graph.indices))
        let places = Dictionary(uniqueKeysWithValues: rows.enumerated().map { ($1.step, $0) })
        for (step, node) in graph.enumerated() {
            for name in node.1 {
                let earlier = graph.firstIndex { $0.0 == name }!
                #expect(places[earlier]! < places[step]!)
            }
        }
    }
}
