internal import DequeModule
internal import SagaModel

/// Child sagas: a step that runs one lasts as long as it does, and its undo is the child's own.
extension Engine {
    /// A new id for a child; it stands in the record that makes its step current.
    mutating func drawChild() -> SagaID {
        SagaID(at: now, shard: 0, entropy: randomness.next())
    }

    /// The child sagas of a saga that have not ended.
    func liveChildren(of saga: SagaInstance) -> [SagaInstance] {
        guard saga.facts.definition.hasChildren else { return [] }
        return saga.steps.compactMap { step in
            guard let child = step.action.child.flatMap({ sagas[$0] }), !child.state.isEnded
            else { return nil }
            return child
        }
    }

    /// A step that runs a child saga became current: the child starts, or is undone.
    mutating func placeChild(
        _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) {
        guard let id = saga.steps[step.rawValue].action.child else {
            preconditionFailure("step \(step.rawValue) runs a child saga that has no id")
        }
        guard let child = sagas[id] else {
            guard direction == .action, saga.task(step, direction).token?.epoch == lastEpoch else {
                // Its start stands in the group that named it, so it was there and cannot be read.
                setChild(.none, saga, step, direction)
                output.followUps.append(.childUnknown(saga, step, direction))
                return
            }
            setChild(startChild(id, of: saga, step).facts.start, saga, step, direction)
            return
        }
        setChild(child.facts.start, saga, step, direction)
        if direction == .compensation { output.followUps.append(.undoChild(saga, step, child)) }
    }

    /// A child that could not be read counts as given up: what it did is for a person to settle.
    private mutating func endStep(
        _ step: StepIndex, _ direction: Direction, ofUnknownChildOf saga: SagaInstance
    ) {
        guard case .child(.none) = saga.task(step, direction).place else { return }
        endAttempt(
            AttemptEnd(
                saga: saga, step: step, direction: direction, outcome: .abandonedChild(direction),
                isFinal: true))
    }

    private mutating func setChild(
        _ start: JournalPosition, _ saga: SagaInstance, _ step: StepIndex, _ direction: Direction
    ) {
        saga.update(step, direction) { $0.place = .child(start) }
        counts.children += 1
        if direction == .action { startLimits(step, of: saga) }
    }

    private mutating func startChild(
        _ id: SagaID, of saga: SagaInstance, _ step: StepIndex
    ) -> SagaInstance {
        guard let wanted = saga.resolved(step).child,
            let found = saga.facts.children.first(where: {
                $0.name == wanted.name && $0.version == wanted.version
            }), let definition = definitions.find(found.definition)?.definition
        else { preconditionFailure("saga \(saga.facts.id) does not know what its child runs by") }
        let roots = definition.plainRoots ?? []
        emit(
            .sagaStarted(
                SagaStarted(
                    id: id, definition: definition.position, key: "", keyIsRandom: false,
                    keyHash: nil, input: input(of: step, in: saga), labels: saga.facts.labels,
                    traceContext: saga.facts.traceContext, principal: saga.facts.principal,
                    at: stamp,
                    opened: roots.map { Opened(step: $0, direction: .action, number: 1) },
                    parent: ParentStep(saga: saga.facts.start, step: step))))
        guard let child = sagas[id] else {
            preconditionFailure("saga \(id) is not there after its start")
        }
        counts.started += 1
        countStart(of: child)
        setTimeout(of: child)
        output.followUps.append(.proceed(child))
        return child
    }

    /// Does what follows for other sagas than the one that was decided on, before the group ends.
    mutating func followUp() {
        while space.takesRecords, let next = output.followUps.popFirst() {
            switch next {
            case .proceed(let saga):
                proceed(saga)
                checkCauses(of: saga)
            case .childEnded(let child): endStep(of: child)
            case .cancelChild(let child): cancelByParent(child)
            case .undoChild(let saga, let step, let child): undoChild(child, of: saga, step)
            case .childUnknown(let saga, let step, let direction):
                endStep(step, direction, ofUnknownChildOf: saga)
            }
        }
    }

    /// A saga has ended: the step that it ran for does, if it ran for one.
    mutating func childEnded(_ saga: SagaInstance) {
        guard saga.facts.parent != nil, !PlantedBug.losesChildEnds.isPlanted else { return }
        output.followUps.append(.childEnded(saga))
    }

    private mutating func endStep(of child: SagaInstance) {
        guard let place = child.facts.parent, let parent = order.find(place.saga) else { return }
        for direction in [Direction.action, .compensation] {
            let task = parent.task(place.step, direction)
            guard case .child(child.facts.start) = task.place,
                parent.steps[place.step.rawValue].action.child == child.facts.id
            else { continue }
            endAttempt(
                AttemptEnd(
                    saga: parent, step: place.step, direction: direction,
                    outcome: outcome(of: child, direction), isFinal: true))
            return
        }
    }

    private func outcome(of child: SagaInstance, _ direction: Direction) -> AttemptOutcome {
        switch (child.state, direction) {
        case (.completed, _): .succeeded(output(of: child) ?? .empty)
        case (.compensated, .action):
            .failed(
                child.failure?.failure
                    ?? Failure(code: "cancelled", message: "The child saga was cancelled"))
        case (.compensated, .compensation): .succeeded(.empty)
        case (.abandoned, _): .abandonedChild(direction)
        case (.pending, _), (.running, _), (.compensating, _), (.failed, _):
            preconditionFailure("saga \(child.facts.id) has not ended")
        }
    }

    /// What a completed saga gives.
    func output(of saga: SagaInstance) -> Payload? {
        saga.particulars.output ?? saga.outputOf.flatMap { saga.steps[$0.rawValue].output }
    }

    /// A child is no longer needed: it goes back, and its step waits for its end.
    mutating func cancelChild(at start: JournalPosition) {
        guard let child = order.find(start) else { return }
        output.followUps.append(.cancelChild(child))
    }

    private mutating func cancelByParent(_ child: SagaInstance) {
        switch child.state {
        case .pending, .running:
            guard child.particulars.cancelAsked == nil else { return }
            emit(
                .cancelAsked(
                    CancelAsked(
                        principal: child.facts.principal, reason: "The parent goes back",
                        isByParent: true, at: stamp)),
                saga: child)
            proceed(child)
            checkCauses(of: child)
        case .compensating, .failed, .completed, .compensated, .abandoned: break
        }
    }

    /// The undo of a step that ran a child: the completed child goes back.
    private mutating func undoChild(
        _ child: SagaInstance, of saga: SagaInstance, _ step: StepIndex
    ) {
        guard case .child = saga.steps[step.rawValue].undo.place else { return }
        switch child.state {
        case .completed where PlantedBug.leavesChildren.isPlanted: endStep(of: child)
        case .completed:
            goBack(child, BackWish(cause: .parent, message: "The parent goes back").reason)
        case .compensated, .abandoned: endStep(of: child)
        case .pending, .running, .compensating, .failed: break
        }
    }
}

extension AttemptOutcome {
    /// What an abandoned child is for the step that ran it.
    fileprivate static func abandonedChild(_ direction: Direction) -> AttemptOutcome {
        switch direction {
        case .action: .unknown(.childAbandoned)
        case .compensation:
            .failed(
                Failure(
                    code: Failure.childAbandonedCode, message: UnknownCause.childAbandoned.message))
        }
    }
}

extension Failure {
    /// The code under which a step is shown whose child saga was abandoned.
    static let childAbandonedCode = "child-abandoned"
}
