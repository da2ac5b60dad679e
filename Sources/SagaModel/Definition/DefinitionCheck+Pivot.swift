extension DefinitionCheck {
    /// The pivot is one, is required, has no undo, and parts all other steps into those before and
    /// those after it; what is after it has no undo either.
    mutating func pivot() {
        let pivots = definition.steps.indices.filter { definition.steps[$0].isPivot == true }
        guard let pivot = pivots.first else { return }
        let name = ShownText.word(definition.steps[pivot].name)
        for other in pivots.dropFirst() {
            add(
                DefinitionPath.step(other).field(.pivot),
                "step \(name) is the pivot already; a definition has at most one")
        }
        if definition.steps[pivot].onFailure == .continue {
            add(
                DefinitionPath.step(pivot).field(.onFailure),
                "onFailure: continue on the pivot; the pivot is not optional")
        }
        let places = PivotPlace.places(of: pivot, predecessors)
        for (index, step) in definition.steps.enumerated() {
            switch places[index] {
            case .before: continue
            case .beside:
                add(
                    DefinitionPath.step(index).field(.after),
                    "runs beside the pivot \(name); let it come before or after it")
            case .pivot, .after:
                guard step.isCompensated == true else { continue }
                let place = places[index] == .pivot ? "the pivot" : "a step after the pivot"
                add(
                    DefinitionPath.step(index).field(.compensation),
                    "compensation on \(place), from where there is no way back; leave it out")
            }
        }
    }
}
