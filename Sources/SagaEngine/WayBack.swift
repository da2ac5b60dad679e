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

/// How far a saga is on its way back: an annotation, made of what the journal says and kept, so
/// that an undo that ends is followed by a look at its neighbours and not at all steps.
///
/// A step is settled when nothing of it is left to undo and all its dependants are settled. A
/// failed undo stops all that waits for it; where the definition says `continue`, it counts as
/// settled for the order. What is settled stays so, unless an operator has a failed undo tried
/// again: then this is made anew.
struct WayBack {
    private var isSettled: [Bool]
    /// How many of each step's dependants were seen to be settled, in their order.
    private var seen: [UInt16]
    private var unsettled: Int
    /// Steps to look at again: something about them has changed.
    private var line: [StepIndex]
    private let definition: ResolvedDefinition
    #if DEBUG
        /// How often a step was looked at: tests of growth count it.
        private(set) var looks = 0
    #endif

    init(_ definition: ResolvedDefinition) {
        self.definition = definition
        let count = definition.steps.count
        isSettled = Array(repeating: false, count: count)
        seen = Array(repeating: 0, count: count)
        unsettled = count
        line = definition.order
    }

    /// Whether every step is settled.
    var isOver: Bool { unsettled == 0 }

    /// The steps that are settled.
    var settled: [Bool] { isSettled }

    /// A step is to be looked at again.
    mutating func note(_ step: StepIndex) { line.append(step) }

    /// Looks at what has changed, and gives the steps whose undo is to be opened now: all their
    /// dependants are settled. Later steps of the definition's order come first.
    mutating func advance(_ standing: (StepIndex) -> UndoStanding) -> [StepIndex] {
        var due: [StepIndex] = []
        while let step = line.popLast() {
            #if DEBUG
                looks += 1
            #endif
            guard !isSettled[step.rawValue], isNext(step) else { continue }
            switch standing(step) {
            case .nothingLeft: settle(step)
            case .toDo: due.append(step)
            case .underWay: break
            case .failed: if definition.onCompensationFailure == .continue { settle(step) }
            }
        }
        guard due.count > 1 else { return due }
        return Set(due).sorted { definition.rank(of: $0) > definition.rank(of: $1) }
    }

    private mutating func isNext(_ step: StepIndex) -> Bool {
        if PlantedBug.undoesInAnyOrder.isPlanted { return true }
        let dependants = definition.steps[step.rawValue].dependants
        var place = Int(seen[step.rawValue])
        while place < dependants.count, isSettled[dependants[place].rawValue] {
            #if DEBUG
                looks += 1
            #endif
            place += 1
        }
        seen[step.rawValue] = UInt16(clamping: place)
        return place == dependants.count
    }

    private mutating func settle(_ step: StepIndex) {
        isSettled[step.rawValue] = true
        unsettled -= 1
        line += definition.steps[step.rawValue].after
    }
}

extension SagaInstance {
    /// Whether a step becomes current when another one has ended: all else that it waits for has.
    func isReady(_ step: StepIndex, after ended: StepIndex) -> Bool {
        steps[step.rawValue].state == .pending && isReady(step) { $0 == ended }
    }

    /// How a step stands on the way back; one without an undo has at most an answer to wait for.
    func undoStanding(of step: StepIndex) -> UndoStanding {
        let progress = steps[step.rawValue]
        guard resolved(step).isCompensated || progress.knowledge == .awaited else {
            return .nothingLeft
        }
        return progress.undoStanding
    }

    /// The first step, in the definition's order, whose undo failed for good.
    var failedUndo: StepIndex? {
        guard hasFailedUndo else { return nil }
        return facts.definition.order.first { undoStanding(of: $0) == .failed }
    }

    /// The steps whose undo can be opened now: all their dependants are settled.
    ///
    /// - Parameter assumed: a step for which something else is about to be recorded than stands
    ///   here now.
    func undosDue(
        assuming assumed: (step: StepIndex, standing: UndoStanding)? = nil
    ) -> [StepIndex] {
        if let assumed { noteUndo(of: assumed.step) }
        return undosDue { step in
            guard let assumed, assumed.step == step else { return self.undoStanding(of: step) }
            return assumed.standing
        }
    }

    /// The same when a saga is about to go back, and something is about to be recorded for many.
    func undosDue(assuming assumed: [StepIndex: UndoStanding]) -> [StepIndex] {
        forgetWayBack()
        return undosDue { assumed[$0] ?? self.undoStanding(of: $0) }
    }
}
