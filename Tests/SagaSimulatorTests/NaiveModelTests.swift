import SagaCoordinator
import SagaEngine
import SagaModel
import Testing

@testable import SagaSimulator

/// The naive model, told of journals that are right and of some that are not.
@Suite struct NaiveModelTests {
    /// What follows when the first of two steps has ended, as a journal may say it.
    enum Journal: CaseIterable {
        case goesOn
        case forgetsTheNextStep
        case endsEarly
        case goesBack
        case goesBackAndLeavesTheFirstStep
        case triesAgainPastTheLimit
        case staysAfterANo
        case isAnsweredByNobody

        var isRight: Bool { self == .goesOn || self == .goesBack }

        var records: [Record] {
            let output = Payload(contentType: Payload.json, bytes: Array("{}".utf8))
            let done = AttemptOutcome.succeeded(output)
            let busy = AttemptOutcome.retry(Failure(code: "busy", message: ""), after: nil)
            let no = AttemptOutcome.failed(Failure(code: "no", message: ""))
            let second = Opened(step: StepIndex(1), direction: .action, number: 1)
            let undo = Opened(step: StepIndex(0), direction: .compensation, number: 1)
            let first = StepToUndo(step: StepIndex(0), knowledge: .done)
            switch self {
            case .goesOn, .isAnsweredByNobody: return [end(0, done, opened: [second])]
            case .forgetsTheNextStep: return [end(0, done)]
            case .endsEarly:
                return [
                    end(0, done, opened: [second]),
                    .sagaEnded(
                        SagaEnded(state: .completed, outputOf: nil, keyUntil: nil, at: at)),
                ]
            case .goesBack:
                return [
                    end(0, done, opened: [second]), end(1, no, undo: .nothing),
                    back([first], opened: [undo]),
                ]
            case .goesBackAndLeavesTheFirstStep:
                return [
                    end(0, done, opened: [second]), end(1, no, undo: .nothing),
                    back([], opened: []),
                    .sagaEnded(
                        SagaEnded(state: .compensated, outputOf: nil, keyUntil: nil, at: at)),
                ]
            case .triesAgainPastTheLimit: return [end(0, busy, next: .again(2), failures: 1)]
            case .staysAfterANo: return [end(0, no, undo: .nothing)]
            }
        }

        private func end(
            _ step: Int, _ outcome: AttemptOutcome, next: TaskNext? = nil, failures: UInt32 = 0,
            undo: UndoKnowledge? = nil, opened: [Opened] = []
        ) -> Record {
            let state: StepState = if case .succeeded = outcome { .succeeded } else { .failed }
            return .attemptEnded(
                AttemptEnded(
                    step: StepIndex(step), direction: .action, token: token, outcome: outcome,
                    instance: "", handedOutAt: nil, at: at, failures: failures,
                    next: next ?? .over(state), undo: undo, opened: opened))
        }

        private func back(_ steps: [StepToUndo], opened: [Opened]) -> Record {
            .wentBack(
                WentBack(
                    reason: BackReason(step: StepIndex(1), failure: Failure(code: "", message: "")),
                    steps: steps, withdrawn: [], opened: opened, at: at))
        }
    }

    @Test("The model agrees with what is right, and with nothing else", arguments: Journal.allCases)
    func judges(_ journal: Journal) throws {
        var one = StepDefinition(name: "one", work: .handler("a.one"))
        one.retry = RetryPolicy(maxAttempts: 1)
        let written = SagaDefinition(
            name: "order", version: 1,
            steps: [one, StepDefinition(name: "two", work: .handler("a.two"))])
        let principal = Principal(name: "", isVerified: false)
        let start = Record.sagaStarted(
            SagaStarted(
                id: SagaID(high: 1, low: 1), definition: JournalPosition(2), key: "",
                keyIsRandom: false, keyHash: nil, input: .empty, labels: [], traceContext: [],
                principal: principal, at: at,
                opened: [Opened(step: StepIndex(0), direction: .action, number: 1)]))
        let before: [Record] = [
            .lifeBegan(LifeBegan(epoch: Epoch(1), life: 1, at: at)),
            .definitionRegistered(
                DefinitionRegistered(
                    namespace: "default", written: written,
                    filled: DefinitionDefaults.fill(written), digest: Digest256(1, 1, 1, 1),
                    principal: principal, at: at)), start,
        ]
        var engine = Engine(limits: Limits().engine)
        let naive = NaiveSagas()
        if journal != .isAnsweredByNobody {
            for step in ["one", "two"] {
                let task = TaskRef(
                    saga: SagaID(high: 1, low: 1), step: step, direction: .action)
                naive.answers(TaskAttempt(task: task, token: token))
            }
        }
        var objection: String?
        let records = before + journal.records
        for (place, record) in records.enumerated() {
            let position = JournalPosition(UInt64(place + 1))
            let saga = place < 2 ? JournalPosition.none : JournalPosition(3)
            try engine.replay(record, at: position, saga: saga)
            let isLast = place == records.count - 1
            objection =
                objection
                ?? naive.take(
                    FollowedRecord(
                        record: record, position: position, saga: saga,
                        continues: place > 2 && !isLast), engine)
        }
        #expect((objection == nil) == journal.isRight, "\(journal): \(objection ?? "agreed")")
    }
}

private let at = Instant(microseconds: 1)
private let token = Token(epoch: Epoch(1), number: 1)
