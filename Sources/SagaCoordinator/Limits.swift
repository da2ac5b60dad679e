package import SagaEngine
package import SagaHTTP2
internal import SagaTransport

/// Every limit of the daemon, in one place; what is below takes them as arguments.
package struct Limits: Sendable {
    /// How often a participant sends a heartbeat (`session.heartbeat`); it is lost after two
    /// without a byte.
    package var sessionHeartbeat: Duration = .seconds(3)
    /// How long a lost participant may take to return (`session.grace`).
    package var sessionGrace: Duration = .seconds(10)
    /// How many attempts of an earlier life are made anew in a second behind a start
    /// (`recovery.rate`): with 100,000 of them participants have 20 s.
    package var redispatchedPerSecond = 5_000
    /// How long a saga that goes back waits for an attempt in flight (`cancelGrace`).
    package var cancelGrace: Duration = .seconds(30)
    /// After how long a failing undo, or a task that nobody serves, needs attention
    /// (`attention.after`).
    package var attentionAfter: Duration = .seconds(300)
    /// How many sagas that need attention the log names within `attentionLogWindow`; of the others
    /// it tells how many.
    package var attentionLogged = 20
    /// For how long the log names no more sagas after so many.
    package var attentionLogWindow: Duration = .seconds(10)
    /// The largest input or output, in bytes.
    package var payloadBytes = 1 << 20
    /// The largest message, in bytes.
    package var messageBytes = 4 << 20
    /// What an answer about one saga takes beside the saga, at most; the saga is made to fit into
    /// the rest of a message.
    package var answerEnvelopeBytes = 1 << 10
    /// How many bytes the messages of one connection may take once decoded, per message.
    package var decodedBytes = 64 << 20
    /// How many steps a definition may have.
    package var definitionSteps = 1_000
    /// How many faults of one definition are told at a time.
    package var faultsShown = 50
    /// How many definitions may be registered.
    package var definitions = 100_000
    /// How deep child sagas may be nested, the root counted (`children.depth`).
    package var childDepth = 8
    /// How many handlers may be named by definitions before a saga may not bring one of its own.
    package var handlers = 100_000
    /// The longest that a handler puts off its next attempt, with `retry` or with `not yet`; what
    /// it asks for beyond that is cut.
    package var longestPause: Duration = .seconds(30 * 86_400)
    /// How many attempts of one task may be opened: their number has 32 bits on the wire. Whatever
    /// would open one more gives up as when a policy's attempts are out.
    package var attempts: UInt32 = .max
    /// How many ended sagas can still be shown.
    package var endedKept = 100_000
    /// How many sagas may live at a time.
    package var liveSagas = 5_000_000
    /// How many business keys may be taken at a time (`keys.max`).
    package var keys = 16_000_000
    /// How many participants may be attached.
    package var sessions = 10_000
    /// How many actions one session may take at a time, and how many compensations beside them.
    package var sessionSlots: UInt32 = 10_000
    /// How many calls may wait for the end of sagas.
    package var waitingCalls = 200_000
    /// The longest that a call waits for the end of a saga before it is told how the saga stands.
    package var longestAwait: Duration = .seconds(60)
    /// How many calls may watch events at a time (`--max-watchers`).
    package var watchers = 1_000
    /// How many bytes of events may wait for one watcher that takes none, half of them on its
    /// connection; one larger event is taken alone.
    package var watcherBytes = 64 << 10
    /// How far apart the journal is read for watchers that have seen all of it.
    package var watchPace: Duration = .milliseconds(5)
    /// About how many bytes the rows of a page of definitions or participants take at most, so that
    /// a client takes it that takes 4 MiB, as most do unless told otherwise.
    package var pageBytes = 2 << 20
    /// How many rows a page of a list has at most.
    package var pageRows = 200
    /// How many sagas are looked at for one page.
    package var pageLooks = 2_000
    /// How many starts one batch may hold.
    package var startsInBatch = 1_000
    /// How many bytes of what participants say are kept while the journal has no room to record it;
    /// who says more brings it again.
    package var keptBytes = 64 << 20
    /// How many definitions, handlers and reasons metrics name apart; all others are `other`.
    package var metricLabels = 200
    /// About how many sagas and steps are looked at for metrics in one turn of the engine.
    package var metricLooks = 1_000
    /// How long a scrape waits for the engine before it gets what was known before.
    package var metricWait: Duration = .seconds(2)
    /// How many lines of one kind the log takes within `logWindow`; the others are counted.
    package var logLines = 100
    /// For how long it takes no more after so many.
    package var logWindow: Duration = .seconds(10)
    /// After how long without a turn the engine counts as stuck, and the watchdog is not fed.
    package var engineStuckAfter: Duration = .seconds(10)
    /// After how long at one sync calls are not let in.
    package var diskSlowAfter: Duration = .seconds(5)
    /// After how long at one sync the watchdog is not fed any more.
    package var diskStuckAfter: Duration = .seconds(120)
    /// How far apart it is looked whether the engine makes progress.
    package var supervisionPace: Duration = .seconds(1)
    /// How much time a service manager is asked for while a start makes progress.
    package var startExtension: Duration = .seconds(30)
    /// How many connections the metrics listener takes at a time.
    package var metricConnections = 32
    /// How long one of them may be without a request.
    package var metricIdle: Duration = .seconds(75)
    /// How often it is looked for room while the journal has too little.
    package var spacePace: Duration = .milliseconds(250)
    /// How long half of the newest commits may take before no saga is started (`DISK_SLOW`).
    package var slowCommit: Duration = .milliseconds(500)
    /// How long one commit may wait for the disk before no saga is started.
    package var stuckCommit: Duration = .seconds(2)
    /// For how long a commit counts among the newest.
    package var slowCommitWindow: Duration = .seconds(10)
    /// How many inputs may wait for the engine before no more is read from sockets.
    package var inboxInputs = 65_536
    /// How many timers fire before inputs are looked at again.
    package var timersPerTurn = 1_024
    /// After how long without a commit the journal is marked as wholly durable.
    package var markAfter: Duration = .milliseconds(5)
    /// Bytes of a journal segment (`journal.segmentBytes`).
    package var segmentBytes = 64 << 20
    /// How long the journal keeps what watchers may still ask for (`events.retention`), unless it
    /// has more than `eventsBytes`.
    package var eventsRetention: Duration = .seconds(3_600)
    /// Bytes of the journal beyond which what is not needed goes, however young
    /// (`events.bytes`); what lives comes on top.
    package var eventsBytes = 4 << 30
    /// About how many bytes of what lives are stated anew in one turn, so that older records can
    /// go.
    package var restatedBytes = 64 << 10
    /// How many times what lives the journal may have beyond `eventsBytes` before that is stated
    /// anew: then no more is written for it than for all else.
    package var liveShare = 2
    /// How far apart it is looked whether the journal's old end can be freed.
    package var freeingPace: Duration = .milliseconds(50)
    /// How many records may lie between a record that names a definition and the last one that
    /// states this: few beside what the journal keeps, and many beside what a definition takes.
    package var statementReach: UInt64 {
        min(longestStatementReach, UInt64(clamping: max(256, eventsBytes / 4_096)))
    }
    /// The most of them.
    package var longestStatementReach: UInt64 = 1 << 20
    /// After how many records the archive takes those of a saga that has not ended, so that the
    /// journal can be freed of them.
    package var archiveWait: UInt64 { min(1 << 20, statementReach) }
    /// Bytes of records after which a batch is committed.
    package var batchBytes = 256 << 10
    /// How long the archive keeps ended sagas whose definition does not say (`archive.retention`).
    package var archiveRetention: Duration = .seconds(30 * 86_400)
    /// How far apart batches are written to the archive that are not full.
    package var archivePace: Duration = .milliseconds(250)
    /// Bytes of records with which a batch for the archive is full.
    package var archiveBatchBytes = 4 << 20
    /// Bytes of the journal that are read at a time for the archive.
    package var archiveReadBytes = 256 << 10
    /// Bytes of records of open sagas that wait in memory for the archive; the archive keeps the
    /// others.
    package var archiveMemoryBytes = 32 << 20
    /// How long the archive is left alone after it has failed.
    package var archiveRetry: Duration = .seconds(2)
    /// How often it is looked for sagas whose time in the archive is over.
    package var archiveExpiry: Duration = .seconds(60)
    /// How many of them are deleted at a time.
    package var archiveExpired = 500
    /// How many calls may wait for sagas out of the archive; some 200 bytes each.
    package var archiveFinds = 200_000
    /// How many calls may wait for pages, counts and deletions of the archive; a page that waits
    /// may take 60 KiB.
    package var archiveQuestions = 1_000
    /// How many bytes a second a backup reads and writes at most, so that the journal keeps the
    /// better part of the disk.
    package var backupBytesPerSecond = 64 << 20
    /// How far apart it is told how far a backup is.
    package var backupProgress: Duration = .milliseconds(200)
    /// How long the daemon takes to stop at most; handlers are not waited for.
    package var stopWithin: Duration = .seconds(3)

    /// How many connections may be open (`--max-connections`).
    package var connections = 20_000
    /// How many of them one IPv4 address, or one IPv6 network of 64 bits, may have
    /// (`--max-connections-per-address`).
    package var connectionsPerAddress = 1_000
    /// File descriptors that are kept for all but connections: the journal's files, the streams,
    /// what an event loop and a connection that is refused need for a moment.
    package var otherDescriptors = 64
    /// How long a TLS handshake may take (`connection.handshake`).
    package var handshake: Duration = .seconds(10)
    /// How long a connection may take from its begin, behind any handshake, to its SETTINGS
    /// (`connection.greeting`).
    package var greeting: Duration = .seconds(5)
    /// How long a block of headers may take to arrive (`connection.headerBlock`).
    package var headerBlock: Duration = .seconds(10)
    /// How long bytes may wait for a peer that takes none (`connection.writeStall`).
    package var writeStall: Duration = .seconds(20)
    /// How long a connection may be without a call (`connection.idle`).
    package var connectionIdle: Duration = .seconds(900)
    /// How long a connection may live, give or take a tenth (`connection.age`).
    package var connectionAge: Duration = .seconds(86_400)
    /// How long the calls of a connection that is too old may go on (`connection.grace`).
    package var connectionGrace: Duration = .seconds(300)
    /// How long a peer without a call may take to go once it is asked to (`connection.leave`).
    package var connectionLeave: Duration = .seconds(5)
    /// How long the last word of a connection may take to arrive (`connection.linger`).
    package var linger: Duration = .seconds(1)
    /// After how long without a byte a peer is asked whether it is there (`connection.keepalive`).
    package var keepaliveInterval: Duration = .seconds(60)
    /// How long its answer may take (`connection.keepaliveTimeout`).
    package var keepaliveTimeout: Duration = .seconds(20)
    /// How far PINGs of a client are to be apart when nothing is sent to it in between
    /// (`connection.pingInterval`).
    package var pingInterval: Duration = .seconds(5)
    /// How many PINGs may come earlier before the client is sent away (`connection.pingStrikes`).
    package var pingStrikes = 2
    /// Bytes waiting on a connection above which no further call is let in
    /// (`connection.outputCap`).
    package var outputCapBytes = 8 << 20
    /// Bytes waiting on a connection above which it is closed (`connection.outputHardCap`).
    package var outputHardCapBytes = 64 << 20
    /// Lines about connections that a loop logs in a second for one reason
    /// (`connection.logLines`).
    package var connectionLines = 10

    /// What a peer may do within HTTP/2 (`http2`). What each of the limits counts, and what earns a
    /// peer more, stands with its type; the name of the setting is that of the counter.
    package var http2 = HTTP2Settings(
        maxConcurrentStreams: 1_000, streamWindowBytes: 1 << 20, connectionWindowBytes: 16 << 20,
        maxHeaderListBytes: 16 << 10, outgoingCapBytes: 1 << 20, unconsumedCapBytes: 64 << 20,
        limits: HTTP2Limits(
            peerResets: RateLimit(burst: 100, perSecond: 10),
            provokedResets: RateLimit(burst: 100, perSecond: 10),
            settings: RateLimit(burst: 100, perSecond: 10), settingsEntries: 32,
            pings: RateLimit(burst: 200, perSecond: 20), waitingAnswers: 500,
            windowUpdates: RateLimit(burst: 10_000, perSecond: 1_000),
            emptyData: RateLimit(burst: 100, perSecond: 10),
            tinyData: RateLimit(burst: 1_000, perSecond: 1_000), tinyDataBytes: 5,
            continuations: 8, headerBlockBytes: 64 << 10, headerListFactor: 4,
            ignoredHeaders: RateLimit(burst: 1_000, perSecond: 100),
            uselessFrames: RateLimit(burst: 1_000, perSecond: 100), headerTableBytes: 4_096))

    /// The defaults, with the relations between them checked.
    package init() {
        precondition(payloadBytes < messageBytes, "a payload fits a message")
        precondition(pageRows <= pageLooks, "a full page can be found")
        // One attempt with names of the longest takes 128 bytes, and results that are held add to
        // those that run.
        precondition(
            Int(sessionSlots) * 3 * 128 < messageBytes, "a Hello names all that its session runs")
        precondition(batchBytes < segmentBytes / 2, "a batch fits a segment")
        precondition(
            slowCommit < stuckCommit && stuckCommit < slowCommitWindow,
            "a slow commit is told from one that does not end, and remembered")
        precondition(messageBytes * 4 < segmentBytes, "what one message decides fits a segment")
    }

    /// The limits that the engine is run with.
    package var engine: EngineLimits {
        var engine = EngineLimits(
            heartbeatInterval: sessionHeartbeat, sessionGrace: sessionGrace,
            cancelGrace: cancelGrace, attentionAfter: attentionAfter,
            attentionLogged: attentionLogged, attentionLogWindow: attentionLogWindow,
            outputLimitBytes: payloadBytes, endedKept: endedKept, liveSagas: liveSagas, keys: keys,
            definitions: definitions, sessions: sessions, waitingCalls: waitingCalls,
            pageRows: pageRows, pageLooks: pageLooks, timersPerTurn: timersPerTurn,
            childDepth: childDepth,
            // One for tasks that need a compensation, one for those that do not.
            queues: handlers * 2, longestPause: longestPause, attempts: attempts,
            keptBytes: keptBytes, statementReach: statementReach,
            restatedBytes: segmentBytes / 4, redispatchedPerSecond: redispatchedPerSecond)
        engine.meterLabels = metricLabels
        return engine
    }
}
