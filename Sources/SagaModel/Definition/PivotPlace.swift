/// Where a step stands to the pivot of its definition.
package enum PivotPlace: UInt8, Hashable, Sendable {
    /// The pivot waits for it, or there is no pivot.
    case before
    /// It is the pivot.
    case pivot
    /// It waits for the pivot.
    case after
    /// Neither waits for the other: such a pivot is no cut, and no definition has one.
    case beside

    /// The places of all steps; a definition that has several pivots is seen by its first.
    package static func places(in definition: SagaDefinition) -> [PivotPlace] {
        let steps = definition.steps
        guard let pivot = steps.firstIndex(where: { $0.isPivot == true }) else {
            return steps.map { _ in .before }
        }
        let indices = Dictionary(
            steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let predecessors = steps.enumerated().map { index, step in
            guard let after = step.after else { return index == 0 ? [] : [index - 1] }
            return after.compactMap { indices[$0] }
        }
        return places(of: pivot, predecessors)
    }

    static func places(of pivot: Int, _ predecessors: [[Int]]) -> [PivotPlace] {
        var successors = predecessors.map { _ in [Int]() }
        for (step, before) in predecessors.enumerated() {
            for predecessor in before { successors[predecessor].append(step) }
        }
        var places = predecessors.map { _ in PivotPlace.beside }
        mark(.before, from: pivot, along: predecessors, in: &places)
        mark(.after, from: pivot, along: successors, in: &places)
        places[pivot] = .pivot
        return places
    }

    private static func mark(
        _ place: PivotPlace, from pivot: Int, along edges: [[Int]], in places: inout [PivotPlace]
    ) {
        var line = edges[pivot]
        while let next = line.popLast() {
            guard places[next] == .beside else { continue }
            places[next] = place
            line += edges[next]
        }
    }
}
