internal import SagaModel

/// How a step stands on the way back.
enum UndoStanding {
    /// Nothing is left to undo.
    case nothingLeft
    /// Its undo is to be opened when its dependants are settled.
    case toDo
    /// Its undo is open, or an answer is awaited.
    case underWay
    /// Its undo failed for good.
    case failed
}

/// What is to be done next on the way back.
struct WayBack {
    /// Steps whose undo can be opened: all their dependants are settled.
    let due: [StepIndex]
    /// Every step is settled, or counts as settled since its undo failed.
    let isOver: Bool
    /// The first step whose undo failed for good.
    let failed: StepIndex?
}

extension SagaInstance {
    /// The steps that become current when this one has ended: all else that they wait for has.
    func stepsReady(after ended: StepIndex) -> [StepIndex] {
        resolved(ended).dependants.filter { dependant in
            steps[dependant.rawValue].state == .pending
                && resolved(dependant).after.allSatisfy { $0 == ended || isForwardEnd($0) }
        }
    }

    /// How a step stands on the way back; one without an undo has at most an answer to wait for.
    func undoStanding(of step: StepIndex) -> UndoStanding {
        let progress = steps[step.rawValue]
        guard resolved(step).isCompensated || progress.knowledge == .awaited else {
            return .nothingLeft
        }
        return progress.undoStanding
    }

    /// How the way back stands.
    ///
    /// A failed undo stops all that waits for it; where the definition says `continue`, it counts
    /// as settled for the order.
    ///
    /// - Parameter assumed: steps for which something else is about to be recorded than stands here
    ///   now.
    func wayBack(assuming assumed: [StepIndex: UndoStanding] = [:]) -> WayBack {
        let resolved = facts.definition.steps
        let goesOn = facts.definition.onCompensationFailure == .continue
        var settled = Array(repeating: false, count: steps.count)
        var due: [StepIndex] = []
        var failed: StepIndex?
        for step in facts.definition.order.reversed() {
            let standing = assumed[step] ?? undoStanding(of: step)
            let isNext =
                resolved[step.rawValue].dependants.allSatisfy { settled[$0.rawValue] }
                || PlantedBug.undoesInAnyOrder.isPlanted
            switch standing {
            case .nothingLeft: settled[step.rawValue] = isNext
            case .toDo: if isNext { due.append(step) }
            case .underWay: break
            case .failed:
                failed = step
                settled[step.rawValue] = isNext && goesOn
            }
        }
        return WayBack(due: due, isOver: settled.allSatisfy { $0 }, failed: failed)
    }
}
