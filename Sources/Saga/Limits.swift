/// All limits of the SDK; what a caller may set has its default here.
enum Limits {
    /// A failure's code, as the coordinator takes it.
    static let failureCodeBytes = 128
    /// A failure's message, as the coordinator takes it.
    static let failureMessageBytes = 4_096
    /// Why a saga is held, as the protocol has it.
    static let holdReasonBytes = 1_024
    /// The shortest wait that a handler can ask for: the protocol takes none of nothing.
    static let shortestWait: Duration = .milliseconds(1)
    /// Why an output could not be encoded.
    static let refusalReasonBytes = 512
    /// How many actions a participant runs at a time.
    static let slots = 100
    /// The most of either kind that one participant runs at a time, as the coordinator takes it.
    static let slotsMaximum = 10_000
    /// Compensations beside them: one for each so many action slots, at least one.
    static let actionSlotsPerUndoSlot = 8
    /// The largest output before any Welcome has named the coordinator's own limit: 1 MiB.
    static let outputBytes: UInt64 = 1 << 20
    /// The longest that a stream may take to open; longer than the transport's own connect timeout.
    static let openTimeout: Duration = .seconds(30)
    /// The longest a Welcome may take after the Hello.
    static let welcomeTimeout: Duration = .seconds(5)
    /// The first wait before a participant connects again; it doubles. A coordinator that is
    /// restarted is back within tenths of a second, and its grace is 10 s.
    static let reconnectInitial: Duration = .milliseconds(50)
    /// The longest wait before a participant connects again.
    static let reconnectMaximum: Duration = .seconds(2)
    /// The longest wait where the coordinator itself says to come again, e.g. while it replays its
    /// journal: it is there, and every saga of this participant waits.
    static let comeAgain: Duration = .milliseconds(200)
    /// Signs that a handler is let to send in the time that its step goes without one.
    static let signsPerTimeout = 4
    /// How far apart the signs of a handler are sent whose step asks for none.
    static let signPace: Duration = .seconds(1)
    /// Heartbeat intervals without an answer after which a session counts as dead (transport.md
    /// names two for both sides).
    static let silentIntervals = 2
    /// Heartbeat answers in a row that speak of waiting tasks while slots are free and none comes.
    static let hungryAnswers: UInt32 = 3
    /// The same once such a session was given up and no task came after it either.
    static let hungryAnswersMaximum: UInt32 = 1_024
    /// The shortest heartbeat interval that is taken from a Welcome.
    static let heartbeatMinimum: Duration = .milliseconds(10)
    /// A tick so late means that the whole process stood still, not that nobody answered.
    static let pauseOfProcess: Duration = .seconds(1)
    /// Journals of which the highest epoch met is remembered.
    static let lineages = 64
    /// Results that are not acknowledged, above which a task means that the session is given up.
    static let heldResults = 10_000
    /// The longest wait that a coordinator that leaves can ask for.
    static let reattachMaximum: Duration = .seconds(60)
    /// How long a participant stays on a stream that the coordinator has said to leave.
    static let leavingStream: Duration = .seconds(10)
    /// How long a participant that stops waits for its handlers and for acknowledgements.
    static let drain: Duration = .seconds(30)
    /// How long a call waits for connection and answer, if the caller names no time.
    static let call: Duration = .seconds(30)
    /// How long one wait for a saga's end is asked for; the client asks again.
    static let awaitRound: Duration = .seconds(60)
    /// A wait that the coordinator ends sooner is followed by a pause.
    static let shortestRound: Duration = .seconds(1)
    /// The largest message either side sends: a payload with what stands around it.
    static let messageBytes = 4 << 20
    /// How many rows of a list are asked for at a time.
    static let pageRows: UInt32 = 1_000

    /// What one message may take in memory when it is unpacked.
    static let decodedMessageBytes = 16 << 20
    /// What a message's arena keeps at first.
    static let arenaChunkBytes = 4_096
    /// A name of a participant, instance or namespace, as the coordinator takes it.
    static let nameBytes = 255
    /// How long open calls may take to end when a connection is closed.
    static let shutdown: Duration = .seconds(1)

    /// Whether a payload's content type can be sent: at most 255 bytes, no NUL.
    static func isContentType(_ text: String) -> Bool {
        text.utf8.count <= 255 && !text.utf8.contains(0)
    }

    /// Compensations beside so many actions.
    static func undoSlots(beside slots: Int) -> Int {
        max(1, slots / actionSlotsPerUndoSlot)
    }
}
