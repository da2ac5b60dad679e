internal import SagaModel

/// What people told the coordinator, as the durable journal has it, and what was acknowledged of
/// that: no answer may come before its record.
///
/// A verb may be given twice, and each time has a record of its own; so they are counted.
struct WordsOnRecord {
    /// A verb, the saga that it is for, and the step, by name; empty for the saga.
    struct Word: Hashable {
        let verb: Verb
        let saga: SagaID
        let step: String
    }

    /// A definition by its name and version.
    struct Definition: Hashable {
        let name: String
        let version: UInt32
    }

    private var onRecord: [Word: Int] = [:]
    private var acknowledged: [Word: Int] = [:]
    private var ended: Set<TaskAttempt> = []
    private var definitions: Set<Definition> = []
    /// The ids and the steps of sagas, by their start records.
    private var sagas: [JournalPosition: (id: SagaID, steps: [String])] = [:]
    private var steps: [JournalPosition: [String]] = [:]

    /// A record has become durable.
    mutating func take(_ item: FollowedRecord) {
        switch item.record {
        case .definitionRegistered(let stored):
            definitions.insert(
                Definition(name: stored.written.name, version: stored.written.version))
            steps[item.position] = stored.filled.steps.map(\.name)
        case .sagaStarted(let started):
            let names = started.inline?.filled.steps.map(\.name) ?? steps[started.definition] ?? []
            sagas[item.position] = (started.id, names)
        case .cancelAsked(let asked) where !asked.isByParent: note(.cancel, nil, item)
        case .verbGiven(let given): note(given.verb, given.step, item)
        case .attemptEnded(let attempt):
            guard let saga = sagas[item.saga] else { return }
            let task = TaskRef(
                saga: saga.id, step: saga.steps[attempt.step.rawValue],
                direction: attempt.direction)
            ended.insert(TaskAttempt(task: task, token: attempt.token))
        case .lifeBegan, .keyTaken, .waitEnded, .cancelAsked, .wentBack, .sagaParked, .sagaEnded,
            .sessionAttached, .sessionEnded, .stepsMoved, .taskDeferred, .sagaSuspended,
            .sagaResumed, .sagaUnparked, .stepSettled, .sagaBegan, .sagaTimedOut,
            .attentionChanged, .limitsSet, .engineRestated, .definitionRestated, .keysRestated,
            .sagaRestated:
            break
        }
    }

    private mutating func note(_ verb: Verb, _ step: StepIndex?, _ item: FollowedRecord) {
        guard let saga = sagas[item.saga] else { return }
        let name = step.map { saga.steps[$0.rawValue] } ?? ""
        onRecord[Word(verb: verb, saga: saga.id, step: name), default: 0] += 1
    }

    /// A client was told that its work is done; says what is wrong with that.
    mutating func acknowledge(_ work: SimulatedClient.Work, _ all: [SagaDefinition]) -> String? {
        switch work {
        case .register(let place):
            let definition = Definition(name: all[place].name, version: all[place].version)
            return definitions.contains(definition)
                ? nil : "\(definition.name) is registered, and not on record"
        case .verb(let verb, let saga, let step):
            let word = Word(verb: verb, saga: saga, step: step)
            acknowledged[word, default: 0] += 1
            return acknowledged[word, default: 0] <= onRecord[word, default: 0]
                ? nil : "\(verb.label) of \(saga) is acknowledged, and not on record"
        case .complete(let attempt, _):
            return ended.contains(attempt)
                ? nil : "an answer to \(attempt) is acknowledged, and not on record"
        case .start, .await: return nil
        }
    }
}
