internal import DequeModule
internal import SagaModel

/// What participants said while there was no room in the journal to record it, in the order in
/// which it came.
///
/// Their results are not acknowledged, so they have them too; they are kept here so that nobody has
/// to ask for them when there is room again.
struct KeptInputs {
    /// What is kept; all of it comes from a session.
    enum Item {
        /// Of a session that was welcomed, and is not recorded yet.
        case hello(SessionID, Hello)
        case result(SessionID, TaskResult)
        case draining(SessionID)
        /// Results of the session were too many to be kept: it is to come again and bring them.
        case tooMany(SessionID)

        var session: SessionID {
            switch self {
            case .hello(let session, _), .result(let session, _), .draining(let session),
                .tooMany(let session):
                session
            }
        }

        /// About what it takes in memory, and in the journal.
        var bytes: Int {
            switch self {
            case .hello(_, let hello):
                256 + 128 * (hello.handlers.count + hello.running.count)
                    + 128 * hello.holdingResults.count
            case .result(_, let result): 256 + result.outcome.payloadBytes
            case .draining, .tooMany: 64
            }
        }
    }

    private struct Answer: Hashable {
        let session: SessionID
        let attempt: TaskAttempt
    }

    private var items: Deque<Item> = []
    private(set) var bytes = 0
    private var sessions: Set<SessionID> = []
    private var answers: Set<Answer> = []
    private var returning: Set<SessionID> = []

    var isEmpty: Bool { items.isEmpty }

    /// How many sessions were welcomed and are not recorded yet.
    var welcomed: Int { sessions.count }

    /// Whether a session was welcomed and is not recorded yet.
    func isWelcomed(_ session: SessionID) -> Bool { sessions.contains(session) }

    /// What the next item takes in the journal.
    var nextBytes: Int { items.first?.bytes ?? 0 }

    /// The session of a participant that was welcomed and is not recorded yet.
    func session(of participant: ParticipantName) -> SessionID? {
        for case .hello(let session, let hello) in items where hello.participant == participant {
            return session
        }
        return nil
    }

    /// Keeps a Hello; false if it is too much.
    mutating func keep(_ hello: Hello, of session: SessionID, limit: Int) -> Bool {
        guard add(.hello(session, hello), limit: limit) else { return false }
        sessions.insert(session)
        return true
    }

    /// Keeps a result, once; if it is too much, its session is to bring it again.
    mutating func keep(_ result: TaskResult, of session: SessionID, limit: Int) {
        let answer = Answer(session: session, attempt: result.attempt)
        guard !answers.contains(answer), !returning.contains(session) else { return }
        if add(.result(session, result), limit: limit) {
            answers.insert(answer)
        } else {
            returning.insert(session)
            _ = add(.tooMany(session), limit: .max)
        }
    }

    mutating func keepDraining(_ session: SessionID) {
        _ = add(.draining(session), limit: .max)
    }

    private mutating func add(_ item: Item, limit: Int) -> Bool {
        guard bytes + item.bytes <= limit else { return false }
        bytes += item.bytes
        items.append(item)
        return true
    }

    mutating func popFirst() -> Item? {
        guard let item = items.popFirst() else { return nil }
        bytes -= item.bytes
        switch item {
        case .hello(let session, _): sessions.remove(session)
        case .result(let session, let result):
            answers.remove(Answer(session: session, attempt: result.attempt))
        case .tooMany(let session): returning.remove(session)
        case .draining: break
        }
        return item
    }

    /// Forgets all that a session said that was never recorded: it is gone.
    mutating func forget(_ session: SessionID) {
        var left: Deque<Item> = []
        for item in items where item.session != session { left.append(item) }
        items = left
        bytes = items.reduce(0) { $0 + $1.bytes }
        sessions.remove(session)
        returning.remove(session)
        answers = answers.filter { $0.session != session }
    }
}

extension AttemptOutcome {
    /// Bytes of what comes with it.
    var payloadBytes: Int {
        switch self {
        case .succeeded(let output): output.bytes.count
        case .failed(let failure), .retry(let failure, _):
            failure.code.utf8.count + failure.message.utf8.count
                + (failure.details?.bytes.count ?? 0)
        case .hold(let reason): reason.utf8.count
        case .notYet, .deferred, .refused, .unknown, .declined: 0
        }
    }
}
