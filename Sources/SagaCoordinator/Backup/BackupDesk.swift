internal import Logging
internal import SagaJournal
internal import SagaModel
internal import SagaSystem
internal import Synchronization

/// Makes backups while the coordinator goes on, one at a time, each on a thread of its own: neither
/// the engine's thread nor an event loop waits for it.
final class BackupDesk: Sendable {
    /// The journal that is copied, and the life that writes it.
    struct Source {
        let storage: any Storage
        let lineage: JournalLineage
        let epoch: Epoch
    }

    /// How a backup goes on: the newest of what there was to tell, and at last what was made.
    typealias Progress = AsyncThrowingStream<BackupProgress, any Error>

    private struct State {
        var source: Source?
        /// The one that is made.
        var pace: BackupPace?
        var isOver = false
    }

    private let dataDirectory: String
    private let archive: (any SagaArchiving)?
    private let mark: DurableMark
    private let hold: FreeingHold
    private let limits: Limits
    private let now: @Sendable () -> Instant
    private let logger: Logger
    private let state = Monitor(State())

    /// Makes a desk that can do nothing yet.
    ///
    /// - Parameters:
    ///   - mark: says how far the journal is durable.
    ///   - hold: taken while segments are copied.
    init(
        _ configuration: CoordinatorConfiguration, _ mark: DurableMark, _ hold: FreeingHold,
        now: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        dataDirectory = configuration.dataDirectory
        archive = configuration.archive
        limits = configuration.limits
        self.mark = mark
        self.hold = hold
        self.now = now
        self.logger = logger
    }

    /// Says what is to be copied.
    func read(_ source: Source) { state.withLock { $0.source = source } }

    /// Ends the backup that is being made, and waits until what it has written is removed.
    func stop() {
        state.withLock { state in
            state.isOver = true
            state.pace?.stop()
        }
        state.wait { $0.pace == nil ? () : nil }
    }

    /// Begins a backup; it ends with the task that reads how it goes on.
    func begin(_ path: String) throws(Refusal) -> Progress {
        let folder = try BackupFolder(path, dataDirectory: dataDirectory)
        let pace = BackupPace(bytesPerSecond: limits.backupBytesPerSecond)
        let source = try state.withLock { (state) throws(Refusal) -> Source in
            guard let source = state.source, !state.isOver else { throw .recovering }
            guard state.pace == nil else {
                throw Refusal(
                    .failedPrecondition, reason: "BACKUP_RUNNING",
                    "a backup is being made already; try again when it is done")
            }
            state.pace = pace
            return source
        }
        let (progress, told) = Progress.makeStream(bufferingPolicy: .bufferingNewest(1))
        told.onTermination = { _ in pace.stop() }
        do throws(SystemFailure) {
            _ = try SystemThread(name: "saga-backup") {
                self.run(source, folder, pace, told)
                self.state.withLock { $0.pace = nil }
            }
        } catch {
            state.withLock { $0.pace = nil }
            throw Refusal(backup: error)
        }
        return progress
    }

    // MARK: - The thread

    private func run(
        _ source: Source, _ folder: BackupFolder, _ pace: BackupPace,
        _ told: Progress.Continuation
    ) {
        hold.take()
        defer { hold.release() }
        do throws(Refusal) {
            let finished = try make(source, folder, pace, told)
            logger.notice(
                "backup made",
                metadata: [
                    "directory": "\(finished.directory)",
                    "position": "\(finished.position.rawValue)",
                    "records": "\(finished.records)",
                ])
            told.finish()
        } catch {
            logger.warning(
                "no backup was made",
                metadata: ["directory": "\(folder.path)", "reason": "\(error.message)"])
            told.finish(throwing: error)
        }
    }

    private func make(
        _ source: Source, _ folder: BackupFolder, _ pace: BackupPace,
        _ told: Progress.Continuation
    ) throws(Refusal) -> FinishedBackup {
        let storage = try folder.begin()
        do throws(Refusal) {
            let copying = BackupCopying(
                source, archive, storage, folder, pace,
                tellEvery: limits.backupProgress
            ) { told.yield($0) }
            let finished = try copying.run(mark: mark, now: now)
            try folder.finish(
                storage,
                BackupMark(
                    lineage: source.lineage, position: finished.position, epoch: finished.epoch,
                    madeAt: finished.madeAt))
            told.yield(
                BackupProgress(
                    doneBytes: copying.doneBytes, totalBytes: copying.doneBytes,
                    finished: finished))
            return finished
        } catch {
            storage.unlock()
            folder.discard()
            throw error
        }
    }
}
