internal import Saga
internal import SagaModel

/// A definition as the checks see it: who stands before whom, and what must be done or undone.
struct SagaGraph {
    struct Step {
        let name: String
        /// The places of all steps that wait for it, directly or not.
        var dependants: [Int]
        /// Whether it has something to undo.
        let isCompensated: Bool
        /// Whether the saga can complete without it.
        let mayBeLeftOut: Bool
        /// Whether a handler runs it, not a child.
        let hasHandler: Bool
        let isPivot: Bool
    }

    let steps: [Step]

    init(_ written: SagaDefinition) {
        let filled = DefinitionDefaults.fill(written).steps
        var made = filled.map { step in
            let hasHandler = if case .handler = step.work { true } else { false }
            return Step(
                name: step.name, dependants: [], isCompensated: step.isCompensated ?? true,
                mayBeLeftOut: step.onFailure == .continue || step.when != nil,
                hasHandler: hasHandler, isPivot: step.isPivot ?? false)
        }
        // A step stands behind all that it waits for, wherever it is written.
        for place in filled.indices {
            var reached: [Int] = []
            var next = [place]
            while let here = next.popLast() {
                for before in filled.indices
                where filled[here].after?.contains(filled[before].name) ?? false {
                    guard !reached.contains(before) else { continue }
                    reached.append(before)
                    next.append(before)
                }
            }
            for before in reached { made[before].dependants.append(place) }
        }
        steps = made
    }

    func place(_ step: String) -> Int? { steps.firstIndex { $0.name == step } }
}
