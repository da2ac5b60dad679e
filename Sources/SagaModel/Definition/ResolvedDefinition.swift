/// A definition as sagas run it: every default filled in, steps by index instead of by name.
///
/// It is made from the stored form once, when the record is applied, and shared by all sagas of the
/// definition.
package final class ResolvedDefinition: Sendable {
    /// The namespace it is registered in.
    package let namespace: String
    /// What was registered: only what was written down.
    package let written: SagaDefinition
    /// The same with the defaults of the day of its registration.
    package let filled: SagaDefinition
    /// Over what was written down.
    package let digest: Digest256
    /// The record that registered it.
    package let position: JournalPosition
    /// When it was registered.
    package let registeredAt: Instant
    /// Who registered it.
    package let principal: Principal
    /// The steps, in the order of the definition.
    package let steps: [ResolvedStep]
    /// The steps so that each comes after all it waits for; of several such orders the one nearest
    /// to the definition's.
    package let order: [StepIndex]
    private let ranks: [UInt32]
    private let indices: [String: StepIndex]
    /// How long a key stays taken after a saga's end.
    package let keyRetention: Duration
    /// What happens when an undo fails for good.
    package let onCompensationFailure: CompensationFailurePolicy
    /// How long a saga may run; nil for no limit.
    package let timeout: Duration?
    /// What a completed saga gives; nil for the output of the last step.
    package let output: ResolvedSource?
    /// The point of no return.
    package let pivot: StepIndex?
    /// Whether a step runs a child saga.
    package let hasChildren: Bool
    /// The steps that wait for nothing, if they are all plain; else nil.
    package let plainRoots: [StepIndex]?
    /// The first attempts of `plainRoots`, shared by the records of all starts.
    package let rootAttempts: [Opened]

    /// The definition's name.
    package var name: String { filled.name }
    /// The definition's version.
    package var version: UInt32 { filled.version }

    /// Resolves a stored definition.
    ///
    /// - Parameters:
    ///   - stored: what the record holds; its filled form has no field unset that a saga runs by.
    ///   - position: the record's position.
    package init(_ stored: DefinitionRegistered, position: JournalPosition) {
        let definition = stored.filled
        namespace = stored.namespace
        written = stored.written
        filled = definition
        digest = stored.digest
        self.position = position
        registeredAt = stored.at
        principal = stored.principal
        keyRetention = definition.keyRetention ?? DefinitionDefaults.keyRetention
        onCompensationFailure = definition.onCompensationFailure ?? .stop
        timeout = definition.timeout
        let indices = Dictionary(
            definition.steps.enumerated().map { ($1.name, StepIndex($0)) },
            uniquingKeysWith: { first, _ in first })
        let predecessors = definition.steps.map { step in
            (step.after ?? []).compactMap { indices[$0] }
        }
        var dependants = definition.steps.map { _ in [StepIndex]() }
        for (place, before) in predecessors.enumerated() {
            for step in before where dependants[step.rawValue].last != StepIndex(place) {
                dependants[step.rawValue].append(StepIndex(place))
            }
        }
        let places = PivotPlace.places(in: definition)
        let steps = definition.steps.enumerated().map { place, step in
            ResolvedStep(
                step, after: predecessors[place], dependants: dependants[place],
                place: places[place], indices: indices)
        }
        self.steps = steps
        output = definition.output.flatMap { ResolvedSource($0, indices) }
        pivot = places.firstIndex(of: .pivot).map(StepIndex.init)
        hasChildren = steps.contains { $0.child != nil }
        let roots = steps.indices.filter { steps[$0].after.isEmpty }
        plainRoots = roots.allSatisfy { steps[$0].isPlain } ? roots.map(StepIndex.init) : nil
        rootAttempts = (plainRoots ?? []).map { Opened(step: $0, direction: .action, number: 1) }
        self.indices = indices
        order = Self.order(of: steps)
        var ranks = Array(repeating: UInt32(0), count: steps.count)
        for (rank, step) in order.enumerated() { ranks[step.rawValue] = UInt32(rank) }
        self.ranks = ranks
    }

    /// The place of the step with this name.
    package func index(of step: String) -> StepIndex? {
        // A few names are compared sooner than one is hashed.
        guard steps.count > 8 else {
            return steps.firstIndex { $0.name == step }.map(StepIndex.init)
        }
        return indices[step]
    }

    /// The place of a step in `order`.
    package func rank(of step: StepIndex) -> Int { Int(ranks[step.rawValue]) }

    /// What going through the steps again and again, and taking each whose predecessors are taken,
    /// would give: a step is taken in the round of the last of its predecessors, or in the one
    /// after if that stands behind it.
    private static func order(of steps: [ResolvedStep]) -> [StepIndex] {
        var rounds = Array(repeating: 0, count: steps.count)
        var missing = steps.map { Set($0.after).count }
        var ready = steps.indices.filter { missing[$0] == 0 }
        var next = 0
        while next < ready.count {
            let place = ready[next]
            next += 1
            for dependant in steps[place].dependants.map(\.rawValue) {
                let round = rounds[place] + (place < dependant ? 0 : 1)
                rounds[dependant] = max(rounds[dependant], round)
                missing[dependant] -= 1
                if missing[dependant] == 0 { ready.append(dependant) }
            }
        }
        precondition(ready.count == steps.count, "a stored definition has a cycle")
        return ready.sorted { (rounds[$0], $0) < (rounds[$1], $1) }.map(StepIndex.init)
    }
}
