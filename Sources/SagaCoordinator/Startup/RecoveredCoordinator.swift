internal import Logging
internal import SagaEngine
internal import SagaJournal
internal import SagaModel
internal import SagaProtobuf
internal import SagaSystem

/// An engine that has replayed its journal, and the journal, ready to be written.
struct RecoveredCoordinator: ~Copyable {
    var engine: Engine
    var journal: Journal
    /// This life, whose record is not written yet.
    let life: Life
    /// What the start found.
    let recovery: RecoveryStatus

    /// Opens the journal of a directory and replays it.
    ///
    /// A record of a saga that cannot be read, or does not fit what came before it, sets that saga
    /// aside.
    ///
    /// - Throws: what the directory or its files are wrong with; a record of no saga that cannot be
    ///   read or does not fit is damage like any other.
    static func open(
        _ configuration: CoordinatorConfiguration, clock: CoordinatorClock, freeing: FreeingHold,
        meter: RecoveryMeter, logger: Logger
    ) throws(JournalFailure) -> RecoveredCoordinator {
        let settings = JournalSettings(
            limits: JournalLimits(segmentBytes: configuration.limits.segmentBytes),
            preparation: .onThread, allowsVolatile: configuration.allowsVolatile,
            isRestored: configuration.isRestored, freeing: freeing,
            willRead: { meter.begin(bytes: $0) },
            user: ThisProcess.effectiveUser, process: ThisProcess.identifier,
            entropy: { SystemRandom.word() },
            microseconds: { MonotonicInstant.now().microseconds })
        let recovered = try open(
            storage(of: configuration), settings,
            limits: configuration.limits, now: { clock.now() },
            replayed: { bytes in
                if let progress = meter.replayed(bytes: bytes) { progress.tell(logger) }
            })
        // What reading took is not needed any more; an idle daemon stays small.
        ThisProcess.returnFreeMemory()
        return recovered
    }

    /// The directory; one whose syncs are slower, if a benchmark wants it so.
    private static func storage(
        of configuration: CoordinatorConfiguration
    ) throws(JournalFailure) -> any Storage {
        let files = try FileStorage(directory: configuration.dataDirectory)
        let delay = configuration.syncDelayMicroseconds
        return delay > 0 ? DelayedStorage(files, microseconds: delay) : files
    }

    /// Opens the journal in a storage and replays it.
    static func open(
        _ storage: any Storage, _ settings: JournalSettings, limits: Limits, now: () -> Instant,
        replayed: (_ bytes: Int) -> Void = { _ in }
    ) throws(JournalFailure) -> RecoveredCoordinator {
        let began = now()
        var engine = Engine(limits: limits.engine)
        var arena = DecodingArena(limit: limits.decodedBytes)
        let journal = try Journal.open(storage, settings) { frame, payload in
            try replay(frame, payload, &engine, &arena)
            replayed(frame.length)
        }
        try endReplay(&engine, storage)
        let epoch =
            settings.isRestored
            ? engine.lastEpoch.restored(
                behind: journal.lastPosition, atSecond: now().microseconds / 1_000_000)
            : engine.lastEpoch.next
        let life = Life(
            epoch: epoch, lineage: SagaID(high: journal.lineage.high, low: journal.lineage.low),
            life: settings.entropy(), seed: settings.entropy(), isRestored: settings.isRestored)
        return RecoveredCoordinator(
            engine: engine, journal: journal, life: life, began: began, ended: now())
    }

    /// Ends the replay: nothing that lives is missing.
    static func endReplay(
        _ engine: inout Engine, _ storage: any Storage
    ) throws(JournalFailure) {
        do throws(ReplayFailure) {
            try engine.endReplay()
        } catch {
            throw .unreadableRecord(
                .init(
                    file: storage.location, offset: 0, position: error.position,
                    finding: error.reason))
        }
    }

    /// Replays one record.
    static func replay(
        _ frame: FrameHeader, _ payload: Span<UInt8>, _ engine: inout Engine,
        _ arena: inout DecodingArena
    ) throws {
        let record: Record
        do throws(CodecFailure) {
            record = try RecordCodec.decode(type: frame.type.rawValue, payload, arena: &arena)
        } catch {
            // A type that is not known is a newer release's, and not damage of one saga.
            if case .unknownType = error.reason {
                guard frame.flags.contains(.ignorable) else { throw UnknownRecordType(frame.type) }
                try engine.replayIgnored(at: frame.position)
                return
            }
            guard frame.saga != .none else { throw error }
            try engine.replayUnreadable(
                at: frame.position, saga: frame.saga,
                statesWhole: frame.type.rawValue == RecordCodec.sagaRestatedType,
                reason: "\(error)")
            return
        }
        try engine.replay(record, at: frame.position, saga: frame.saga)
    }

    private init(
        engine: consuming Engine, journal: consuming Journal, life: Life, began: Instant,
        ended: Instant
    ) {
        self.engine = engine
        self.journal = journal
        self.life = life
        let torn = self.journal.recovered.tornTails
        recovery = RecoveryStatus(
            took: ended - began, records: UInt64(clamping: self.journal.recovered.records),
            sagas: self.engine.liveSagas,
            tornBytes: torn.reduce(0) { $0 + UInt64(clamping: $1.byteCount) },
            tornFile: torn.last?.keptIn ?? "")
    }

    /// The newest gap in the positions of the records, that of this life included.
    var newestGap: RecordGap? {
        life.isRestored
            ? RecordGap(after: journal.lastPosition, before: life.epoch.firstPosition)
            : engine.lastGap
    }

    /// Tells the log what was found.
    borrowing func tell(_ logger: Logger) {
        for torn in journal.recovered.tornTails {
            let isStray = [.sealedStray, .spareTorn].contains(torn.foundCase)
            logger.warning(
                isStray
                    ? "stray bytes in the journal are cut off"
                    : "the end of the journal was torn and is cut off",
                metadata: [
                    "case": "\(torn.foundCase.rawValue)", "file": "\(torn.file)",
                    "offset": "\(torn.offset)",
                    "bytes": "\(torn.byteCount)", "kept": "\(torn.keptIn)",
                ])
        }
        if life.isRestored {
            logger.notice(
                "restored: a new incarnation of the journal begins",
                metadata: [
                    "epoch": "\(life.epoch)", "after": "\(journal.lastPosition.rawValue)",
                    "position": "\(life.epoch.firstPosition.rawValue)",
                ])
        }
        let seconds = Double(recovery.took.microseconds) / 1_000_000
        logger.notice(
            journal.recovered.isNew ? "new journal" : "journal replayed",
            metadata: [
                "records": "\(journal.recovered.records)", "epoch": "\(life.epoch)",
                "seconds": "\(seconds)", "lineage": "\(journal.lineage)",
            ])
    }
}

extension RecoveryProgress {
    /// A line of the log, for a start that takes long.
    fileprivate func tell(_ logger: Logger) {
        logger.notice(
            "replaying the journal",
            metadata: [
                "records": "\(records)", "percent": "\(percent)",
                "perSecond": "\(recordsPerSecond)",
                "left": "\((remaining ?? .zero).microseconds / 1_000_000)s",
            ])
    }
}
