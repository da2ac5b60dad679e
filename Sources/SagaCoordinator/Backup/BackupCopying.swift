internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// One backup on its way: the archive first, then the journal, so that the journal has all that the
/// archive tells of.
final class BackupCopying: Sendable {
    private struct Counts {
        var archiveBytes = 0
        var archiveTotal = 0
        var journalBytes = 0
        var journalTotal = 0
        var toldAt: MonotonicInstant?
        /// The system's word on the copy of the archive.
        var failure: SystemFailure?
    }

    private let source: BackupDesk.Source
    private let archive: (any SagaArchiving)?
    private let storage: FileStorage
    private let folder: BackupFolder
    private let pace: BackupPace
    private let tellEvery: Duration
    private let tell: @Sendable (BackupProgress) -> Void
    private let counts = Mutex(Counts())

    init(
        _ source: BackupDesk.Source, _ archive: (any SagaArchiving)?, _ storage: FileStorage,
        _ folder: BackupFolder, _ pace: BackupPace, tellEvery: Duration,
        tell: @escaping @Sendable (BackupProgress) -> Void
    ) {
        self.source = source
        self.archive = archive
        self.storage = storage
        self.folder = folder
        self.pace = pace
        self.tellEvery = tellEvery
        self.tell = tell
    }

    /// Bytes that have been written.
    var doneBytes: UInt64 {
        counts.withLock { UInt64(clamping: $0.archiveBytes + $0.journalBytes) }
    }

    /// Copies everything into the folder, durably.
    func run(
        mark: DurableMark, now: @Sendable () -> Instant
    ) throws(Refusal) -> FinishedBackup {
        // How much there will be, about: the journal goes on meanwhile.
        let expected = try journal(upTo: mark.current)
        counts.withLock { $0.journalTotal = expected.byteCount }
        if let archive { try copy(archive) }
        let madeAt = now()
        let durable = mark.current
        let backup = try journal(upTo: durable)
        counts.withLock { $0.journalTotal = backup.byteCount }
        let records = try copying { () throws(JournalBackup.Failure) in
            try backup.run(to: storage) { bytes in
                self.counts.withLock { $0.journalBytes += bytes }
                return self.goOn(after: bytes)
            }
        }
        return FinishedBackup(
            directory: folder.path,
            lineage: SagaID(high: source.lineage.high, low: source.lineage.low),
            epoch: source.epoch, position: durable, records: UInt64(clamping: records),
            hasArchive: archive != nil, madeAt: madeAt)
    }

    private func journal(upTo durable: JournalPosition) throws(Refusal) -> JournalBackup {
        try copying { () throws(JournalBackup.Failure) in
            try JournalBackup(of: source.storage, lineage: source.lineage, upTo: durable)
        }
    }

    private func copy(_ archive: any SagaArchiving) throws(Refusal) {
        let file: any StorageFile
        do throws(SystemFailure) {
            // Made here, so that nobody else can read it at any time.
            file = try storage.create(BackupFolder.archiveName)
        } catch {
            throw Refusal(backup: error)
        }
        let isWhole: Bool
        do throws(ArchiveFailure) {
            isWhole = try archive.copy(to: storage.location + "/" + BackupFolder.archiveName) {
                done, total in
                self.copied(done, of: total, file)
            }
        } catch {
            throw Refusal(
                .unavailable, reason: "BACKUP_FAILED",
                "the archive cannot be copied: \(error); what was written is removed")
        }
        if let failure = counts.withLock({ $0.failure }) { throw Refusal(backup: failure) }
        guard isWhole else { throw .backupStopped }
        do throws(SystemFailure) {
            try file.sync()
        } catch {
            throw Refusal(backup: error)
        }
    }

    /// So many bytes of the archive are written by now: syncs them, a few at a time.
    private func copied(_ done: Int, of total: Int, _ file: any StorageFile) -> Bool {
        let bytes = counts.withLock { counts in
            let bytes = done - counts.archiveBytes
            counts.archiveBytes = done
            counts.archiveTotal = total
            return bytes
        }
        do throws(SystemFailure) {
            try file.syncData()
        } catch {
            counts.withLock { $0.failure = error }
            return false
        }
        return goOn(after: bytes)
    }

    private func goOn(after bytes: Int) -> Bool {
        let progress = counts.withLock { counts -> BackupProgress? in
            let now = MonotonicInstant.now()
            if let toldAt = counts.toldAt, now < toldAt.after(tellEvery) { return nil }
            counts.toldAt = now
            let done = counts.archiveBytes + counts.journalBytes
            let total = counts.archiveTotal + counts.journalTotal
            return BackupProgress(
                doneBytes: UInt64(clamping: done), totalBytes: UInt64(clamping: max(done, total)))
        }
        if let progress { tell(progress) }
        return pace.goOn(after: bytes)
    }

    private func copying<Result>(
        _ body: () throws(JournalBackup.Failure) -> Result
    ) throws(Refusal) -> Result {
        do throws(JournalBackup.Failure) {
            return try body()
        } catch {
            switch error {
            case .stopped: throw .backupStopped
            case .target(.diskFull(_, let failure)), .target(.inputOutput(let failure)),
                .target(.notWritable(_, let failure)):
                throw Refusal(backup: failure)
            case .target(let failure), .source(let failure):
                throw Refusal(
                    .unavailable, reason: "BACKUP_FAILED",
                    "\(failure.message); what was written is removed")
            }
        }
    }
}

extension Refusal {
    /// Whoever wanted the backup is gone, or the coordinator is about to end.
    fileprivate static let backupStopped = Refusal(
        .aborted, reason: "BACKUP_STOPPED",
        "the backup was given up before it was whole; what was written is removed")
}
