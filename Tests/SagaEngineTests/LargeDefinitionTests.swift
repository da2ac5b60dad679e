import SagaModel
import Testing

@testable import SagaEngine

/// Definitions as large as they may be: a thousand steps, a fan-out of five hundred; and how what
/// the engine does for them grows.
struct LargeDefinitionTests {
    /// How the steps of a definition hang together.
    enum Shape: String, CaseIterable {
        /// One after the other.
        case chain
        /// One after the other, written down from the last to the first.
        case backwards
        /// One before all, one after all.
        case fan
        /// Layers of ten, each step after all of the layer before.
        case layers

        /// The steps; the engine looks at plain ones and at others by two ways.
        func definition(of count: Int, isPlain: Bool) -> SagaDefinition {
            var steps = (0..<count).map { place in
                StepDefinition(name: "s\(place)", work: .handler("h.run"))
            }
            for place in steps.indices {
                steps[place].after = after(place, of: count).map { "s\($0)" }
                if !isPlain {
                    steps[place].input = .reference(Reference(source: "input", pointer: "/x"))
                }
            }
            return SagaDefinition(name: "large", version: 1, steps: steps)
        }

        private func after(_ place: Int, of count: Int) -> [Int] {
            switch self {
            case .chain: place == 0 ? [] : [place - 1]
            case .backwards: place == count - 1 ? [] : [place + 1]
            case .fan: place == 0 ? [] : place == count - 1 ? Array(1..<place) : [0]
            case .layers: place < 10 ? [] : Array((place / 10 * 10 - 10)..<(place / 10 * 10))
            }
        }

        /// The step that everything else comes before.
        func last(of count: Int) -> String { self == .backwards ? "s0" : "s\(count - 1)" }

        /// How many pairs of steps follow each other.
        func edges(of count: Int) -> Int {
            (0..<count).reduce(0) { $0 + after($1, of: count).count }
        }
    }

    /// In which order tasks are answered that are out at the same time.
    enum Answering: CaseIterable {
        case inOrder, reversed, mixed

        func pick(_ count: Int, _ random: inout Randomness) -> Int {
            switch self {
            case .inOrder: 0
            case .reversed: count - 1
            case .mixed: Int(random.next() % UInt64(count))
            }
        }
    }

    @Test(arguments: [(Shape.chain, 1_000), (.backwards, 1_000), (.fan, 502), (.layers, 1_000)])
    func runsToTheEndAndBack(_ shape: Shape, _ count: Int) throws {
        let definition = shape.definition(of: count, isPlain: true)
        #expect(definition.faults().isEmpty)
        var run = try LargeRun(definition)
        try run.finish(.mixed) { _ in .succeeded(.empty) }
        #expect(run.state == .completed)
        #expect(run.ran.count == count)
        #expect(run.undone.isEmpty)
        run.expectReplay()

        run = try LargeRun(definition)
        let last = shape.last(of: count)
        try run.finish(.mixed) { task in
            task.direction == .action && task.step == last
                ? .failed(Failure(code: "no", message: "")) : .succeeded(.empty)
        }
        #expect(run.state == .compensated)
        // Each but the last, and none before what came after it.
        #expect(Set(run.undone).count == count - 1 && run.undone.count == count - 1)
        let places = Dictionary(
            uniqueKeysWithValues: run.undone.enumerated().map { ($1, $0) })
        for step in definition.steps where step.name != last {
            let place = try #require(places[step.name])
            for before in step.after ?? [] { #expect(place < places[before] ?? -1) }
        }
        run.expectReplay()
    }

    #if DEBUG
        /// What is looked at grows with the steps and with what they wait for, not with their
        /// square: counted, not timed.
        @Test(arguments: Shape.allCases, Answering.allCases)
        func looksGrowWithTheSize(_ shape: Shape, _ answering: Answering) throws {
            for isPlain in [true, false] {
                for goesBack in [false, true] {
                    let looks = try [60, 480].map { count in
                        let definition = shape.definition(of: count, isPlain: isPlain)
                        var run = try LargeRun(definition)
                        let last = shape.last(of: count)
                        try run.finish(answering) { task in
                            goesBack && task.direction == .action && task.step == last
                                ? .failed(Failure(code: "no", message: "")) : .succeeded(.empty)
                        }
                        let size = count + shape.edges(of: count)
                        #expect(run.looks >= size / 2, "\(shape): it is counted")
                        return Double(run.looks) / Double(size)
                    }
                    let most = looks.max() ?? 0
                    #expect(most < 8, "\(shape) \(answering) \(isPlain) \(goesBack): \(looks)")
                }
            }
        }
    #endif
}

/// A saga of a large definition in a bare engine: what the rig checks after every input would
/// itself grow with the square.
private struct LargeRun: ~Copyable {
    private var engine: Engine
    private var records: [EmittedRecord] = []
    private var now = Instant(microseconds: 1_700_000_000_000_000)
    private var out: [TaskAttempt] = []
    private var random = Randomness(seed: 7)
    private let saga: SagaInstance
    /// The actions and the compensations that were answered, in order.
    private(set) var ran: [String] = []
    private(set) var undone: [String] = []

    var state: SagaState { saga.state }
    #if DEBUG
        var looks: Int { saga.looks }
    #endif

    init(_ definition: SagaDefinition) throws {
        let id = SagaID(high: 1, low: 1)
        let principal = Principal(name: "tester", isVerified: false)
        var engine = Engine(limits: .small)
        let inputs: [Input] = [
            .begin(Life(epoch: Epoch(1), lineage: SagaID(high: 7, low: 7), life: 1, seed: 1)),
            .hello(
                SessionID(1),
                Hello(
                    participant: ParticipantName(namespace: "default", name: "all", instance: "1"),
                    protocolVersion: 1, sdkVersion: "", serviceVersion: "",
                    handlers: [HandlerOffer(name: "h.run", hasCompensation: true)], slots: 10_000,
                    undoSlots: 10_000, running: [], holdingResults: [], epochsMet: [])),
            .register(
                CallID(1),
                RegisterRequest(
                    namespace: "default", written: definition,
                    filled: DefinitionDefaults.fill(definition), digest: Digest256(1, 2, 3, 4),
                    principal: principal)),
            .start(
                CallID(2),
                StartRequest(
                    namespace: "default", definition: "large", version: nil, key: "",
                    keyIsRandom: false,
                    input: Payload(contentType: Payload.json, bytes: Array(#"{"x":1}"#.utf8)),
                    labels: [], traceContext: [], principal: principal, id: id, keyHash: nil,
                    requestHash: RequestHash(high: 1, low: 1), waits: nil)),
        ]
        for input in inputs { engine.step(input, now: now) }
        saga = try #require(engine.sagas[id])
        self.engine = engine
        take()
    }

    private mutating func take() {
        records += engine.takeRecords()
        for effect in engine.advance(to: engine.lastPosition) {
            guard case .dispatch(_, let order) = effect else { continue }
            out.append(TaskAttempt(task: order.task, token: order.token))
        }
    }

    /// Answers tasks until none is out.
    mutating func finish(
        _ answering: LargeDefinitionTests.Answering, _ answer: (TaskRef) -> AttemptOutcome
    ) throws {
        while !out.isEmpty {
            let attempt = out.remove(at: answering.pick(out.count, &random))
            switch attempt.task.direction {
            case .action: ran.append(attempt.task.step)
            case .compensation: undone.append(attempt.task.step)
            }
            now = now + .microseconds(1)
            engine.step(
                .result(
                    SessionID(1), TaskResult(attempt: attempt, outcome: answer(attempt.task))),
                now: now)
            take()
        }
        #expect(engine.inconsistency() == nil)
    }

    /// A replay of what was recorded gives the same.
    func expectReplay() {
        var other = Engine(limits: .small)
        for record in records {
            do {
                try other.replay(record.record, at: record.position, saga: record.saga)
            } catch {
                Issue.record("\(error)")
                return
            }
        }
        #expect(engine.journaledDifference(from: other) == nil)
    }
}
