import SagaModel
import Testing

@testable import SagaEngine

/// An engine under test with its journal, and the checks that hold after every input.
final class EngineRig {
    let limits: EngineLimits
    var engine: Engine
    /// Fed by the journal alone: what a replay gives.
    private var replayed: Engine
    private(set) var records: [EmittedRecord] = []
    private(set) var now = Instant(microseconds: 1_700_000_000_000_000)
    private(set) var durable = JournalPosition.none
    private var opened: [AttemptKey: JournalPosition] = [:]
    private var newestTokens: [TaskKey: Token] = [:]
    private var taken: [AttemptKey: JournalPosition] = [:]
    private var deferred: [AttemptKey: JournalPosition] = [:]
    private var handedOut: Set<AttemptKey> = []
    private var starts: [SagaID: JournalPosition] = [:]
    private var ends: [SagaID: JournalPosition] = [:]
    private(set) var faults: [String] = []
    /// Records before this one are freed: the next life does not see them.
    private(set) var freed = JournalPosition.none
    /// How many lives have begun on a journal whose old end was freed.
    private(set) var freedLives = 0

    private struct TaskKey: Hashable {
        let saga: JournalPosition
        let step: StepIndex
        let direction: Direction
    }

    init(limits: EngineLimits, seed: UInt64 = 1) {
        var limits = limits
        limits.checksRestatements = true
        self.limits = limits
        engine = Engine(limits: limits)
        replayed = Engine(limits: limits)
        begin(seed: seed)
    }

    private func begin(seed: UInt64) {
        let life = Life(
            epoch: engine.lastEpoch.next, lineage: SagaID(high: 7, low: 7), life: seed, seed: seed)
        step(.begin(life))
    }

    func step(_ input: Input) {
        engine.step(input, now: now)
        collect()
    }

    /// Decides what was kept for the time when there is room.
    func stepKept() {
        while engine.stepKept(now: now) { collect() }
    }

    /// Lets time pass; every timer fires when it is due.
    func pass(_ duration: Duration) {
        let end = now + duration
        while let due = engine.nextWake, due <= end {
            now = max(now, due)
            fire()
        }
        now = end
    }

    /// Lets time pass in one go, as for a process that was stopped.
    func jump(_ duration: Duration) { now = now + duration }

    func fire() {
        var more = true
        while more {
            more = engine.fireTimers(now: now)
            collect()
        }
    }

    func release() -> [Effect] { release(upTo: engine.lastPosition) }

    func release(upTo position: JournalPosition) -> [Effect] {
        durable = max(durable, position)
        let effects = engine.advance(to: durable)
        for effect in effects { check(effect) }
        checkEngine()
        return effects
    }

    /// Begins the next life on what is on record up to a position; what came later is lost.
    ///
    /// - Parameter isUnknown: says of a record that the older binary which wrote the journal did
    ///   not know it.
    func restart(
        keeping kept: JournalPosition? = nil, seed: UInt64 = 2, space: SpaceLevel = .ample,
        dropping isUnknown: (Record) -> Bool = { _ in false }
    ) {
        let position = max(kept ?? engine.lastPosition, durable)
        var keep: [EmittedRecord] = []
        for record in records where record.position <= position {
            if !isUnknown(record.record) {
                keep.append(record)
            } else if !record.continues, !keep.isEmpty {
                keep[keep.count - 1].continues = false
            }
        }
        while keep.last?.continues == true { keep.removeLast() }
        records = []
        engine = Engine(limits: limits)
        replayed = Engine(limits: limits)
        forget()
        for record in keep {
            if record.position >= freed { expectReplay(into: &engine, record) }
            note(record)
        }
        endReplay(of: &engine)
        if freed > JournalPosition(1) { freedLives += 1 }
        durable = engine.lastPosition
        if space != .ample { engine.step(.space(space), now: now) }
        begin(seed: seed)
    }

    /// Frees what no replay needs, up to the beginning of a group, as a segment begins with one.
    func free() {
        guard durable == engine.lastPosition else { return }
        let needed = engine.oldestNeeded
        guard
            let place = records.indices.last(where: {
                records[$0].position <= needed && ($0 == 0 || !records[$0 - 1].continues)
            })
        else { return }
        freed = max(freed, records[place].position)
    }

    /// States everything anew and expects that this alone says all that there is.
    func expectWholeRestatement() {
        let before = engine.lastPosition
        guard engine.setAside.isEmpty else { return }
        step(.restate(before: before.next, byteBudget: .max))
        guard engine.space.takesRecords else {
            // Nothing is stated where nothing is recorded, and nothing is freed then.
            if engine.lastPosition != before { fault("stated anew without room for records") }
            return
        }
        var alone = Engine(limits: limits)
        for record in records where record.position > before { expectReplay(into: &alone, record) }
        endReplay(of: &alone)
        if let difference = engine.journaledDifference(from: alone) {
            fault("stated anew it is not the same: \(difference)")
        }
        if engine.oldestNeeded.rawValue + limits.statementReach + 4 <= before.rawValue {
            fault("all is stated anew, and what is older is needed")
        }
    }

    private func endReplay(of engine: inout Engine) {
        do {
            try engine.endReplay()
        } catch {
            fault("the journal is refused at its end: \(error)")
        }
    }

    private func forget() {
        opened = [:]
        newestTokens = [:]
        taken = [:]
        deferred = [:]
        starts = [:]
        ends = [:]
    }

    private func fault(_ text: String) {
        faults.append(text)
        Issue.record("\(text)")
    }

    private func expectReplay(into engine: inout Engine, _ record: EmittedRecord) {
        do {
            try engine.replay(record.record, at: record.position, saga: record.saga)
        } catch {
            fault("the journal is refused: \(error)")
        }
    }

    private func collect() {
        let new = engine.takeRecords()
        for record in new { note(record) }
        if new.last?.continues == true { fault("the last group has no end") }
        checkEngine()
    }

    private func note(_ record: EmittedRecord) {
        records.append(record)
        expectReplay(into: &replayed, record)
        switch record.record {
        case .sagaStarted(let started):
            starts[started.id] = record.position
            for item in started.opened { note(item, record) }
        case .attemptEnded(let ended):
            let key = AttemptKey(
                saga: record.saga, step: ended.step, direction: ended.direction,
                token: ended.token)
            if opened[key] == nil { fault("\(key) ends and was not opened") }
            if taken.updateValue(record.position, forKey: key) != nil {
                fault("\(key) ends twice")
            }
            if case .again(let number) = ended.next {
                note(Opened(step: ended.step, direction: ended.direction, number: number), record)
            }
            for item in ended.opened { note(item, record) }
        case .waitEnded(let ended): note(ended.opened, record)
        case .wentBack(let back): for item in back.opened { note(item, record) }
        case .stepsMoved(let moved): for item in moved.opened { note(item, record) }
        case .sagaUnparked(let unparked): for item in unparked.opened { note(item, record) }
        case .sagaBegan(let began): for item in began.opened { note(item, record) }
        case .sagaEnded:
            if let saga = starts.first(where: { $0.value == record.saga })?.key {
                ends[saga] = record.position
            }
        case .lifeBegan, .definitionRegistered, .keyTaken, .cancelAsked, .sagaParked,
            .sessionAttached, .sessionEnded, .sagaSuspended, .sagaResumed, .verbGiven, .stepSettled,
            .sagaTimedOut, .attentionChanged, .limitsSet, .engineRestated, .definitionRestated,
            .keysRestated, .sagaRestated:
            break
        case .taskDeferred(let item):
            deferred[
                AttemptKey(
                    saga: record.saga, step: item.step, direction: item.direction,
                    token: item.token)] = record.position
        }
    }

    private func note(_ item: Opened, _ record: EmittedRecord) {
        let token = Token(epoch: replayed.lastEpoch, number: item.number)
        let task = TaskKey(saga: record.saga, step: item.step, direction: item.direction)
        if let newest = newestTokens[task], newest >= token {
            fault("\(task): token \(token) after \(newest)")
        }
        newestTokens[task] = token
        opened[
            AttemptKey(
                saga: record.saga, step: item.step, direction: item.direction, token: token)] =
            record.position
    }

    private func key(_ attempt: TaskAttempt, _ step: StepIndex) -> AttemptKey {
        AttemptKey(
            saga: starts[attempt.task.saga] ?? .none, step: step,
            direction: attempt.task.direction, token: attempt.token)
    }

    private func isDurable(_ position: JournalPosition?) -> Bool {
        position.map { $0 <= durable } ?? false
    }

    private func check(_ effect: Effect) {
        switch effect {
        case .dispatch(_, let order):
            let key = key(TaskAttempt(task: order.task, token: order.token), order.step)
            if !isDurable(opened[key]) { fault("\(key) is handed out before its record") }
            if !handedOut.insert(key).inserted { fault("\(key) is handed out twice") }
        case .acknowledge(_, let attempt, .taken):
            guard let saga = engine.sagas[attempt.task.saga],
                let step = saga.facts.definition.index(of: attempt.task.step)
            else { return }
            let key = key(attempt, step)
            if !isDurable(taken[key] ?? deferred[key]) { fault("\(attempt) is acknowledged early") }
        case .reply(_, .started(let id, _, _, _)):
            if !isDurable(starts[id]) { fault("\(id) is acknowledged before its record") }
        case .reply(_, .saga(let status)):
            if status.state.isEnded, !isDurable(ends[status.id]) { fault("the end is shown early") }
        case .acknowledge, .reply, .welcome, .cancel, .heartbeatAck, .endSession, .fact: break
        }
    }

    private func checkEngine() {
        if let difference = engine.journaledDifference(from: replayed) {
            fault("replaying gives another state: \(difference)")
        }
        if let inconsistency = engine.inconsistency() { fault(inconsistency) }
    }
}
