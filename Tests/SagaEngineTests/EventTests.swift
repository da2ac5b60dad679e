import SagaModel
import Testing

@testable import SagaEngine

/// What each kind of record tells those who follow its saga.
struct EventTests {
    private static let at = Instant(microseconds: 9_000_000)
    private static let token = Token(epoch: Epoch(3), number: 2)
    private static let no = Failure(code: "no", message: "No")
    private static let one = StepIndex(1)
    private static let by = Principal(name: "me", isVerified: true)
    private static let child = SagaID(high: 7, low: 9)
    private static let opened = [
        Opened(step: StepIndex(2), direction: .action, number: 1, child: child),
        Opened(step: StepIndex(0), direction: .compensation, number: 4),
    ]
    private static let began = [
        RecordedEvent(
            .stepStarted, at: at, step: StepIndex(2), direction: .action, child: child),
        RecordedEvent(
            .compensationStarted, at: at, step: StepIndex(0), direction: .compensation),
    ]
    private static let later = Wait(until: at + .seconds(2), duration: .seconds(2))

    private static func started(at start: Wait? = nil, _ opened: [Opened] = []) -> Record {
        .sagaStarted(
            SagaStarted(
                id: child, definition: JournalPosition(2), key: "k", keyIsRandom: false,
                keyHash: nil, input: .empty, labels: [], traceContext: [], principal: by, at: at,
                opened: opened, startAt: start))
    }

    private static func ended(
        _ outcome: AttemptOutcome, _ next: TaskNext, _ direction: Direction = .action,
        opened: [Opened] = []
    ) -> Record {
        .attemptEnded(
            AttemptEnded(
                step: one, direction: direction, token: token, outcome: outcome,
                instance: "pay/p-1", handedOutAt: at + .seconds(-3), at: at, failures: 1,
                next: next, undo: nil, opened: opened))
    }

    private static func attempt(
        _ kind: EventKind, _ direction: Direction = .action, _ failure: Failure? = nil
    ) -> RecordedEvent {
        RecordedEvent(
            kind, at: at, step: one, direction: direction, token: token, instance: "pay/p-1",
            took: .seconds(3), failure: failure)
    }

    private static func moved(_ kinds: [StepMove.Kind], _ opened: [Opened] = []) -> Record {
        .stepsMoved(StepsMoved(moves: kinds.map { StepMove(one, $0) }, opened: opened, at: at))
    }

    private static func settled(_ state: StepState) -> Record {
        .stepSettled(StepSettled(step: one, state: state, output: nil, undo: nil, at: at))
    }

    private static func end(_ state: SagaState) -> Record {
        .sagaEnded(SagaEnded(state: state, outputOf: nil, keyUntil: nil, at: at))
    }

    private static let participant = ParticipantName(
        namespace: "default", name: "pay", instance: "p-1")

    @Test func recordsThatAreAboutNoSagaTellNothing() {
        let written = SagaDefinition(name: "order", version: 1, steps: [])
        let records: [Record] = [
            .lifeBegan(LifeBegan(epoch: Epoch(1), life: 4, at: Self.at)),
            .definitionRegistered(
                DefinitionRegistered(
                    namespace: "default", written: written, filled: written,
                    digest: Digest256(1, 2, 3, 4), principal: Self.by, at: Self.at)),
            .keyTaken(
                KeyTaken(
                    key: KeyHash(high: 1, low: 2), request: RequestHash(high: 3, low: 4),
                    saga: Self.child)),
            .sessionAttached(
                SessionAttached(participant: Self.participant, generation: 1, at: Self.at)),
            .sessionEnded(
                SessionEnded(
                    participant: Self.participant, generation: 1, inOrder: true, at: Self.at)),
        ]
        for record in records { #expect(record.events == [], "\(record)") }
    }

    @Test func aSagasCourseIsTold() {
        let reason = BackReason(step: Self.one, failure: Self.no)
        let cancelled = BackReason(step: nil, failure: Self.no)
        let rows: [(Record, [RecordedEvent])] = [
            (Self.started(), [RecordedEvent(.sagaStarted, at: Self.at)]),
            (Self.started(at: Self.later), [RecordedEvent(.sagaStarted, at: Self.at)]),
            (
                Self.started(Self.opened),
                [RecordedEvent(.sagaStarted, at: Self.at)] + Self.began
            ),
            (
                .sagaBegan(SagaBegan(opened: Self.opened, at: Self.at)),
                [RecordedEvent(.sagaRunning, at: Self.at)] + Self.began
            ),
            (
                .wentBack(
                    WentBack(
                        reason: reason, steps: [], withdrawn: [Self.one], opened: Self.opened,
                        at: Self.at)),
                [
                    RecordedEvent(
                        .sagaCompensating, at: Self.at, step: Self.one, direction: .action,
                        failure: Self.no)
                ] + Self.began
            ),
            (
                .wentBack(
                    WentBack(
                        reason: cancelled, steps: [], withdrawn: [], opened: [], at: Self.at)),
                [RecordedEvent(.sagaCompensating, at: Self.at, failure: Self.no)]
            ),
            (Self.end(.completed), [RecordedEvent(.sagaCompleted, at: Self.at)]),
            (Self.end(.compensated), [RecordedEvent(.sagaCompensated, at: Self.at)]),
            (Self.end(.abandoned), [RecordedEvent(.sagaAbandoned, at: Self.at)]),
            (Self.end(.running), []),
            (
                .attentionChanged(
                    AttentionChanged(
                        raised: [
                            RaisedAttention(
                                .undoFailing, step: Self.one, direction: .compensation),
                            RaisedAttention(.parked),
                        ], cleared: [.held], at: Self.at)),
                [
                    RecordedEvent(.attentionCleared, at: Self.at, attention: .held),
                    RecordedEvent(
                        .attentionRaised, at: Self.at, step: Self.one, direction: .compensation,
                        attention: .undoFailing),
                    RecordedEvent(.attentionRaised, at: Self.at, attention: .parked),
                ]
            ),
            (.limitsSet(LimitsSet(limits: [], at: Self.at)), []),
            (.keysRestated(KeysRestated(keys: [])), []),
            (
                .sagaTimedOut(SagaTimedOut(at: Self.at)),
                [RecordedEvent(.sagaTimedOut, at: Self.at)]
            ),
        ]
        for (record, events) in rows { #expect(record.events == events, "\(record)") }
    }

    @Test func theEndOfAnAttemptIsToldBeforeWhatItOpens() {
        let hold = Failure(code: "hold", message: "look")
        let refused = AttemptOutcome.refused(OutputRefused(reason: "odd", size: 0, limit: 0))
        let rows: [(Record, [RecordedEvent])] = [
            (
                Self.ended(.succeeded(.empty), .over(.succeeded), opened: Self.opened),
                [Self.attempt(.stepSucceeded)] + Self.began
            ),
            (
                Self.ended(.failed(Self.no), .over(.failed)),
                [Self.attempt(.stepFailed, .action, Self.no)]
            ),
            (Self.ended(.succeeded(.empty), .over(.skipped)), [Self.attempt(.stepSkipped)]),
            (
                Self.ended(.retry(Self.no, after: nil), .waits(Self.later)),
                [Self.attempt(.attemptEnded, .action, Self.no)]
            ),
            (
                Self.ended(.declined(.draining), .again(3)),
                [Self.attempt(.attemptEnded)]
            ),
            (
                Self.ended(.hold(reason: "look"), .waits(Self.later), .compensation),
                [Self.attempt(.attemptEnded, .compensation, hold)]
            ),
            (
                Self.ended(refused, .over(.compensated), .compensation),
                [Self.attempt(.compensationSucceeded, .compensation)]
            ),
            (
                Self.ended(.failed(Self.no), .over(.compensationFailed), .compensation),
                [Self.attempt(.compensationFailed, .compensation, Self.no)]
            ),
            (
                .taskDeferred(
                    TaskDeferred(
                        step: Self.one, direction: .action, token: Self.token,
                        instance: "pay/p-1", handedOutAt: Self.at + .seconds(-3),
                        until: Self.later, at: Self.at)),
                [Self.attempt(.taskDeferred)]
            ),
            (.waitEnded(WaitEnded(opened: Self.opened[0], at: Self.at)), []),
        ]
        for (record, events) in rows { #expect(record.events == events, "\(record)") }
    }

    @Test func stepsThatMoveWithoutAnAttemptAreTold() {
        func wait(_ reason: WaitReason, _ duration: Duration) -> StepMove.Kind {
            .waits(Wait(until: Self.at + duration, duration: duration, reason: reason))
        }
        func event(_ kind: EventKind, _ failure: Failure? = nil) -> RecordedEvent {
            RecordedEvent(kind, at: Self.at, step: Self.one, direction: .action, failure: failure)
        }
        let undone = RecordedEvent(
            .compensationSucceeded, at: Self.at, step: Self.one, direction: .compensation)
        let rows: [(Record, [RecordedEvent])] = [
            (
                Self.moved(
                    [.skipped(found: "1"), .failed(Self.no, undo: .nothing)], Self.opened),
                [event(.stepSkipped), event(.stepFailed, Self.no)] + Self.began
            ),
            (Self.moved([wait(.delay, .seconds(1))]), [event(.stepStarted)]),
            // An operator ended the wait; the step is current already.
            (Self.moved([wait(.delay, .zero)]), []),
            (Self.moved([wait(.backoff, .zero)]), []),
            (Self.moved([wait(.notYet, .seconds(1))]), []),
            (Self.settled(.skipped), [event(.stepSkipped)]),
            (Self.settled(.compensated), [undone]),
            (Self.settled(.running), []),
        ]
        for (record, events) in rows { #expect(record.events == events, "\(record)") }
    }

    @Test func verbsAndWhatHaltsASagaAreTold() {
        func asked(byParent: Bool) -> Record {
            .cancelAsked(
                CancelAsked(
                    principal: Self.by, reason: "enough", isByParent: byParent, at: Self.at))
        }
        func given(_ verb: Verb, _ step: StepIndex?) -> VerbGiven {
            VerbGiven(verb: verb, step: step, principal: Self.by, reason: "enough", at: Self.at)
        }
        func unparked(_ state: SagaState) -> Record {
            .sagaUnparked(
                SagaUnparked(state: state, opened: Self.opened, limits: [], at: Self.at))
        }
        func suspended(_ step: StepIndex?) -> Record {
            .sagaSuspended(
                SagaSuspended(
                    by: step == nil ? Self.by : nil, step: step, reason: "look", stopped: [],
                    at: Self.at))
        }
        let rows: [(Record, [RecordedEvent])] = [
            (
                asked(byParent: false),
                [RecordedEvent(.verbGiven, at: Self.at, verb: given(.cancel, nil))]
            ),
            (asked(byParent: true), []),
            (
                .verbGiven(given(.skip, Self.one)),
                [
                    RecordedEvent(
                        .verbGiven, at: Self.at, step: Self.one, verb: given(.skip, Self.one))
                ]
            ),
            (
                .sagaParked(SagaParked(step: Self.one, failure: Self.no, at: Self.at)),
                [
                    RecordedEvent(
                        .sagaFailed, at: Self.at, step: Self.one, direction: .compensation,
                        failure: Self.no)
                ]
            ),
            (unparked(.running), [RecordedEvent(.sagaRunning, at: Self.at)] + Self.began),
            (
                unparked(.compensating),
                [RecordedEvent(.sagaCompensating, at: Self.at)] + Self.began
            ),
            (suspended(nil), [RecordedEvent(.sagaSuspended, at: Self.at)]),
            (
                suspended(Self.one),
                [
                    RecordedEvent(
                        .sagaSuspended, at: Self.at, step: Self.one,
                        failure: Failure(code: "hold", message: "look"))
                ]
            ),
            (
                .sagaResumed(SagaResumed(limits: [], at: Self.at)),
                [RecordedEvent(.sagaResumed, at: Self.at)]
            ),
        ]
        for (record, events) in rows { #expect(record.events == events, "\(record)") }
    }
}
