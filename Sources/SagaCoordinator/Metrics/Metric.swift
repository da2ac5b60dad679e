/// A metric of the daemon: its name never changes its meaning.
struct Metric {
    /// The name, with the unit in it.
    let name: String
    let kind: Kind
    /// What it is, in a sentence.
    let help: String

    enum Kind: String {
        /// Only grows, from the start of the daemon.
        case counter
        /// Goes either way.
        case gauge
        /// Counts by size.
        case histogram
    }

    private init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}

// Sagas.
extension Metric {
    static let started = Metric(
        "saga_started_total", .counter, "Sagas started, children of other sagas too.")
    static let finished = Metric(
        "saga_finished_total", .counter, "Sagas that ended, by the state that they ended in.")
    static let live = Metric(
        "saga_live", .gauge, "Sagas that have not ended, by state; looked at not long ago.")
    static let duration = Metric(
        "saga_duration_seconds", .histogram, "How long sagas took from their start to their end.")
    static let attention = Metric(
        "saga_attention", .gauge, "Sagas that a person should look at, by the reason.")
    static let attentionOldest = Metric(
        "saga_attention_oldest_seconds", .gauge,
        "For how long the one has that has needed attention for longest.")
    static let exposed = Metric(
        "saga_exposed_effects", .gauge,
        "Effects of sagas that have not ended which are done, or may be, and not undone.")
    static let exposedOldest = Metric(
        "saga_exposed_effects_oldest_seconds", .gauge, "How old the oldest of these effects is.")
    static let orphans = Metric(
        "saga_orphans", .gauge, "Tasks that nothing moves on; more than 0 is a bug of the daemon.")
    static let quarantined = Metric(
        "saga_quarantined", .gauge, "Sagas that could not be replayed and are set aside.")
}

// Attempts and queues.
extension Metric {
    static let attempts = Metric(
        "saga_attempts_total", .counter, "Attempts that ended, by what they ended with.")
    static let attemptDuration = Metric(
        "saga_attempt_duration_seconds", .histogram,
        "How long attempts took from being handed out to their end.")
    static let dispatchWait = Metric(
        "saga_dispatch_wait_seconds", .histogram,
        "How long tasks waited in their queue before they were handed out.")
    static let retries = Metric(
        "saga_retries_total", .counter,
        "Attempts that another one follows because they failed or their outcome is unknown.")
    static let queued = Metric(
        "saga_queue_tasks", .gauge, "Tasks that wait to be handed out.")
    static let queueOldest = Metric(
        "saga_queue_oldest_seconds", .gauge, "For how long the oldest of these tasks has been due.")
    static let slots = Metric(
        "saga_slots", .gauge,
        "Actions that the participants of a handler take at a time; shared with other handlers.")
    static let slotsFree = Metric("saga_slots_free", .gauge, "How many of these slots are free.")
}

// Participants and peers.
extension Metric {
    static let sessions = Metric("saga_sessions", .gauge, "Sessions of participants.")
    static let sessionsLost = Metric(
        "saga_sessions_lost_total", .counter, "Sessions that were lost and did not return.")
    static let staleResults = Metric(
        "saga_stale_results_total", .counter,
        "Results that were not taken: stale, or for a task that there is not.")
    static let rejected = Metric(
        "saga_rejected_requests_total", .counter, "Requests that were refused, by the reason.")
    static let calls = Metric(
        "saga_rpc_requests_total", .counter, "Calls that ended, by the code of their status.")
    static let callDuration = Metric(
        "saga_rpc_duration_seconds", .histogram,
        "How long calls took; those of participants and watchers last.")
    static let connections = Metric("saga_connections", .gauge, "Connections that are open.")
    static let connectionsClosed = Metric(
        "saga_connections_closed_total", .counter,
        "Connections that were closed or not let in, by the reason.")
}

// Journal, archive, recovery, process.
extension Metric {
    static let journalSync = Metric(
        "saga_journal_sync_seconds", .histogram, "How long writes and syncs of the journal took.")
    static let journalBatch = Metric(
        "saga_journal_batch_records", .histogram, "How many records were synced together.")
    static let journalBytes = Metric("saga_journal_bytes", .gauge, "Bytes of the journal's files.")
    static let journalFree = Metric(
        "saga_journal_free_bytes", .gauge, "Bytes that the journal's file system has left.")
    static let archiveLag = Metric(
        "saga_archive_lag_records", .gauge,
        "Durable records of the journal that the archive has not read yet.")
    static let recovery = Metric(
        "saga_recovery_seconds", .gauge,
        "How long the last start took to replay the journal, or takes so far.")
    static let build = Metric("saga_build_info", .gauge, "Always 1; the label names the release.")
    static let processorTime = Metric(
        "process_cpu_seconds_total", .counter, "Processor time of user and system together.")
    static let residentBytes = Metric(
        "process_resident_memory_bytes", .gauge, "Bytes of memory that are resident.")
    static let openFiles = Metric("process_open_fds", .gauge, "File descriptors that are open.")
    static let fileLimit = Metric("process_max_fds", .gauge, "How many of them there may be.")
    static let startTime = Metric(
        "process_start_time_seconds", .gauge, "When the process started, in Unix time.")
}
