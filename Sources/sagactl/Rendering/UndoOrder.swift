internal import SagaModel

/// Which undos wait for which: a step is undone when all that came after it is settled.
struct UndoOrder {
    private let steps: [String: StepStatus]
    private let dependants: [String: [String]]

    init(_ saga: SagaStatus) {
        steps = Dictionary(
            saga.steps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var dependants: [String: [String]] = [:]
        for step in saga.steps {
            for earlier in step.after { dependants[earlier, default: []].append(step.name) }
        }
        self.dependants = dependants
    }

    /// The nearest steps behind this one that are not settled yet.
    func awaited(by name: String) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        var next = dependants[name] ?? []
        while !next.isEmpty {
            let later = next.removeFirst()
            guard seen.insert(later).inserted, let step = steps[later] else { continue }
            if step.isToBeSettled {
                found.append(later)
            } else {
                next += dependants[later] ?? []
            }
        }
        return found
    }
}

extension StepStatus {
    /// Whether the step itself, apart from what came after it, keeps others from being undone.
    fileprivate var isToBeSettled: Bool {
        switch state {
        case .pending, .skipped, .compensated: false
        case .scheduled, .running, .compensating, .compensationFailed: true
        case .succeeded, .failed: compensation != nil && compensation?.endedAt == nil
        }
    }
}
