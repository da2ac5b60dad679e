package import SagaModel

/// Everything that can make the engine decide something; what one input decides is one group of
/// records.
package enum Input: Sendable {
    /// A life begins; comes once, after the journal was replayed.
    case begin(Life)
    /// Register a definition. In a box, as all that is larger than a result.
    indirect case register(CallID, RegisterRequest)
    /// Start a saga.
    indirect case start(CallID, StartRequest)
    /// Show a saga, with at least the parts of the view.
    indirect case get(CallID, SagaSelector, SagaView = SagaView())
    /// Answer when the saga has ended, or has parked unless it is waited for further, or when the
    /// time is over.
    indirect case await(
        CallID, SagaSelector, within: Duration, untilEnded: Bool, view: SagaView = SagaView())
    /// List sagas.
    indirect case list(CallID, ListRequest)
    /// Count sagas by a group, a bounded number of them; the answer says where to go on.
    indirect case count(CallID, CountRequest)
    /// The archive has committed every saga that ended up to this record: they may leave memory.
    case archived(upTo: JournalPosition)
    /// State anew what was stated before a record, about so many bytes of it, so that the journal
    /// can be freed.
    case restate(before: JournalPosition, byteBudget: Int)
    /// Tell a saga to do something.
    indirect case verb(CallID, VerbRequest)
    /// Answer a deferred attempt.
    indirect case completeTask(CallID, CompleteRequest)
    /// Show a definition; nil for the version registered last.
    case definition(CallID, namespace: String, name: String, version: UInt32?)
    /// List all definitions of a namespace.
    case definitions(CallID, namespace: String)
    /// Show handlers and participants of a namespace.
    case participants(CallID, namespace: String)
    /// Show the engine's counts.
    case status(CallID)
    /// The journal has so much room from now on. Never recorded: it is what a disk says now.
    case space(SpaceLevel)
    /// The caller of a call is gone: nothing is to be answered any more.
    case callEnded(CallID)
    /// A participant opened its stream, or changed what it offers.
    indirect case hello(SessionID, Hello)
    /// A participant answered a task.
    case result(SessionID, TaskResult)
    /// A participant is alive; it names the attempts whose handlers gave a sign.
    case heartbeat(SessionID, [AttemptSign])
    /// A participant is about to leave: nothing more is to be handed to it.
    case draining(SessionID)
    /// A participant's stream is gone.
    case sessionEnded(SessionID)
}

extension Input {
    /// Bytes that may stand in the records which it leads to; the rest of them is small.
    package var broughtBytes: Int {
        switch self {
        case .start(_, let request): request.input.bytes.count
        case .verb(_, let request): request.output?.bytes.count ?? 0
        case .completeTask(_, let request): request.outcome.payloadBytes
        case .result(_, let result): result.outcome.payloadBytes
        case .restate(_, let byteBudget): byteBudget
        case .begin, .register, .get, .await, .list, .count, .archived, .definition, .definitions,
            .participants, .status, .callEnded, .space, .hello, .heartbeat, .draining,
            .sessionEnded:
            0
        }
    }
}

/// What the daemon knows of its own life when it begins.
package struct Life: Equatable, Sendable {
    /// The number of this life, greater than any before.
    package var epoch: Epoch
    /// The journal's identity.
    package var lineage: SagaID
    /// A random number that tells two lives of one epoch apart.
    package var life: UInt64
    /// What all randomness of the engine is drawn from.
    package var seed: UInt64
    /// Whether it begins on a restored copy: its first record has the first position of its
    /// incarnation, and names the gap in front of it.
    package var isRestored: Bool

    /// States the facts.
    package init(
        epoch: Epoch, lineage: SagaID, life: UInt64, seed: UInt64, isRestored: Bool = false
    ) {
        self.epoch = epoch
        self.lineage = lineage
        self.life = life
        self.seed = seed
        self.isRestored = isRestored
    }
}
