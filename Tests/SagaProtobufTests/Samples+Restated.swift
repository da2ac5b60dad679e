import SagaModel

extension Samples {
    /// Records that state something anew, with everything that there can be, and with little.
    static let restated: [Record] = [
        .engineRestated(
            EngineRestated(epoch: Epoch(17), newestStamp: at, dropped: 5, newestDropped: id)),
        .engineRestated(
            EngineRestated(
                epoch: Epoch(1), newestStamp: Instant(microseconds: 0), dropped: 0,
                newestDropped: nil)),
        .definitionRestated(
            DefinitionRestated(
                position: JournalPosition(9),
                definition: DefinitionRegistered(
                    namespace: "n", written: bareDefinition, filled: definition, digest: digest,
                    principal: verified, at: at))),
        .keysRestated(
            KeysRestated(keys: [
                RestatedKey(
                    taken: KeyTaken(
                        key: KeyHash(high: 1, low: 2), request: RequestHash(high: 3, low: 4),
                        saga: id), start: JournalPosition(7), until: nil, mayBeReplaced: false),
                RestatedKey(
                    taken: KeyTaken(
                        key: KeyHash(high: 5, low: 6), request: RequestHash(high: 7, low: 8),
                        saga: id), start: .none, until: at, mayBeReplaced: true),
            ])),
        .keysRestated(KeysRestated(keys: [])),
        .sagaRestated(
            SagaRestated(
                started: started, state: .pending, stateSince: Instant(microseconds: 0))),
        .sagaRestated(fullSaga),
    ]

    private static let fullTask: RestatedTask = {
        var task = RestatedTask()
        task.token = token
        task.mayHaveRun = true
        task.endedUnknown = true
        task.hasReturned = true
        task.wait = Wait(until: at, duration: .seconds(3), reason: .notYet)
        task.attempts = 40
        task.failures = 3
        task.dueAt = at
        task.handedOutAt = Instant(microseconds: 0)
        task.endedAt = at
        task.instance = "payments/p-1"
        task.openedBy = JournalPosition(77)
        task.isDeferred = true
        task.deferredUntil = Wait(until: at, duration: .seconds(60))
        task.progress = json
        task.lastFailure = failure
        task.failingSince = Instant(microseconds: 0)
        let kept = outcomes.filter { outcome in
            if case .succeeded = outcome { false } else { true }
        }.enumerated().map { place, outcome in
            AttemptOnRecord(
                token: Token(epoch: Epoch(3), number: UInt32(place + 1)), instance: "p/\(place)",
                handedOutAt: place % 2 == 0 ? nil : Instant(microseconds: at.microseconds - 5),
                endedAt: at, outcome: outcome, counts: place % 3 == 0)
        }
        task.endedAttempts = 39
        task.firstAttempt = kept.first
        task.lastAttempts = Array(kept.dropFirst().prefix(10))
        task.children = [id, SagaID(high: 1, low: 2)]
        return task
    }()

    private static let fullSaga: SagaRestated = {
        var saga = SagaRestated(started: started, state: .failed, stateSince: at)
        saga.outputOf = StepIndex(0)
        var first = RestatedStep(StepIndex(0), .compensating)
        first.knowledge = .inDoubt
        first.action = fullTask
        first.undo = RestatedTask()
        first.output = odd
        saga.steps = [first, RestatedStep(StepIndex(2), .skipped)]
        saga.raised = [.parked, .undoFailing]
        saga.endedBy = JournalPosition(99)
        var rare = RestatedRarities()
        rare.suspension = SagaSuspended(
            by: nil, step: StepIndex(1), reason: "look", stopped: [], at: at)
        rare.parking = SagaParked(
            step: StepIndex(1), direction: .action, reason: .pastPivot, failure: failure, at: at)
        rare.cancelAsked = CancelAsked(
            principal: verified, reason: "no more", isByParent: true, at: at)
        rare.wish = RestatedWish(cause: .parent, message: "The parent goes back")
        rare.running = RestatedBegin(position: JournalPosition(12), at: at)
        rare.backReason = BackReason(step: StepIndex(0), failure: failure)
        rare.failure = SagaFault(
            step: "one", failure: failure, attempt: 3, instance: "p/1", at: at)
        rare.compensationFailure = SagaFault(
            step: "", failure: Failure(code: "", message: ""), attempt: 0, instance: "",
            at: Instant(microseconds: 0))
        rare.timedOutAt = Instant(microseconds: 0)
        rare.stopped = [StoppedLimit(.saga, left: .seconds(3))]
        rare.limits = [
            RunningLimit(
                .deferral(StepIndex(1), .compensation), Wait(until: at, duration: .seconds(2)))
        ]
        rare.verbs = [
            VerbGiven(verb: .retry, step: nil, principal: nobody, reason: "", at: at),
            VerbGiven(verb: .skip, step: StepIndex(2), principal: verified, reason: "r", at: at),
        ]
        rare.found = [FoundByCondition(step: StepIndex(2), text: "null")]
        rare.output = .empty
        rare.left = [StepToUndo(step: StepIndex(0), knowledge: .done)]
        rare.replacedBy = id
        saga.rare = rare
        return saga
    }()
}
