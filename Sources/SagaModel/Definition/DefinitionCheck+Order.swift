extension DefinitionCheck {
    /// What the steps wait for: known names, each once, in no circle.
    mutating func order() {
        let edges = definition.steps.reduce(0) { $0 + ($1.after?.count ?? 0) }
        guard edges <= limits.edges else {
            addWhole(
                .field(.steps),
                "all \"after\" together name \(edges) steps; at most \(limits.edges)")
            return
        }
        for (index, step) in definition.steps.enumerated() {
            var seen: Set<String> = []
            for (place, name) in (step.after ?? []).enumerated() {
                let path = DefinitionPath.step(index).field(.after).index(place)
                if indices[name] == nil {
                    add(path, "after names \(unknownStep(name))")
                } else if !seen.insert(name).inserted {
                    add(path, "after names \(name) twice")
                }
            }
        }
        for cycle in cycles() {
            let names = (cycle + [cycle[0]]).map { ShownText.word(definition.steps[$0].name) }
            addWhole(
                .step(cycle[0]), "cycle \(names.joined(separator: " -> ")); drop one \"after\"")
        }
    }

    /// Names what is no step, and what was probably meant; the latter for the first ones alone,
    /// since whoever sends a definition decides how many there are.
    mutating func unknownStep(_ name: String) -> String {
        let shown = "\(ShownText.word(name)), which is no step"
        guard suggested < limits.suggestions else { return shown }
        suggested += 1
        guard let near = NearestName.candidate(for: name, among: definition.steps.map(\.name))
        else { return shown }
        return "\(shown); did you mean \(near)?"
    }

    /// Circles that share no step, each from its first step in the file, in the order in which its
    /// steps would run.
    private func cycles() -> [[Int]] {
        var successors = predecessors.map { _ in [Int]() }
        for (step, before) in predecessors.enumerated() {
            for predecessor in before { successors[predecessor].append(step) }
        }
        var isLeft = predecessors.map { _ in true }
        var cycles: [[Int]] = []
        repeat {
            strip(&isLeft, waitingFor: predecessors, leadingTo: successors)
            strip(&isLeft, waitingFor: successors, leadingTo: predecessors)
            guard let start = isLeft.firstIndex(of: true) else { return cycles }
            // A step that stands between two circles is in none: it goes, and the search goes on.
            isLeft[start] = false
            guard let cycle = shortestCycle(from: start, along: successors, among: isLeft) else {
                continue
            }
            for step in cycle { isLeft[step] = false }
            cycles.append(cycle)
        } while true
    }

    /// Takes out step by step what waits for nothing that is left (Kahn's algorithm).
    private func strip(
        _ isLeft: inout [Bool], waitingFor predecessors: [[Int]], leadingTo successors: [[Int]]
    ) {
        var open = predecessors.indices.map { step in
            predecessors[step].count { isLeft[$0] }
        }
        var ready = predecessors.indices.filter { isLeft[$0] && open[$0] == 0 }
        while let step = ready.popLast() {
            isLeft[step] = false
            for successor in successors[step] where isLeft[successor] {
                open[successor] -= 1
                if open[successor] == 0 { ready.append(successor) }
            }
        }
    }

    /// The shortest way from a step back to itself over steps that are left.
    private func shortestCycle(
        from start: Int, along successors: [[Int]], among isLeft: [Bool]
    ) -> [Int]? {
        var cameFrom: [Int: Int] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let step = queue[next]
            next += 1
            for successor in successors[step] {
                if successor == start {
                    var way = [step]
                    while let before = cameFrom[way[way.count - 1]] { way.append(before) }
                    return way.reversed()
                }
                guard isLeft[successor], cameFrom[successor] == nil else { continue }
                cameFrom[successor] = step
                queue.append(successor)
            }
        }
        return nil
    }
}
