package import SagaModel

/// Where ended sagas are kept, so that they can be found for a year: what an archive has to do.
///
/// The coordinator reads the journal for it and merges what it finds with what the engine has; the
/// archive stores and searches. Writes come from one thread, reads from another at the same time;
/// none of them is the engine's or an event loop's.
package protocol SagaArchiving: AnyObject, Sendable {
    /// Opens the archive of a journal; one that cannot be used is set aside and a new one begun.
    ///
    /// Called again after a failure.
    func open(_ journal: ArchivedJournal) throws(ArchiveFailure) -> ArchiveOpening
    /// Takes in what was read, whole or not at all, and durable when it returns.
    func commit(_ batch: ArchiveBatch) throws(ArchiveFailure)
    /// The records of a saga that it keeps until that ends, and those of its children.
    ///
    /// - Parameter member: the start of the saga or of one of its children.
    /// - Returns: the start of the root, and the records in pieces; nil if it keeps none.
    func waiting(_ member: JournalPosition) throws(ArchiveFailure) -> WaitingRecords?
    /// The bytes of the record that registered a definition; nil if it does not have it.
    func definition(at position: JournalPosition) throws(ArchiveFailure) -> [UInt8]?
    /// Finds a saga; by a key the one that started last under it.
    func find(_ selector: SagaSelector) throws(ArchiveFailure) -> ArchivedHistory?
    /// A page of a list; `next` is nil if there are no more.
    func list(_ request: ListRequest) throws(ArchiveFailure) -> SagaPage
    /// Counts all sagas that are meant.
    func count(_ request: CountRequest) throws(ArchiveFailure) -> ArchivedCounts
    /// Deletes some sagas whose time is over.
    ///
    /// - Parameters:
    ///   - now: the moment that times are compared with.
    ///   - limit: about how many.
    /// - Returns: how many; fewer than the limit if there are no more.
    func expire(now: Instant, limit: Int) throws(ArchiveFailure) -> Int
    /// Deletes sagas that ended long ago, a bounded number of them, or only counts all of them.
    func purge(_ request: PurgeRequest, now: Instant) throws(ArchiveFailure) -> PurgeAnswer
    /// Copies all that is committed into an empty file, consistent in itself; commits go on
    /// meanwhile.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - goOn: told, every 256 KiB, how many bytes are written and how many there will be; false:
    ///     no more of it.
    /// - Returns: whether it is all copied. The file is not synced.
    func copy(
        to path: String, goOn: @escaping (_ doneBytes: Int, _ totalBytes: Int) -> Bool
    ) throws(ArchiveFailure) -> Bool
    /// How large it is, and what happened to it.
    func summary() throws(ArchiveFailure) -> ArchiveSummary
    /// Closes its files.
    func close()
}

/// Why an archive cannot do what it is asked.
package enum ArchiveFailure: Error, Equatable, CustomStringConvertible {
    /// Its file is damaged: it is to be opened again, which sets it aside.
    case damaged(String)
    /// The disk has no room for it.
    case diskFull(String)
    /// The permissions, or the mount, forbid it.
    case notWritable(String)
    /// The disk or the file system does not do its part.
    case inputOutput(String)
    /// What was stored cannot be read any more.
    case unreadable(String)

    /// One word that names the reason, for status, metrics and alerts; it never changes.
    package var code: String {
        switch self {
        case .damaged: "archive_damaged"
        case .diskFull: "archive_disk_full"
        case .notWritable: "archive_not_writable"
        case .inputOutput: "archive_input_output"
        case .unreadable: "archive_unreadable"
        }
    }

    /// What happened, and what to do, for people.
    package var description: String {
        switch self {
        case .damaged(let text): "the archive is damaged: \(text)"
        case .diskFull(let text):
            "\(text): there is no room for the archive; make room on its file system, and it goes "
                + "on by itself"
        case .notWritable(let text):
            "\(text): the archive cannot be written; check the rights of its file, and how its "
                + "file system is mounted"
        case .inputOutput(let text):
            "\(text): the archive cannot be read or written; check its disk"
        case .unreadable(let text): "what the archive holds cannot be read: \(text)"
        }
    }
}

/// The journal that an archive follows, as far as it has to know it.
package struct ArchivedJournal: Sendable {
    /// The journal's identity.
    package var lineage: SagaID
    /// Up to which record everything is durable.
    package var durable: JournalPosition
    /// The oldest record that is kept.
    package var oldest: JournalPosition
    /// Whether there is a record with this number, or was before it was freed; false for one that
    /// is beyond the end, or in the gap that a restore has left.
    package var mayHold: @Sendable (JournalPosition) -> Bool

    /// States the facts.
    package init(
        lineage: SagaID, durable: JournalPosition, oldest: JournalPosition,
        mayHold: @escaping @Sendable (JournalPosition) -> Bool
    ) {
        self.lineage = lineage
        self.durable = durable
        self.oldest = oldest
        self.mayHold = mayHold
    }
}

/// Where an archive stands when it is opened.
package struct ArchiveOpening: Equatable, Sendable {
    /// Everything up to this record is in it.
    package var committed: JournalPosition
    /// Records up to this one are not needed; those behind it up to `committed` tell of sagas that
    /// have not ended.
    package var freeable: JournalPosition
    /// The life that wrote the record behind that one.
    package var epoch: Epoch
    /// What became of a file that could not be used; empty if none was met now.
    package var setAside: String

    /// States the facts.
    package init(
        committed: JournalPosition, freeable: JournalPosition, epoch: Epoch = .none,
        setAside: String
    ) {
        self.committed = committed
        self.freeable = freeable
        self.epoch = epoch
        self.setAside = setAside
    }
}

/// What is written to an archive at once.
package struct ArchiveBatch: Sendable {
    /// Definitions by the records that registered them, with their bytes.
    package var definitions: [(position: JournalPosition, record: [UInt8])] = []
    /// Sagas that have ended, each with its children.
    package var families: [ArchivedFamily] = []
    /// Records of sagas that have not ended, to be kept until they do.
    package var waiting: [WaitingRecords] = []
    /// Sagas that were replaced, and by which.
    package var replacements: [(old: SagaID, new: SagaID)] = []
    /// Everything up to this record is taken in with it.
    package var committed = JournalPosition.none
    /// And no record up to this one is needed any more.
    package var freeable = JournalPosition.none
    /// The life that wrote the record behind that one.
    package var epoch = Epoch.none
    /// Ended sagas since the batch before of which records were gone.
    package var missed: UInt64 = 0

    /// An empty one.
    package init() {}
}

/// Records of a saga that has not ended, and of its children.
package struct WaitingRecords: Equatable, Sendable {
    /// The start of the root.
    package var root: JournalPosition
    /// The starts of all that the records are about.
    package var members: [JournalPosition]
    /// The records, as `HistoryRecord` writes them; pieces may overlap.
    package var pieces: [[UInt8]]

    /// States the facts.
    package init(root: JournalPosition, members: [JournalPosition], pieces: [[UInt8]]) {
        self.root = root
        self.members = members
        self.pieces = pieces
    }
}

/// A saga that has ended, with its children and all their records.
package struct ArchivedFamily: Sendable {
    /// The root, then its children in the order of their starts.
    package var sagas: [ArchivedSaga]
    /// All records in order, as `HistoryRecord` writes them.
    package var records: [UInt8]
    /// How long it is kept after its end; nil for as long as the archive does by itself.
    package var retention: Duration?

    /// States the facts.
    package init(sagas: [ArchivedSaga], records: [UInt8], retention: Duration?) {
        self.sagas = sagas
        self.records = records
        self.retention = retention
    }
}

/// The records of a saga that was found.
package struct ArchivedHistory: Equatable, Sendable {
    /// The start of the saga, which may be a child.
    package var start: JournalPosition
    /// The records of its root and all its children.
    package var records: [UInt8]
    /// The saga that replaced it under its key.
    package var replacedBy: SagaID?

    /// States the facts.
    package init(start: JournalPosition, records: [UInt8], replacedBy: SagaID?) {
        self.start = start
        self.records = records
        self.replacedBy = replacedBy
    }
}

/// How many sagas of each kind are in an archive.
package struct ArchivedCounts: Equatable, Sendable {
    /// By what they have in common; empty for those that have nothing of the kind.
    package var counts: [String: UInt64]
    /// All of them, each once.
    package var total: UInt64
    /// Up to which record it had taken in everything.
    package var committed: JournalPosition

    /// States the facts.
    package init(counts: [String: UInt64], total: UInt64, committed: JournalPosition) {
        self.counts = counts
        self.total = total
        self.committed = committed
    }
}

/// How large an archive is, and what happened to it.
package struct ArchiveSummary: Equatable, Sendable {
    /// How many sagas are in it.
    package var sagas: UInt64 = 0
    /// The bytes of its files.
    package var bytes: UInt64 = 0
    /// Its file.
    package var file = ""
    /// What became of a file that could not be used; empty if none was met.
    package var setAside = ""
    /// Ended sagas of which records were gone from the journal.
    package var missed: UInt64 = 0
    /// How long it keeps sagas whose definition does not say.
    package var retention: Duration = .zero
    /// When the oldest saga in it started.
    package var oldestStartedAt: Instant?

    /// An empty one.
    package init() {}
}
