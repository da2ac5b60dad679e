import SagaModel

/// Values with every field set, and with as few as there can be.
enum Samples {
    static let at = Instant(microseconds: 1_763_719_200_123_456)
    static let id = SagaID(high: 0x0199_A3C4_5E6F_7001, low: 0x8123_4567_89AB_CDEF)
    static let token = Token(epoch: Epoch(incarnation: 0, start: 17), number: 3)
    static let json = Payload(contentType: Payload.json, bytes: Array(#"{"order":"o-1"}"#.utf8))
    static let odd = Payload(contentType: "application/x-thing", bytes: [0, 255, 10])
    static let failure = Failure(code: "card-declined", message: "no funds – sorry", details: json)
    static let digest = Digest256(1, 0x2000_0000_0000_0000, 3, .max)
    static let verified = Principal(name: "CN=shop", isVerified: true)
    static let nobody = Principal(name: "", isVerified: false)
    static let participant = ParticipantName(
        namespace: "default", name: "payments", instance: "p-1")
    static let labels = [Label(name: "customer", value: "c-1"), Label(name: "region", value: "")]

    static let definition: SagaDefinition = {
        var reserve = StepDefinition(name: "reserve", work: .handler("stock.reserve"))
        reserve.after = []
        reserve.isCompensated = true
        reserve.isPivot = false
        reserve.retry = RetryPolicy(
            maxAttempts: 5, initial: .milliseconds(200), multiplier: 1.5, max: .seconds(30),
            jitter: 0.25, nonRetryableCodes: ["bad", "worse"])
        reserve.compensationRetry = RetryPolicy()
        reserve.timeouts = StepTimeouts(
            scheduleToStart: .seconds(1), startToClose: .nanoseconds(1_500_000_001),
            scheduleToClose: .seconds(60), heartbeat: .seconds(2))
        reserve.onFailure = .continue
        reserve.when = Condition(
            reference: Reference(source: "input", pointer: "/amount"), test: .notEquals("0"))
        reserve.delay = .zero
        reserve.input = .map([
            "zebra": Reference(source: "input", pointer: "/z"),
            "alpha": Reference(source: "input", pointer: ""),
            "é": Reference(source: "input", pointer: "/e"),
        ])
        var child = StepDefinition(name: "child", work: .saga(name: "sub", version: 2))
        child.after = ["reserve"]
        child.isCompensated = false
        child.isPivot = true
        child.timeouts = StepTimeouts()
        child.onFailure = .compensate
        child.when = Condition(
            reference: Reference(source: "reserve", pointer: ""), test: .exists(false))
        child.input = .reference(Reference(source: "reserve", pointer: "/id"))
        var last = StepDefinition(name: "last", work: .saga(name: "sub", version: nil))
        last.when = Condition(
            reference: Reference(source: "input", pointer: "/a"), test: .equals(#""x""#))
        return SagaDefinition(
            name: "order", version: 3, steps: [reserve, child, last], timeout: .seconds(3_600),
            output: .map([:]), onCompensationFailure: .continue, retention: .seconds(86_400),
            keyRetention: .zero)
    }()
    static let bareDefinition = SagaDefinition(name: "", version: 0, steps: [])

    static let outcomes: [AttemptOutcome] = [
        .succeeded(json), .succeeded(odd), .succeeded(.empty),
        .succeeded(Payload(contentType: Payload.json, bytes: [])),
        .failed(failure), .failed(Failure(code: "", message: "")),
        .retry(failure, after: .microseconds(1_500_001)),
        .retry(Failure(code: "x", message: ""), after: nil),
        .retry(Failure(code: "x", message: ""), after: .zero),
        .refused(OutputRefused(reason: "too large", size: 2_000_000, limit: 1_048_576)),
        .refused(OutputRefused(reason: "not encodable: no such key", size: 0, limit: 0)),
        .unknown(.timedOut), .unknown(.sessionLost), .unknown(.forgotten),
        .unknown(.coordinatorRestarted), .unknown(.scheduleToClose), .unknown(.heartbeatMissed),
        .unknown(.deferralOver), .unknown(.cancelGraceOver), .unknown(.childAbandoned),
        .notYet(after: .milliseconds(1_500)), .deferred(within: nil), .deferred(within: .zero),
        .deferred(within: .seconds(9)), .hold(reason: "look"), .hold(reason: ""),
        .declined(.draining), .declined(.noSlot),
        .declined(.handlerUnknown),
    ]

    static let nexts: [TaskNext] =
        StepState.allCases.map(TaskNext.over) + [
            .again(4), .again(0),
            .waits(Wait(until: at + .seconds(1), duration: .seconds(1))),
            .waits(Wait(until: Instant(microseconds: 0), duration: .zero)),
            .waits(Wait(until: at, duration: .seconds(1), reason: .delay)),
            .waits(Wait(until: at, duration: .seconds(1), reason: .notYet)),
            .waits(Wait(until: at, duration: .zero, reason: .hold)),
        ]

    static let opened = [
        Opened(step: StepIndex(0), direction: .action, number: 1),
        Opened(step: StepIndex(2), direction: .compensation, number: 7),
    ]

    static func attemptEnded(
        _ outcome: AttemptOutcome, step: Int = 1, failures: UInt32 = 2,
        next: TaskNext = .over(.succeeded), undo: UndoKnowledge? = nil, opened: [Opened] = opened
    ) -> AttemptEnded {
        AttemptEnded(
            step: StepIndex(step), direction: .action, token: token, outcome: outcome,
            instance: "payments/p-1", handedOutAt: at + .microseconds(-1_234), at: at,
            failures: failures, next: next, undo: undo, opened: opened)
    }

    static let started = SagaStarted(
        id: id, definition: JournalPosition(7), key: "order-1", keyIsRandom: true,
        keyHash: KeyHash(high: 1, low: .max), input: json, labels: labels,
        traceContext: [Label(name: "traceparent", value: "00-1-2-01")], principal: verified,
        at: at, opened: opened)

    /// Records of every kind, with everything set and with nothing.
    static let records: [Record] =
        [
            .lifeBegan(LifeBegan(epoch: Epoch(incarnation: 9, start: 2), life: .max, at: at)),
            .lifeBegan(LifeBegan(epoch: .none, life: 0, at: Instant(microseconds: 0))),
            .definitionRegistered(
                DefinitionRegistered(
                    namespace: "default", written: definition, filled: definition, digest: digest,
                    principal: verified, at: at)),
            .definitionRegistered(
                DefinitionRegistered(
                    namespace: "", written: bareDefinition, filled: bareDefinition,
                    digest: Digest256(0, 0, 0, 0), principal: nobody,
                    at: Instant(microseconds: 0))),
            .keyTaken(
                KeyTaken(
                    key: KeyHash(high: 1, low: 2), request: RequestHash(high: 3, low: 4), saga: id)
            ),
            .keyTaken(
                KeyTaken(
                    key: KeyHash(high: 0, low: 0), request: RequestHash(high: 0, low: 0),
                    saga: SagaID(high: 0, low: 0))),
            .sagaStarted(started),
            .sagaStarted(
                SagaStarted(
                    id: SagaID(high: 0, low: 0), definition: .none, key: "", keyIsRandom: false,
                    keyHash: nil, input: .empty, labels: [], traceContext: [], principal: nobody,
                    at: Instant(microseconds: 0), opened: [])),
            .sagaStarted(
                SagaStarted(
                    id: id, definition: .none, key: "k", keyIsRandom: false,
                    keyHash: KeyHash(high: 0, low: 0),
                    input: Payload(contentType: "text/plain", bytes: []), labels: [],
                    traceContext: [], principal: nobody, at: at, opened: [])),
            .waitEnded(WaitEnded(opened: opened[1], at: at)),
            .waitEnded(
                WaitEnded(
                    opened: Opened(step: StepIndex(0), direction: .action, number: 0),
                    at: Instant(microseconds: -1))),
            .cancelAsked(CancelAsked(principal: verified, reason: "because", at: at)),
            .cancelAsked(
                CancelAsked(principal: nobody, reason: "", at: Instant(microseconds: 0))),
            .wentBack(
                WentBack(
                    reason: BackReason(step: StepIndex(0), failure: failure),
                    steps: [.nothing, .done, .inDoubt, .awaited].enumerated().map {
                        StepToUndo(step: StepIndex($0), knowledge: $1)
                    }, withdrawn: [StepIndex(4), StepIndex(0), StepIndex(300)], opened: opened,
                    at: at)),
            .wentBack(
                WentBack(
                    reason: BackReason(step: nil, failure: Failure(code: "", message: "")),
                    steps: [], withdrawn: [], opened: [], at: Instant(microseconds: 0))),
            .sagaParked(SagaParked(step: StepIndex(3), failure: failure, at: at)),
            .sagaParked(
                SagaParked(
                    step: StepIndex(0), failure: Failure(code: "", message: ""),
                    at: Instant(microseconds: 0))),
            .sagaEnded(
                SagaEnded(
                    state: .completed, outputOf: StepIndex(0), keyUntil: at + .seconds(86_400),
                    at: at)),
            .sessionAttached(
                SessionAttached(participant: participant, generation: .max, at: at)),
            .sessionAttached(
                SessionAttached(
                    participant: ParticipantName(namespace: "", name: "", instance: ""),
                    generation: 0, at: Instant(microseconds: 0))),
            .sessionEnded(
                SessionEnded(participant: participant, generation: 3, inOrder: true, at: at)),
            .sessionEnded(
                SessionEnded(
                    participant: ParticipantName(namespace: "", name: "", instance: ""),
                    generation: 0, inOrder: false, at: Instant(microseconds: 0))),
        ]
        + outcomes.map { .attemptEnded(attemptEnded($0)) }
        + nexts.map { .attemptEnded(attemptEnded(.unknown(.timedOut), next: $0)) }
        + [UndoKnowledge.nothing, .done, .inDoubt, .awaited].map {
            .attemptEnded(attemptEnded(.succeeded(.empty), undo: $0))
        }
        + SagaState.allCases.map {
            .sagaEnded(SagaEnded(state: $0, outputOf: nil, keyUntil: nil, at: at))
        }
        + [
            .attemptEnded(
                AttemptEnded(
                    step: StepIndex(0), direction: .compensation,
                    token: Token(epoch: .none, number: 0), outcome: .succeeded(.empty),
                    instance: "", handedOutAt: nil, at: Instant(microseconds: 0), failures: 0,
                    next: .again(0), undo: nil, opened: [])),
            .attemptEnded(
                AttemptEnded(
                    step: StepIndex(0), direction: .action,
                    token: Token(epoch: Epoch(.max), number: .max), outcome: .succeeded(odd),
                    instance: "", handedOutAt: Instant(microseconds: .max),
                    at: Instant(microseconds: .min), failures: .max, next: .again(.max),
                    undo: nil, opened: [], progress: json)),
        ] + standing
        + [
            .lifeBegan(
                LifeBegan(
                    epoch: Epoch(incarnation: .max, start: 1), life: 1, at: at,
                    gapAfter: JournalPosition(0)))
        ]

    static let stopped = [
        StoppedLimit(.saga, left: .seconds(1)),
        StoppedLimit(.scheduleToStart(StepIndex(0)), left: .zero),
        StoppedLimit(.scheduleToClose(StepIndex(7)), left: .seconds(3)),
        StoppedLimit(.deferral(StepIndex(2), .action), left: .seconds(4)),
        StoppedLimit(.deferral(StepIndex(2), .compensation), left: .seconds(5)),
    ]

    static let limits = stopped.map {
        RunningLimit($0.limit, Wait(until: at, duration: $0.left))
    }

    /// Records by which a saga stands still, goes on, or is told to do something.
    static let standing: [Record] =
        [
            .stepsMoved(
                StepsMoved(
                    moves: [
                        StepMove(StepIndex(0), .skipped(found: "")),
                        StepMove(StepIndex(1), .skipped(found: "1.50")),
                        StepMove(
                            StepIndex(2), direction: .compensation,
                            .waits(Wait(until: at, duration: .seconds(2), reason: .delay))),
                        StepMove(StepIndex(3), .failed(failure, undo: .inDoubt)),
                    ],
                    opened: opened + [
                        Opened(step: StepIndex(4), direction: .action, number: 1, child: id)
                    ], at: at)),
            .stepsMoved(StepsMoved(moves: [], opened: [], at: Instant(microseconds: 0))),
            .taskDeferred(
                TaskDeferred(
                    step: StepIndex(1), direction: .compensation, token: token,
                    instance: "payments/p-1", handedOutAt: at + .microseconds(-7),
                    until: Wait(until: at, duration: .seconds(4)), at: at)),
            .taskDeferred(
                TaskDeferred(
                    step: StepIndex(0), direction: .action, token: token, instance: "",
                    handedOutAt: nil, until: nil, at: at)),
            .sagaSuspended(
                SagaSuspended(
                    by: verified, step: nil, reason: "looking", stopped: stopped, at: at)),
            .sagaSuspended(
                SagaSuspended(by: nil, step: StepIndex(0), reason: "", stopped: [], at: at)),
            .sagaSuspended(
                SagaSuspended(by: nobody, step: nil, reason: "", stopped: [], at: at)),
            .sagaResumed(SagaResumed(limits: limits, at: at)),
            .sagaResumed(SagaResumed(limits: [], at: Instant(microseconds: 0))),
            .sagaUnparked(
                SagaUnparked(state: .compensating, opened: opened, limits: limits, at: at)),
            .stepSettled(
                StepSettled(
                    step: StepIndex(0), state: .skipped, output: json, undo: .inDoubt, at: at)),
            .stepSettled(
                StepSettled(
                    step: StepIndex(3), state: .compensated, output: nil, undo: nil, at: at)),
            .sagaBegan(SagaBegan(opened: opened, at: at)),
            .sagaTimedOut(SagaTimedOut(at: at)),
            .attentionChanged(
                AttentionChanged(
                    raised: [
                        RaisedAttention(
                            .undoFailing, step: StepIndex(0), direction: .compensation),
                        RaisedAttention(.timeoutPastPivot),
                    ], cleared: [.parked, .held], at: at)),
            .attentionChanged(
                AttentionChanged(raised: [], cleared: [], at: Instant(microseconds: 0))),
            .limitsSet(LimitsSet(limits: limits, at: at)),
            .waitEnded(
                WaitEnded(
                    opened: Opened(step: StepIndex(4), direction: .action, number: 2, child: id),
                    at: at)),
            .cancelAsked(CancelAsked(principal: verified, reason: "", isByParent: true, at: at)),
            .sagaEnded(
                SagaEnded(
                    state: .abandoned, outputOf: nil, output: json,
                    left: [StepToUndo(step: StepIndex(0), knowledge: .done)], keyUntil: nil,
                    at: at)),
            .sagaStarted(rareStart),
        ] + restated
        + Verb.allCases.map {
            .verbGiven(
                VerbGiven(
                    verb: $0, step: $0 == .skip ? StepIndex(0) : nil, principal: verified,
                    reason: "because", at: at))
        }
        + ParkingReason.allCases.map {
            .sagaParked(
                SagaParked(
                    step: StepIndex(1), direction: .action, reason: $0, failure: failure,
                    stopped: stopped, at: at))
        }

    static let rareStart = SagaStarted(
        id: started.id, definition: started.definition, key: started.key,
        keyIsRandom: started.keyIsRandom, keyHash: started.keyHash, input: started.input,
        labels: started.labels, traceContext: started.traceContext, principal: started.principal,
        at: started.at, opened: started.opened, startAt: Wait(until: at, duration: .seconds(5)),
        inline: InlineDefinition(
            namespace: "default", written: definition, filled: definition, digest: digest),
        parent: ParentStep(saga: JournalPosition(0), step: StepIndex(0)),
        children: [
            ChildDefinition(name: "sub", version: nil, definition: JournalPosition(4)),
            ChildDefinition(name: "sub", version: 2, definition: JournalPosition(5)),
        ],
        replaces: id)

    static let task = TaskRef(saga: id, step: "charge", direction: .action)
    static let undoTask = TaskRef(saga: id, step: "charge", direction: .compensation)
    static let attempt = TaskAttempt(task: task, token: token)
    static let undoAttempt = TaskAttempt(task: undoTask, token: token)

    static let hello = Hello(
        participant: participant, protocolVersion: 1, sdkVersion: "saga-swift/1.0.0",
        serviceVersion: "2.1",
        handlers: [
            HandlerOffer(name: "payments.charge", hasCompensation: true),
            HandlerOffer(name: "payments.check", hasCompensation: false),
        ], slots: 100, undoSlots: 12, running: [attempt, undoAttempt], holdingResults: [attempt],
        epochsMet: [EpochMet(lineage: id, epoch: Epoch(17), life: .max)])

    static let facts: SagaFacts = {
        var charge = StepDefinition(name: "charge", work: .handler("payments.charge"))
        charge.timeouts = StepTimeouts(startToClose: .seconds(30))
        let written = SagaDefinition(name: "order", version: 3, steps: [charge])
        let definition = ResolvedDefinition(
            DefinitionRegistered(
                namespace: "default", written: written,
                filled: DefinitionDefaults.fill(written), digest: digest, principal: verified,
                at: at), position: JournalPosition(7))
        return SagaFacts(started, at: JournalPosition(42), definition: definition)
    }()
    static let order = TaskOrder(
        saga: facts, step: StepIndex(0), token: token, input: json, undo: nil)
    static let undoOrder = TaskOrder(
        saga: facts, step: StepIndex(0), token: token, input: json,
        undo: UndoOrder(
            output: odd, reason: BackReason(step: StepIndex(0), failure: failure)))
}
