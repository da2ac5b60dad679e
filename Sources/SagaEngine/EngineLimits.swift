/// The numbers the engine is run with; the program's file of limits sets them.
package struct EngineLimits: Sendable {
    /// How often a participant sends a heartbeat; it is lost after two without a byte.
    package var heartbeatInterval: Duration
    /// How long a lost participant may take to return before its attempts are unknown.
    package var sessionGrace: Duration
    /// How long a saga that goes back waits for an attempt in flight.
    package var cancelGrace: Duration
    /// After how long a failing undo, or a task that nobody serves, needs attention.
    package var attentionAfter: Duration
    /// How many sagas that need attention are told of within `attentionLogWindow`.
    package var attentionLogged: Int
    /// For how long the log is full after so many.
    package var attentionLogWindow: Duration
    /// The largest output in bytes, told to participants.
    package var outputLimitBytes: Int
    /// How many ended sagas can still be shown.
    package var endedKept: Int
    /// How many sagas may live at a time.
    package var liveSagas: Int
    /// How many business keys may be taken at a time.
    package var keys: Int
    /// How many definitions may be registered.
    package var definitions: Int
    /// How many sessions may be attached.
    package var sessions: Int
    /// How many calls may wait for the end of sagas.
    package var waitingCalls: Int
    /// How many rows a page has at most.
    package var pageRows: Int
    /// How many sagas are looked at for a page.
    package var pageLooks: Int
    /// How many timers fire in one turn.
    package var timersPerTurn: Int
    /// How deep child sagas may be nested, the root counted.
    package var childDepth: Int
    /// How many queues of handlers there may be when a saga brings a definition of its own; two a
    /// handler.
    package var queues: Int
    /// The longest that a handler's word puts off the next attempt.
    package var longestPause: Duration
    /// How many attempts of one task may be opened.
    package var attempts: UInt32
    /// How many records may lie between a record that names a definition and the last one that
    /// states this, or the epoch.
    package var statementReach: UInt64
    /// The largest group, in bytes, by which a saga and its children are stated anew.
    package var restatedBytes: Int
    /// How many tasks of an earlier life go on in a second once it is known that nobody has them.
    package var redispatchedPerSecond: Int
    /// Whether a replay compares what is stated anew with what it knows, for tests and simulations:
    /// an older binary may not have known all there is.
    package var checksRestatements = false

    /// How many bytes of inputs may be kept for the time when there is room in the journal again.
    package var keptBytes: Int
    /// How many definitions, and how many handlers, are counted apart for metrics.
    package var meterLabels = 200

    /// Takes every number that decides something; none of them has a default here.
    package init(
        heartbeatInterval: Duration, sessionGrace: Duration, cancelGrace: Duration,
        attentionAfter: Duration, attentionLogged: Int, attentionLogWindow: Duration,
        outputLimitBytes: Int, endedKept: Int, liveSagas: Int,
        keys: Int, definitions: Int, sessions: Int, waitingCalls: Int, pageRows: Int,
        pageLooks: Int, timersPerTurn: Int, childDepth: Int, queues: Int,
        longestPause: Duration, attempts: UInt32, keptBytes: Int, statementReach: UInt64,
        restatedBytes: Int, redispatchedPerSecond: Int
    ) {
        self.redispatchedPerSecond = redispatchedPerSecond
        self.statementReach = statementReach
        self.restatedBytes = restatedBytes
        self.heartbeatInterval = heartbeatInterval
        self.sessionGrace = sessionGrace
        self.cancelGrace = cancelGrace
        self.attentionAfter = attentionAfter
        self.attentionLogged = attentionLogged
        self.attentionLogWindow = attentionLogWindow
        self.outputLimitBytes = outputLimitBytes
        self.endedKept = endedKept
        self.liveSagas = liveSagas
        self.keys = keys
        self.definitions = definitions
        self.sessions = sessions
        self.waitingCalls = waitingCalls
        self.pageRows = pageRows
        self.pageLooks = pageLooks
        self.timersPerTurn = timersPerTurn
        self.childDepth = childDepth
        self.queues = queues
        self.longestPause = longestPause
        self.attempts = attempts
        self.keptBytes = keptBytes
    }
}
