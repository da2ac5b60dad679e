package import SagaModel

extension Record {
    /// What the record tells those who follow a saga, in order: what ended before what began.
    ///
    /// It depends on the record alone, never on what came before it, so that every reader finds the
    /// same events at the same places, wherever it began to read.
    package var events: [RecordedEvent] {
        switch self {
        case .sagaStarted(let started):
            [RecordedEvent(.sagaStarted, at: started.at)] + began(started.opened, started.at)
        case .attemptEnded(let ended): [ended.event] + began(ended.opened, ended.at)
        case .stepsMoved(let moved):
            moved.moves.compactMap { $0.event(at: moved.at) } + began(moved.opened, moved.at)
        case .wentBack(let back):
            [
                RecordedEvent(
                    .sagaCompensating, at: back.at, step: back.reason.step,
                    direction: back.reason.step.map { _ in .action }, failure: back.reason.failure)
            ] + began(back.opened, back.at)
        case .taskDeferred(let deferred): [deferred.event]
        case .stepSettled(let settled): settled.event.map { [$0] } ?? []
        case .sagaEnded(let ended): ended.event.map { [$0] } ?? []
        case .cancelAsked, .verbGiven, .sagaParked, .sagaUnparked, .sagaSuspended, .sagaResumed,
            .sagaBegan, .sagaTimedOut:
            eventsOfHalting
        case .attentionChanged(let changed): changed.events
        case .waitEnded:
            // The step became current when its wait began; further attempts are not told of.
            []
        case .lifeBegan, .definitionRegistered, .keyTaken, .sessionAttached, .sessionEnded,
            .limitsSet, .engineRestated, .definitionRestated, .keysRestated, .sagaRestated:
            // What was stated before is stated anew: nothing has happened.
            []
        }
    }

    /// Of records by which a saga stands still or goes on again, and of verbs.
    private var eventsOfHalting: [RecordedEvent] {
        switch self {
        case .cancelAsked(let asked):
            // A parent that goes back is no person; what it leads to is told all the same.
            asked.isByParent
                ? []
                : [
                    RecordedEvent(
                        .verbGiven, at: asked.at,
                        verb: VerbGiven(
                            verb: .cancel, step: nil, principal: asked.principal,
                            reason: asked.reason, at: asked.at))
                ]
        case .verbGiven(let given):
            [RecordedEvent(.verbGiven, at: given.at, step: given.step, verb: given)]
        case .sagaParked(let parked):
            [
                RecordedEvent(
                    .sagaFailed, at: parked.at, step: parked.step, direction: parked.direction,
                    failure: parked.failure)
            ]
        case .sagaUnparked(let unparked):
            [
                RecordedEvent(
                    unparked.state == .compensating ? .sagaCompensating : .sagaRunning,
                    at: unparked.at)
            ] + began(unparked.opened, unparked.at)
        case .sagaSuspended(let suspended):
            [
                RecordedEvent(
                    .sagaSuspended, at: suspended.at, step: suspended.step,
                    failure: suspended.step.map { _ in
                        Failure(code: "hold", message: suspended.reason)
                    })
            ]
        case .sagaResumed(let resumed): [RecordedEvent(.sagaResumed, at: resumed.at)]
        case .sagaBegan(let begun):
            [RecordedEvent(.sagaRunning, at: begun.at)] + began(begun.opened, begun.at)
        case .sagaTimedOut(let over): [RecordedEvent(.sagaTimedOut, at: over.at)]
        case .lifeBegan, .definitionRegistered, .keyTaken, .sagaStarted, .attemptEnded,
            .waitEnded, .wentBack, .sagaEnded, .sessionAttached, .sessionEnded, .stepsMoved,
            .taskDeferred, .stepSettled, .attentionChanged, .limitsSet, .engineRestated,
            .definitionRestated, .keysRestated, .sagaRestated:
            []
        }
    }

    /// Tasks that became current.
    private func began(_ opened: [Opened], _ at: Instant) -> [RecordedEvent] {
        opened.map { item in
            RecordedEvent(
                item.direction == .action ? .stepStarted : .compensationStarted, at: at,
                step: item.step, direction: item.direction, child: item.child)
        }
    }
}

extension AttemptEnded {
    fileprivate var event: RecordedEvent {
        let kind: EventKind
        switch next {
        case .over(.succeeded): kind = .stepSucceeded
        case .over(.failed): kind = .stepFailed
        case .over(.skipped): kind = .stepSkipped
        case .over(.compensated): kind = .compensationSucceeded
        case .over(.compensationFailed): kind = .compensationFailed
        case .over(.pending), .over(.scheduled), .over(.running), .over(.compensating), .again,
            .waits:
            kind = .attemptEnded
        }
        // What was undone is told as undone, though its answer was not taken.
        let tellsFailure = [.stepFailed, .attemptEnded, .compensationFailed].contains(kind)
        return RecordedEvent(
            kind, at: at, step: step, direction: direction, token: token, instance: instance,
            took: handedOutAt.map { at - $0 }, failure: tellsFailure ? outcome.failure : nil)
    }
}

extension StepMove {
    fileprivate func event(at instant: Instant) -> RecordedEvent? {
        switch kind {
        case .skipped:
            RecordedEvent(.stepSkipped, at: instant, step: step, direction: direction)
        case .waits(let wait):
            // A delay makes its step current; one without length stands in place of a wait that an
            // operator ended.
            wait.reason == .delay && wait.duration > .zero
                ? RecordedEvent(.stepStarted, at: instant, step: step, direction: direction) : nil
        case .failed(let failure, _):
            RecordedEvent(
                .stepFailed, at: instant, step: step, direction: direction, failure: failure)
        }
    }
}

extension AttentionChanged {
    fileprivate var events: [RecordedEvent] {
        cleared.map { RecordedEvent(.attentionCleared, at: at, attention: $0) }
            + raised.map {
                RecordedEvent(
                    .attentionRaised, at: at, step: $0.step,
                    direction: $0.step == nil ? nil : $0.direction, attention: $0.reason)
            }
    }
}

extension TaskDeferred {
    fileprivate var event: RecordedEvent {
        RecordedEvent(
            .taskDeferred, at: at, step: step, direction: direction, token: token,
            instance: instance, took: handedOutAt.map { at - $0 })
    }
}

extension StepSettled {
    fileprivate var event: RecordedEvent? {
        switch state {
        case .skipped: RecordedEvent(.stepSkipped, at: at, step: step, direction: .action)
        case .compensated:
            RecordedEvent(.compensationSucceeded, at: at, step: step, direction: .compensation)
        case .pending, .scheduled, .running, .succeeded, .failed, .compensating,
            .compensationFailed:
            nil
        }
    }
}

extension SagaEnded {
    fileprivate var event: RecordedEvent? {
        switch state {
        case .completed: RecordedEvent(.sagaCompleted, at: at)
        case .compensated: RecordedEvent(.sagaCompensated, at: at)
        case .abandoned: RecordedEvent(.sagaAbandoned, at: at)
        case .pending, .running, .compensating, .failed: nil
        }
    }
}
