import SagaModel
import SagaRPC

@testable import Saga

/// A session with a clock of its own, and the values that its tests talk in.
struct SessionHarness: ~Copyable {
    static let lineage = SagaID(high: 7, low: 1)
    static let interval: Duration = .seconds(3)

    var session: ParticipantSession
    var now = RPCInstant(nanoseconds: 0)

    init(slots: Int = 2, undoSlots: Int = 1) {
        session = ParticipantSession(
            ParticipantSession.Settings(
                participant: ParticipantName(
                    namespace: "default", name: "payments", instance: "p-1"),
                sdkVersion: "saga-swift/test", serviceVersion: "",
                handlers: [
                    HandlerOffer(name: "payments.charge", hasCompensation: true),
                    HandlerOffer(name: "mail.confirm", hasCompensation: false),
                ], slots: slots, undoSlots: undoSlots, drain: .seconds(30)))
    }

    /// Started, opened and welcomed.
    static func attached(slots: Int = 2, undoSlots: Int = 1) -> SessionHarness {
        var harness = SessionHarness(slots: slots, undoSlots: undoSlots)
        _ = harness.start()
        _ = harness.opened()
        _ = harness.receive(.welcome(welcome()))
        return harness
    }

    mutating func start() -> [SessionAction] { collect { $0.start(now: $1, into: &$2) } }
    mutating func opened() -> [SessionAction] { collect { $0.opened(now: $1, into: &$2) } }
    mutating func drain() -> [SessionAction] { collect { $0.drain(now: $1, into: &$2) } }
    mutating func stop() -> [SessionAction] {
        collect { session, _, actions in session.stop(into: &actions) }
    }

    mutating func receive(_ message: CoordinatorMessage) -> [SessionAction] {
        collect { $0.received(message, now: $1, draw: 0.5, into: &$2) }
    }

    mutating func lose(_ end: StreamEnd = .lost("gone"), draw: Double = 0.5) -> [SessionAction] {
        collect { $0.disconnected(end, now: $1, draw: draw, into: &$2) }
    }

    mutating func finish(_ place: Int, _ outcome: AttemptOutcome) -> [SessionAction] {
        collect { session, _, actions in
            session.finished(AttemptPlace(rawValue: place), outcome, into: &actions)
        }
    }

    mutating func sign(
        _ place: Int, _ progress: Payload? = nil, timeout: Duration? = nil
    ) -> [SessionAction] {
        collect {
            $0.signed(
                AttemptPlace(rawValue: place), progress: progress, timeout: timeout, now: $1,
                into: &$2)
        }
    }

    /// Lets so much time pass, then ticks.
    mutating func pass(_ duration: Duration) -> [SessionAction] {
        now = now + duration
        return collect { $0.tick(now: $1, draw: 0.5, into: &$2) }
    }

    private mutating func collect(
        _ body: (inout ParticipantSession, RPCInstant, inout [SessionAction]) -> Void
    ) -> [SessionAction] {
        var actions: [SessionAction] = []
        body(&session, now, &actions)
        return actions
    }

    static func welcome(
        epoch: UInt64 = 5, life: UInt64 = 50, lineage: SagaID = lineage, outputLimit: UInt64 = 100
    ) -> Welcome {
        Welcome(
            lineage: lineage, epoch: Epoch(epoch), life: life, generation: 1,
            heartbeatInterval: interval, grace: .seconds(10), outputLimit: outputLimit,
            endedBelow: JournalPosition(1), stillLive: [])
    }

    static func met(epoch: UInt64 = 5, life: UInt64 = 50) -> EpochMet {
        EpochMet(lineage: lineage, epoch: Epoch(epoch), life: life)
    }

    static func task(
        _ number: UInt32, direction: Direction = .action, handler: String = "payments.charge"
    ) -> ReceivedTask {
        let task = TaskRef(
            saga: SagaID(high: 1, low: UInt64(number)), step: "charge", direction: direction)
        return ReceivedTask(
            attempt: TaskAttempt(task: task, token: Token(epoch: Epoch(5), number: number)),
            handler: handler, definition: "order", version: 3,
            idempotencyKey: task.idempotencyKey, input: .empty, startToClose: .seconds(30),
            heartbeatTimeout: nil, labels: [Label(name: "customer", value: "alice")],
            traceContext: [], startPosition: JournalPosition(40), previousProgress: nil,
            undo: direction == .action
                ? nil
                : ReceivedUndo(
                    output: nil, actionIdempotencyKey: "a", causeStep: "ship",
                    causeCode: "no-carrier", causeMessage: "none"))
    }

    static func result(_ task: ReceivedTask, _ outcome: AttemptOutcome) -> SessionAction {
        .send(.result(TaskResult(attempt: task.attempt, outcome: outcome)))
    }

    /// A Hello of the harness's participant.
    func hello(
        running: [ReceivedTask] = [], holding: [ReceivedTask] = [], met: [EpochMet] = []
    ) -> SessionAction {
        .send(
            .hello(
                Hello(
                    participant: session.settings.participant, protocolVersion: 1,
                    sdkVersion: "saga-swift/test", serviceVersion: "",
                    handlers: session.settings.handlers,
                    slots: UInt32(session.settings.slots),
                    undoSlots: UInt32(session.settings.undoSlots),
                    running: running.map(\.attempt), holdingResults: holding.map(\.attempt),
                    epochsMet: met)))
    }
}
