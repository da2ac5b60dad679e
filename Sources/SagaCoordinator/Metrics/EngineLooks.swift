internal import NIOCore
internal import SagaEngine
internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// What scrapes want to know of the engine: asked on any thread, answered on the engine's.
final class EngineLooks: Sendable {
    /// What the engine says.
    struct Answer: Sendable {
        /// What it has counted, and what waits.
        var engine: EngineFigures
        /// What a look at all sagas has found, not long ago.
        var sagas: SagaFigures
        /// How the journal stands.
        var journal: JournalStatus
    }

    private struct State {
        var waiting: [UInt64: EventLoopPromise<Answer?>] = [:]
        var next: UInt64 = 0
        var last: Answer?
        var isOver = false
    }

    private let state = Mutex(State())
    private let inbox: Inbox
    private let wait: Duration

    /// - Parameter wait: how long an answer may take before the one before it is given.
    init(_ inbox: Inbox, wait: Duration) {
        self.inbox = inbox
        self.wait = wait
    }

    /// Asks; what the engine said before if it takes too long, nil before there is an engine.
    func ask(on eventLoop: any EventLoop) -> EventLoopFuture<Answer?> {
        let promise = eventLoop.makePromise(of: Answer?.self)
        let number: UInt64? = state.withLock { state in
            guard !state.isOver else { return nil }
            state.next += 1
            state.waiting[state.next] = promise
            return state.next
        }
        guard let number else {
            promise.succeed(state.withLock { $0.last })
            return promise.futureResult
        }
        inbox.ask()
        let late = eventLoop.scheduleTask(in: .microseconds(wait.microseconds)) {
            let found = self.state.withLock { state in
                (state.waiting.removeValue(forKey: number), state.last)
            }
            found.0?.succeed(found.1)
        }
        promise.futureResult.whenComplete { _ in late.cancel() }
        return promise.futureResult
    }

    /// Whether somebody waits for an answer.
    var isWanted: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Gives the answer to all who wait.
    func answer(_ answer: Answer) {
        let waiting = state.withLock { state in
            state.last = answer
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for promise in waiting { promise.succeed(answer) }
    }

    /// The engine's thread has ended: what was known last is what there is.
    func end() {
        let (waiting, last) = state.withLock { state in
            state.isOver = true
            defer { state.waiting = [:] }
            return (Array(state.waiting.values), state.last)
        }
        for promise in waiting { promise.succeed(last) }
    }
}

/// The engine's side of the looks, which the engine's thread alone has.
///
/// All sagas are looked at a page a turn, with whatever else came in between; then what was found
/// is good for a hundred times as long as the looking took, so that scrapes cost the engine about
/// a hundredth of its time at most, however many sagas live and however often it is scraped.
struct EngineLook {
    private let looks: Int
    private let labels: Int
    private var walk: Walk?
    private var found: SagaFigures?
    /// When sagas are looked at again.
    private var dueAt = MonotonicInstant(microseconds: .min)

    private struct Walk {
        var before: JournalPosition?
        var figures: SagaFigures
        /// How long its pages took so far, in microseconds.
        var took: Int64 = 0
    }

    init(_ limits: Limits) {
        looks = limits.metricLooks
        labels = limits.metricLabels
    }

    /// Looks at what is wanted.
    ///
    /// - Returns: whether there is more to look at.
    mutating func look(at driver: inout CommittingDriver, for wanted: EngineLooks) -> Bool {
        guard wanted.isWanted else { return false }
        let begun = MonotonicInstant.now()
        if found == nil || walk != nil || begun >= dueAt {
            var walk = self.walk ?? Walk(figures: SagaFigures(labels: labels))
            walk.before = driver.inspect {
                $0.look(before: walk.before, looks: looks, into: &walk.figures)
            }
            let now = MonotonicInstant.now()
            walk.took += now.microseconds(since: begun)
            self.walk = walk.before == nil ? nil : walk
            guard walk.before == nil else { return true }
            found = walk.figures
            dueAt = MonotonicInstant(microseconds: now.microseconds + 100 * walk.took)
        }
        guard let found else { return false }
        wanted.answer(
            EngineLooks.Answer(
                engine: driver.figures(), sagas: found, journal: driver.journalStatus))
        return false
    }
}
