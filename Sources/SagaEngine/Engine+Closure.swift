internal import SagaModel

/// What child sagas below a saga run by: looked up once, when the root starts.
extension Engine {
    /// All definitions below one, each as its step names it; or why they cannot be run.
    func closure(of root: ResolvedDefinition) -> Result<[ChildDefinition], Refusal> {
        guard root.hasChildren else { return .success([]) }
        var found: [ChildDefinition] = []
        var seen: Set<ChildReference> = []
        if let refusal = collect(root, way: [root.name], into: &found, &seen) {
            return .failure(refusal)
        }
        return .success(found)
    }

    private func collect(
        _ definition: ResolvedDefinition, way: [String], into found: inout [ChildDefinition],
        _ seen: inout Set<ChildReference>
    ) -> Refusal? {
        for step in definition.steps {
            guard let wanted = step.child else { continue }
            guard
                let child = definitions.find(definition.namespace, wanted.name, wanted.version)?
                    .definition
            else {
                let version = wanted.version.map { "@\($0)" } ?? ""
                return precondition(
                    "CHILD_UNKNOWN",
                    "step \(step.name) of \(definition.name) runs \(wanted.name)\(version), which "
                        + "is not registered in namespace \(definition.namespace)")
            }
            guard !way.contains(child.name) else {
                let circle = (way + [child.name]).joined(separator: " -> ")
                return precondition("CHILD_CYCLE", "a saga cannot contain itself: \(circle)")
            }
            guard way.count < limits.childDepth else {
                return precondition(
                    "CHILD_DEPTH",
                    "child sagas below \(way[0]) are nested deeper than \(limits.childDepth)")
            }
            if child.pivot != nil, step.place == .before || step.place == .beside {
                return precondition(
                    "CHILD_PIVOT",
                    "\(child.name) has a pivot, so step \(step.name) of \(definition.name) can run "
                        + "it only as the pivot or after it")
            }
            if seen.insert(wanted).inserted {
                found.append(
                    ChildDefinition(
                        name: wanted.name, version: wanted.version, definition: child.position))
            }
            if let refusal = collect(child, way: way + [child.name], into: &found, &seen) {
                return refusal
            }
        }
        return nil
    }

    private func precondition(_ reason: String, _ message: String) -> Refusal {
        Refusal(.failedPrecondition, reason: reason, message)
    }
}
