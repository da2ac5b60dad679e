internal import SagaModel
internal import SagaSystem

extension Journal {
    /// Opens the journal of a directory, or begins one in an empty directory.
    ///
    /// Locks, syncs what is there, decides about the tail, then visits every record in order, whole
    /// groups only. All of it can be done again after a crash at any point.
    ///
    /// - Parameter visit: gets frame and payload of each record; what it throws ends up in
    ///   `unreadableRecord`.
    package static func open(
        _ storage: any Storage, _ settings: JournalSettings,
        _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> Journal {
        try checkDirectory(storage, settings)
        try lock(storage, settings)
        do throws(JournalFailure) {
            return try openLocked(storage, settings, visit)
        } catch {
            storage.unlock()
            throw error
        }
    }

    private static func openLocked(
        _ storage: any Storage, _ settings: JournalSettings,
        _ visit: (FrameHeader, Span<UInt8>) throws -> Void
    ) throws(JournalFailure) -> Journal {
        let names = try inDirectory(storage) { () throws(SystemFailure) in
            // What a crash left half done is made durable or is gone; what is read is then true.
            try storage.syncDirectory()
            return try storage.list()
        }
        try refuseBackup(storage, names, settings)
        let existing = try readManifest(storage, names)
        if settings.isRestored, existing == nil {
            let hasSegments = names.contains { SegmentName.number($0) != nil }
            throw hasSegments
                ? .missingManifest(path: storage.location)
                : .nothingToRestore(path: storage.location)
        }
        let (manifest, isNew) =
            if let existing { (existing, false) } else {
                (try begin(storage, settings, names), true)
            }
        let leftovers = try leftovers(storage, names, manifest)
        var recovery = Recovery(
            storage: storage, manifest: manifest, windowBytes: settings.limits.windowBytes,
            willRead: settings.willRead)
        let (tail, spare) = try recovery.run(visit)
        // A start that is refused has changed nothing.
        try remove(leftovers, storage)
        try recovery.cutTornTails()
        var report = recovery.report
        report.isNew = isNew
        let preparation = SegmentPreparation(
            storage: storage, segmentBytes: settings.limits.segmentBytes,
            entropy: settings.entropy, manifest: manifest, firstNumber: 1)
        let isOnThread = settings.preparation == .onThread
        let (preparer, freer) = try onStorage { () throws(SystemFailure) in
            let preparer = try SegmentPreparer(preparation, spare: spare, onThread: isOnThread)
            let freer = try SegmentFreer(
                preparer.preparation, hold: settings.freeing, onThread: isOnThread)
            return (preparer, freer)
        }
        return Journal(
            lineage: manifest.lineage, recovered: report, sealed: recovery.sealed, tail: tail,
            storage: storage, preparer: preparer, freer: freer, settings: settings)
    }

    /// A backup is restored or left alone; one that is not whole is no backup.
    private static func refuseBackup(
        _ storage: any Storage, _ names: [String], _ settings: JournalSettings
    ) throws(JournalFailure) {
        guard names.contains(BackupMark.name) else { return }
        let isUnfinished = try onStorage { () throws(SystemFailure) in
            try BackupMark.saysUnfinished(in: storage)
        }
        guard !isUnfinished else { throw .unfinishedBackup(path: storage.location) }
        guard settings.isRestored else { throw .isBackup(path: storage.location) }
    }

    // MARK: - The directory

    static func checkDirectory(
        _ storage: any Storage, _ settings: JournalSettings
    ) throws(JournalFailure) {
        let facts = try inDirectory(storage) { () throws(SystemFailure) in try storage.facts() }
        let path = storage.location
        guard facts.owner == settings.user else {
            throw .wrongOwner(path: path, owner: facts.owner, user: settings.user)
        }
        switch facts.fileSystem {
        case .local: break
        case .memory, .network:
            guard settings.allowsVolatile else {
                throw .volatile(path: path, facts.fileSystem)
            }
        }
    }

    static func lock(
        _ storage: any Storage, _ settings: JournalSettings
    ) throws(JournalFailure) {
        let outcome = try inDirectory(storage) { () throws(SystemFailure) in
            try storage.lock(process: settings.process)
        }
        switch outcome {
        case .acquired: break
        case .held(let holder): throw .inUse(path: storage.location, holder: holder)
        }
    }

    /// Runs a call of the time before anything is read: its failure may be one of permissions.
    static func inDirectory<Result>(
        _ storage: any Storage, _ body: () throws(SystemFailure) -> Result
    ) throws(JournalFailure) -> Result {
        do throws(SystemFailure) {
            return try body()
        } catch {
            throw JournalFailure(error, in: storage.location)
        }
    }

    // MARK: - The manifest

    static func readManifest(
        _ storage: any Storage, _ names: [String], isInUse: Bool = false
    ) throws(JournalFailure) -> Manifest? {
        guard names.contains(Manifest.name) else { return nil }
        let bytes = try onStorage { () throws(SystemFailure) in
            let file = try storage.open(Manifest.name)
            if !isInUse { try file.sync() }
            var bytes: [UInt8] = []
            try file.read(at: 0, count: try file.size(), uncached: false, into: &bytes)
            return bytes
        }
        return try Manifest(bytes.span, file: storage.path(Manifest.name))
    }

    /// Begins a new journal with a lineage of its own.
    private static func begin(
        _ storage: any Storage, _ settings: JournalSettings, _ names: [String]
    ) throws(JournalFailure) -> Manifest {
        // Before the first manifest, a crash can have left the first segment, never used.
        for name in names {
            guard let number = SegmentName.number(name) else { continue }
            guard number == 1, try !isUsed(storage, name) else {
                throw .missingManifest(path: storage.location)
            }
        }
        let isEmpty = names.allSatisfy {
            $0 == FileStorage.lockName || SegmentName.number($0) != nil || $0.hasSuffix(".new")
        }
        let lineage = JournalLineage(
            randomHigh: settings.entropy(), randomLow: settings.entropy())
        var preparation = SegmentPreparation(
            storage: storage, segmentBytes: settings.limits.segmentBytes,
            entropy: settings.entropy, manifest: Manifest(lineage: lineage, entries: []),
            firstNumber: 1)
        try inDirectory(storage) { () throws(SystemFailure) in
            // A directory with files of others in it keeps its mode: it may be shared on purpose.
            if isEmpty { try storage.makePrivate() }
            _ = try preparation.next()
        }
        return preparation.manifest
    }

    /// Temporary files, segments that were made but not listed, so never used, and those below the
    /// oldest listed one, which were freed.
    private static func leftovers(
        _ storage: any Storage, _ names: [String], _ manifest: Manifest
    ) throws(JournalFailure) -> [String] {
        var leftovers: [String] = []
        let newest = manifest.entries.last?.number ?? 0
        let oldest = manifest.entries.first?.number ?? 0
        for name in names {
            let number = SegmentName.number(name)
            if let number, number > newest {
                guard try !isUsed(storage, name) else {
                    throw .damaged(
                        .init(
                            file: storage.path(Manifest.name), offset: 32,
                            finding: "it does not list \(name), which holds records"))
                }
                leftovers.append(name)
            } else if isTemporary(name) || (number ?? oldest) < oldest {
                leftovers.append(name)
            }
        }
        return leftovers
    }

    private static func remove(
        _ leftovers: [String], _ storage: any Storage
    ) throws(JournalFailure) {
        for name in leftovers {
            // Gone already if the manifest was begun anew in this start.
            do throws(SystemFailure) {
                try storage.remove(name)
            } catch  where error.code == .notFound {
            } catch {
                throw JournalFailure(error, in: storage.location)
            }
        }
    }

    /// Whether anything was ever written behind the header of a segment.
    private static func isUsed(
        _ storage: any Storage, _ name: String
    ) throws(JournalFailure) -> Bool {
        try onStorage { () throws(SystemFailure) in
            let file = try storage.open(name)
            var bytes: [UInt8] = []
            try file.read(
                at: SegmentHeader.byteCount, count: SegmentHeader.byteCount, uncached: true,
                into: &bytes)
            return bytes.span.nonzeroEnd > 0
        }
    }

    private static func isTemporary(_ name: String) -> Bool {
        name == Manifest.temporaryName || name.hasSuffix(SegmentName.suffix + ".new")
            || name.hasSuffix(".torn.new")
    }
}
