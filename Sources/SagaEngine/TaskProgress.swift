internal import SagaModel

/// One direction of a step in the engine, to be looked at until it changes.
///
/// Most steps of a waiting saga have not begun, and most are never undone: a task that was never
/// touched is no more than a nil. One that was touched is not copied by who looks at it.
struct TaskProgress {
    /// What is known of it; nil if nothing ever was.
    let fields: TaskFields?

    init(fields: TaskFields? = nil) { self.fields = fields }

    /// Whether it never was current.
    var isUntouched: Bool { fields == nil }

    var token: Token? { fields?.token }
    var wait: Wait? { fields?.wait }
    var attempts: UInt32 { fields?.attempts ?? 0 }
    var failures: UInt32 { fields?.failures ?? 0 }
    var mayHaveRun: Bool { fields?.mayHaveRun ?? false }
    var endedUnknown: Bool { fields?.endedUnknown ?? false }
    var hasReturned: Bool { fields?.hasReturned ?? false }
    var dueAt: Instant? { fields?.dueAt }
    var handedOutAt: Instant? { fields?.handedOutAt }
    var endedAt: Instant? { fields?.endedAt }
    var failingSince: Instant? { fields?.failingSince }
    var instance: String { fields?.instance ?? "" }
    var lastFailure: Failure? { fields?.lastFailure }
    var openedBy: JournalPosition { fields?.openedBy ?? .none }
    var extras: TaskExtras? { fields?.extras }
    /// Since when it is in its queue, if it is.
    var queuedSince: Instant? {
        guard case .queued(let since) = place else { return nil }
        return since
    }
    var place: TaskPlace { fields?.place ?? .idle }

    /// Whether its attempts stand in the line of first ones: all before were declined, if any.
    var isFirst: Bool { !mayHaveRun }

    /// Whether the task is due or under way.
    var isCurrent: Bool { fields?.isCurrent ?? false }

    /// Whether its attempt is one that is answered later.
    var isDeferred: Bool { extras?.deferral != nil }

    /// The newest progress that an ended attempt gave.
    var progress: Payload? { extras?.progress }

    /// The child saga that runs it.
    var child: SagaID? { extras?.children.last }
}

/// All that is known of a task.
///
/// A class with plain properties, which the compiler can see to be looked at and set one at a time:
/// the access checks of a struct within a class cost more than what they guard.
final class TaskFields {
    /// The attempt that is open: due, and neither ended nor waiting.
    var token: Token?
    /// An attempt ended otherwise than declined: the task may have run.
    var mayHaveRun = false
    /// An attempt ended unknown: it may still run.
    var endedUnknown = false
    /// An attempt returned, whether its output was taken or not.
    var hasReturned = false
    /// The wait before the next attempt.
    var wait: Wait?
    /// How many attempts were opened.
    var attempts: UInt32 = 0
    /// How many failures count against maxAttempts.
    var failures: UInt32 = 0
    private var due = PackedInstant()
    private var handedOut = PackedInstant()
    private var ended = PackedInstant()
    var instance = ""
    /// The record that opened the current attempt: its place in the line of repeated attempts.
    var openedBy = JournalPosition.none
    /// What only few tasks have.
    var extras: TaskExtras?

    /// Annotation: what moves the task on.
    var place: TaskPlace = .idle

    var dueAt: Instant? {
        get { due.instant }
        set { due.instant = newValue }
    }
    var handedOutAt: Instant? {
        get { handedOut.instant }
        set { handedOut.instant = newValue }
    }
    var endedAt: Instant? {
        get { ended.instant }
        set { ended.instant = newValue }
    }
    /// Since when it fails, for attention.
    var failingSince: Instant? { extras?.failingSince }
    var lastFailure: Failure? { extras?.lastFailure }

    /// A moment or none, in the room of a moment.
    private struct PackedInstant {
        private var stored = Instant(microseconds: .min)

        var instant: Instant? {
            get { stored.microseconds == .min ? nil : stored }
            set { stored = newValue ?? Instant(microseconds: .min) }
        }
    }

    /// Whether the task is due or under way.
    var isCurrent: Bool { token != nil || wait != nil }

    /// Whether its attempt is one that is answered later.
    var isDeferred: Bool { extras?.deferral != nil }

    func updateExtras(_ change: (inout TaskExtras) -> Void) {
        var value = extras ?? TaskExtras()
        extras = nil
        change(&value)
        extras = value
    }
}

/// What only few tasks have.
struct TaskExtras: Equatable {
    private final class Storage {
        var deferral: Deferral?
        var progress: Payload?
        var lastFailure: Failure?
        var failingSince: Instant?
        var history = AttemptHistory()
        var children: [SagaID] = []
        var startTimer: TimerID?
        var closeTimer: TimerID?

        init() {}

        init(copying other: Storage) {
            deferral = other.deferral
            progress = other.progress
            lastFailure = other.lastFailure
            failingSince = other.failingSince
            history = other.history
            children = other.children
            startTimer = other.startTimer
            closeTimer = other.closeTimer
        }
    }

    private var storage = Storage()

    /// An attempt that is answered later.
    struct Deferral: Equatable {
        /// When its time is over; nil if only that of all attempts limits it.
        var until: Wait?
    }

    private mutating func own() -> Storage {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
        return storage
    }

    var deferral: Deferral? {
        get { storage.deferral }
        set { own().deferral = newValue }
    }
    var progress: Payload? {
        get { storage.progress }
        set { own().progress = newValue }
    }
    var lastFailure: Failure? {
        get { storage.lastFailure }
        set { own().lastFailure = newValue }
    }
    /// Since when the task fails, for attention.
    var failingSince: Instant? {
        get { storage.failingSince }
        set { own().failingSince = newValue }
    }
    var history: AttemptHistory {
        get { storage.history }
        set { own().history = newValue }
    }
    /// The child sagas that it ran, the newest last.
    var children: [SagaID] {
        get { storage.children }
        set { own().children = newValue }
    }
    /// Annotation: the end of the time from due to handed out.
    var startTimer: TimerID? {
        get { storage.startTimer }
        set { own().startTimer = newValue }
    }
    /// Annotation: the end of the time for all attempts.
    var closeTimer: TimerID? {
        get { storage.closeTimer }
        set { own().closeTimer = newValue }
    }

    /// Equal if the journal says the same of both; annotations do not count.
    static func == (left: TaskExtras, right: TaskExtras) -> Bool {
        left.deferral == right.deferral && left.progress == right.progress
            && left.lastFailure == right.lastFailure && left.failingSince == right.failingSince
            && left.history == right.history && left.children == right.children
    }
}

extension TaskProgress: Equatable {
    /// Equal if the journal says the same of both; annotations do not count.
    static func == (left: TaskProgress, right: TaskProgress) -> Bool {
        left.fields === right.fields
            || left.fields ?? TaskFields() == right.fields ?? TaskFields()
    }
}

extension TaskFields: Equatable {
    /// Equal if the journal says the same of both; annotations do not count.
    static func == (left: TaskFields, right: TaskFields) -> Bool {
        left.token == right.token && left.wait == right.wait && left.attempts == right.attempts
            && left.failures == right.failures && left.mayHaveRun == right.mayHaveRun
            && left.endedUnknown == right.endedUnknown && left.hasReturned == right.hasReturned
            && left.dueAt == right.dueAt && left.endedAt == right.endedAt
            && left.instance == right.instance && left.openedBy == right.openedBy
            && left.extras ?? TaskExtras() == right.extras ?? TaskExtras()
    }
}

/// The attempts of a task that ended otherwise than as its last success: the first one and the last
/// ten, and how many there were.
///
/// It stands in memory, and not in the journal alone, since then a saga is shown at one moment,
/// from one place, and still when the journal's old segments are freed; a reader of the journal
/// would look through all that other sagas wrote meanwhile. Only tasks of which an attempt failed
/// have it, so that a saga that goes well, or just waits, takes no more room for it; and it is
/// bounded however often an undo is tried. Details of failures are not kept here: they may be as
/// large as payloads, and the last ones stand beside it.
struct AttemptHistory: Equatable {
    /// How many are kept beside the first.
    static let lastKept = 10

    private(set) var first: AttemptOnRecord?
    private(set) var last: [AttemptOnRecord] = []
    private(set) var count: UInt64 = 0

    init(first: AttemptOnRecord? = nil, last: [AttemptOnRecord] = [], count: UInt64 = 0) {
        self.first = first
        self.last = last
        self.count = count
    }

    /// What is kept, the oldest first.
    var kept: [AttemptOnRecord] { [first].compactMap(\.self) + last }

    mutating func add(_ attempt: AttemptOnRecord) {
        var attempt = attempt
        attempt.outcome.dropDetails()
        count += 1
        if first == nil {
            first = attempt
            return
        }
        if last.count == Self.lastKept { last.removeFirst() }
        last.append(attempt)
    }
}

extension AttemptOutcome {
    fileprivate mutating func dropDetails() {
        switch self {
        case .failed(var failure):
            failure.details = nil
            self = .failed(failure)
        case .retry(var failure, let after):
            failure.details = nil
            self = .retry(failure, after: after)
        case .succeeded, .notYet, .deferred, .hold, .refused, .unknown, .declined: break
        }
    }
}

/// One cause of progress that a current task has, beside those that are one for all.
enum TaskPlace {
    /// Not current.
    case idle
    /// Its wait runs. Can transition to: queued, held, idle.
    case waiting(TimerID)
    /// In its handler's queue, since then. Can transition to: inFlight, held, idle.
    case queued(since: Instant)
    /// Given to a session. Can transition to: waiting, queued, deferred, held, idle.
    case inFlight(Flight)
    /// Opened by an earlier life, and nobody has named it yet. Can transition to: queued, inFlight,
    /// held, deferred, idle.
    case fromEarlierLife
    /// To be answered by whoever holds its token; the timer is the end of its time, none if it has
    /// none or stands still. Can transition to: waiting, queued, held, idle.
    case deferred(TimerID?)
    /// Its saga is suspended or parked: it waits for a person, with an attempt that is open and not
    /// handed out, or with a wait that is over. Can transition to: queued, waiting, inFlight, idle.
    case held
    /// A child saga runs it, by its start record. Can transition to: idle.
    case child(JournalPosition)

    /// In the order that takes the least room: as many live as sagas do.
    struct Flight {
        let session: SessionInstance
        let at: Instant
        /// When the attempt has taken too long.
        var deadline: Instant
        /// What its handler gave of itself; nil until it did, as most never do.
        var sign: Sign?
        var timer: TimerID
        /// Whether the deadline is that of a saga that goes back.
        var isGrace = false
        /// Whether it was released to the session: from then on it may have run.
        var isHandedOut: Bool

        /// When its handler gave a sign last.
        var beatAt: Instant { sign?.at ?? at }
        /// The newest progress that it gave.
        var progress: Payload? { sign?.progress }

        /// A handler's sign, shared and never changed.
        final class Sign {
            let at: Instant
            let progress: Payload?

            init(at: Instant, progress: Payload?) {
                self.at = at
                self.progress = progress
            }
        }
    }
}

extension TaskProgress {
    /// Whether the task has a place if and only if it is current.
    var hasItsPlace: Bool {
        switch place {
        case .idle: !isCurrent
        case .waiting: wait != nil && token == nil
        case .queued, .inFlight, .fromEarlierLife: token != nil && wait == nil && !isDeferred
        case .deferred: token != nil && wait == nil && isDeferred
        case .held: (token != nil) != (wait != nil)
        case .child: token != nil
        }
    }
}
