internal import Logging
internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// Writes the archive: one thread follows the journal behind what is durable, and gives the archive
/// what has ended, in batches.
///
/// It costs the engine one input a batch, which says what may leave memory. What the archive fails
/// with never stops the coordinator: the thread tries again, and status says so.
final class ArchiveFeed: Sendable {
    /// The journal that is followed.
    struct Source {
        let storage: any Storage
        let lineage: JournalLineage
        /// The newest gap in its positions.
        let gap: RecordGap?
    }

    private struct State {
        var source: Source?
        var isOver = false
        var purges: [Purge] = []
        var status: ArchiveStatus
    }

    private struct Purge {
        let request: PurgeRequest
        let answer: @Sendable (Result<PurgeAnswer, ArchiveFailure>) -> Void
    }

    private let archive: any SagaArchiving
    private let mark: DurableMark
    private let limits: Limits
    private let now: @Sendable () -> Instant
    private let logger: Logger
    /// Tells the engine what is archived.
    private let committed: @Sendable (JournalPosition) -> Void
    private let state: Mutex<State>
    private let ended = Monitor(false)

    /// Makes a feed that reads nothing yet.
    ///
    /// - Parameters:
    ///   - mark: says how far the journal is durable; nobody else waits for it.
    ///   - committed: told up to which record the archive has everything.
    init(
        _ archive: any SagaArchiving, _ mark: DurableMark, limits: Limits,
        now: @escaping @Sendable () -> Instant, logger: Logger,
        committed: @escaping @Sendable (JournalPosition) -> Void
    ) {
        self.archive = archive
        self.mark = mark
        self.limits = limits
        self.now = now
        self.logger = logger
        self.committed = committed
        state = Mutex(State(status: ArchiveStatus()))
    }

    // MARK: Its life

    /// Starts the thread.
    func begin() throws(SystemFailure) {
        _ = try SystemThread(name: "saga-archive") {
            self.run()
            self.archive.close()
            self.ended.withLock { $0 = true }
        }
    }

    /// Says what is to be read.
    func read(_ storage: any Storage, lineage: JournalLineage, gap: RecordGap?) {
        state.withLock { $0.source = Source(storage: storage, lineage: lineage, gap: gap) }
        mark.ring()
    }

    /// Ends the thread behind the batch that it writes, and waits for that.
    func stop() {
        state.withLock { $0.isOver = true }
        mark.ring()
        ended.wait { $0 ? () : nil }
    }

    /// How the archive is.
    var status: ArchiveStatus {
        var (status, gap) = state.withLock { ($0.status, $0.source?.gap) }
        status.lagRecords = status.committedPosition.records(upTo: mark.current, over: gap)
        return status
    }

    /// Says up to which record the archive needs nothing of the journal any more; nothing is free
    /// while it cannot be read or written.
    var freeable: @Sendable () -> JournalPosition {
        { [self] in
            state.withLock { $0.status.state == .open ? $0.status.freeablePosition : .none }
        }
    }

    /// Whether the archive can be asked.
    var isOpen: Bool { state.withLock { $0.status.state == .open } }

    /// Deletes what ended long ago, on the thread that writes.
    func purge(
        _ request: PurgeRequest,
        _ answer: @escaping @Sendable (Result<PurgeAnswer, ArchiveFailure>) -> Void
    ) {
        state.withLock { $0.purges.append(Purge(request: request, answer: answer)) }
        mark.ring()
    }

    // MARK: The thread

    private var isOver: Bool { state.withLock { $0.isOver } }

    private func run() {
        guard let source = source() else { return }
        while !isOver {
            do throws(ArchiveReadFailure) {
                try follow(source)
            } catch {
                tell(error)
                mark.wait(
                    beyond: nil, notBefore: .now(), until: Self.later(limits.archiveRetry))
            }
        }
    }

    private func source() -> Source? {
        while true {
            let (source, isOver) = state.withLock { ($0.source, $0.isOver) }
            if isOver { return nil }
            if let source { return source }
            mark.wait(beyond: nil, notBefore: .now())
        }
    }

    private func tell(_ failure: ArchiveReadFailure) {
        let (code, text) =
            switch failure {
            case .journal(let failure):
                (failure.code, "the journal cannot be read: \(failure.message)")
            case .archive(let failure): (failure.code, failure.description)
            }
        logger.error(
            "the archive cannot be written", metadata: ["code": "\(code)", "reason": "\(text)"])
        state.withLock {
            $0.status.state = .failed
            $0.status.failure = text
            $0.status.failureCode = code
        }
    }

    /// Opens the archive and follows the journal until the end, or until something fails.
    private func follow(_ source: Source) throws(ArchiveReadFailure) {
        let opening = try open(source)
        var follower: ArchiveFollower
        do throws(JournalFailure) {
            follower = try ArchiveFollower(
                archive, opening, source.storage, lineage: source.lineage, durable: mark.current,
                limits: limits)
        } catch {
            throw .journal(error)
        }
        try summarize(opening.committed, opening.freeable)
        committed(opening.committed)
        var committedAt = MonotonicInstant.now()
        var expiresAt = MonotonicInstant.now()
        while !isOver {
            let durable = mark.current
            let isAtEnd = try follower.read(upTo: durable, byteBudget: limits.archiveReadBytes)
            if isDue(follower, isAtEnd: isAtEnd, since: committedAt) {
                try commit(&follower)
                committedAt = .now()
            }
            try perform(&expiresAt)
            if isAtEnd {
                mark.wait(
                    beyond: durable,
                    notBefore: committedAt.after(limits.archivePace),
                    until: expiresAt)
            }
        }
        if follower.waiting > 0 { try commit(&follower) }
    }

    /// Whether a batch is worth its sync: it is large enough, or nothing more is to come soon.
    private func isDue(
        _ follower: borrowing ArchiveFollower, isAtEnd: Bool, since before: MonotonicInstant
    ) -> Bool {
        if follower.waitingBytes >= limits.archiveBatchBytes { return true }
        // After a start it reads again what it had already committed, for sagas that were open.
        let (committed, position) = (follower.committed.rawValue, follower.position.rawValue)
        if position > committed, position - committed >= limits.archiveWait / 16 {
            return true
        }
        return follower.waiting > 0 && isAtEnd
            && MonotonicInstant.now() >= before.after(limits.archivePace)
    }

    private func open(_ source: Source) throws(ArchiveReadFailure) -> ArchiveOpening {
        let journal: ArchivedJournal
        let durable = mark.current
        do throws(JournalFailure) {
            let reader = try JournalReader(source.storage, lineage: source.lineage)
            let oldest = try reader.oldest(durable: durable) ?? .none
            let storage = source.storage
            let lineage = source.lineage
            journal = ArchivedJournal(
                lineage: SagaID(high: source.lineage.high, low: source.lineage.low),
                durable: durable, oldest: oldest
            ) { position in
                guard position >= oldest else { return true }
                guard var reader = try? JournalReader(storage, lineage: lineage) else {
                    return true
                }
                return (try? reader.place(at: position, durable: durable)) ?? true
            }
        } catch {
            throw .journal(error)
        }
        let opening = try archiving { () throws(ArchiveFailure) in try archive.open(journal) }
        if !opening.setAside.isEmpty {
            logger.warning(
                "the archive was set aside and begun anew",
                metadata: ["reason": "\(opening.setAside)"])
        }
        if opening.freeable > .none, journal.oldest > opening.freeable.next {
            logger.warning(
                "records were freed before the archive had read them",
                metadata: [
                    "from": "\(opening.freeable.next.rawValue)",
                    "to": "\(journal.oldest.rawValue)",
                ])
        }
        return opening
    }

    private func commit(_ follower: inout ArchiveFollower) throws(ArchiveReadFailure) {
        do throws(ArchiveFailure) {
            try follower.commit()
        } catch {
            throw .archive(error)
        }
        committed(follower.committed)
        try summarize(follower.committed, follower.freeable)
    }

    /// Deletes what is due or asked for, in small batches.
    private func perform(_ expiresAt: inout MonotonicInstant) throws(ArchiveReadFailure) {
        let purges = state.withLock { state in
            defer { state.purges = [] }
            return state.purges
        }
        for purge in purges {
            do throws(ArchiveFailure) {
                let answer = try archive.purge(purge.request, now: now())
                state.withLock { $0.status.purged += answer.sagas }
                purge.answer(.success(answer))
            } catch {
                purge.answer(.failure(error))
                throw .archive(error)
            }
        }
        guard expiresAt <= .now() else { return }
        let limit = limits.archiveExpired
        let count = try archiving { () throws(ArchiveFailure) in
            try archive.expire(now: now(), limit: limit)
        }
        state.withLock { $0.status.purged += UInt64(count) }
        // Full batches follow each other at a pace that leaves the disk to the journal.
        expiresAt = Self.later(count < limit ? limits.archiveExpiry : limits.archivePace)
    }

    private func summarize(
        _ position: JournalPosition, _ freeable: JournalPosition
    ) throws(ArchiveReadFailure) {
        let summary = try archiving { () throws(ArchiveFailure) in try archive.summary() }
        state.withLock { state in
            state.status.state = .open
            state.status.committedPosition = position
            state.status.freeablePosition = freeable
            state.status.sagas = summary.sagas
            state.status.bytes = summary.bytes
            state.status.file = summary.file
            state.status.setAside = summary.setAside
            state.status.missed = summary.missed
            state.status.retention = summary.retention
            state.status.oldestStartedAt = summary.oldestStartedAt
        }
    }

    private func archiving<Result>(
        _ body: () throws(ArchiveFailure) -> Result
    ) throws(ArchiveReadFailure) -> Result {
        do throws(ArchiveFailure) {
            return try body()
        } catch {
            throw .archive(error)
        }
    }

    private static func later(_ duration: Duration) -> MonotonicInstant {
        MonotonicInstant.now().after(duration)
    }
}

extension MonotonicInstant {
    /// So much later.
    func after(_ duration: Duration) -> MonotonicInstant {
        MonotonicInstant(microseconds: microseconds + duration.microseconds)
    }
}
