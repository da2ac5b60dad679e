/// How the daemon is, for people and programs.
package struct CoordinatorStatus: Equatable, Sendable {
    /// The version of the program.
    package var version: String
    /// Its sagas.
    package var engine: EngineStatus
    /// Its journal.
    package var journal: JournalStatus
    /// Requests refused in this life, for whatever reason, and sessions that broke the contract.
    package var rejectedRequests: UInt64
    /// Its connections.
    package var transport: TransportStatus
    /// Its process.
    package var process: ProcessStatus
    /// How it came up.
    package var recovery: RecoveryStatus
    /// Its archive of ended sagas; nil if it has none.
    package var archive: ArchiveStatus?

    /// States the facts.
    package init(
        version: String, engine: EngineStatus, journal: JournalStatus, rejectedRequests: UInt64,
        transport: TransportStatus, process: ProcessStatus,
        recovery: RecoveryStatus, archive: ArchiveStatus? = nil
    ) {
        self.version = version
        self.engine = engine
        self.journal = journal
        self.rejectedRequests = rejectedRequests
        self.transport = transport
        self.process = process
        self.recovery = recovery
        self.archive = archive
    }
}

/// The daemon's connections; what is counted is counted from the begin of this life.
package struct TransportStatus: Equatable, Sendable {
    /// Where it listens.
    package var listening: [ListenerStatus]
    /// Connections open.
    package var connections: UInt64
    /// Connections that were let in.
    package var acceptedConnections: UInt64
    /// Calls begun.
    package var calls: UInt64
    /// What else is counted and is not 0: how connections ended, what was refused, what peers did.
    package var counters: [NamedCount]

    /// States the facts.
    package init(
        listening: [ListenerStatus] = [], connections: UInt64 = 0, acceptedConnections: UInt64 = 0,
        calls: UInt64 = 0, counters: [NamedCount] = []
    ) {
        self.listening = listening
        self.connections = connections
        self.acceptedConnections = acceptedConnections
        self.calls = calls
        self.counters = counters
    }
}

/// A place where the daemon listens.
package struct ListenerStatus: Equatable, Sendable {
    /// `HOST:PORT` or `unix:PATH`.
    package var address: String
    /// Whether connections that come there are TLS.
    package var isSecure: Bool

    /// States the facts.
    package init(address: String, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }
}

/// A count with a name that stays the same in all releases.
package struct NamedCount: Equatable, Sendable {
    /// Words with underscores; a reason stands behind a dot.
    package var name: String
    /// How often.
    package var count: UInt64

    /// States the fact.
    package init(name: String, count: UInt64) {
        self.name = name
        self.count = count
    }
}

/// What the daemon's process uses; 0 where the machine does not tell.
package struct ProcessStatus: Equatable, Sendable {
    /// Its number.
    package var identifier: UInt32
    /// Processor time of user and system together.
    package var processorTime: Duration
    /// Bytes resident.
    package var residentBytes: UInt64
    /// Of these the anonymous ones, so without pages of files and libraries.
    package var anonymousBytes: UInt64
    /// The most bytes that were ever resident.
    package var peakResidentBytes: UInt64
    /// Files open, sockets among them.
    package var openFiles: UInt64
    /// How many files may be open.
    package var fileLimit: UInt64

    /// States the facts.
    package init(
        identifier: UInt32, processorTime: Duration = .zero, residentBytes: UInt64 = 0,
        anonymousBytes: UInt64 = 0, peakResidentBytes: UInt64 = 0, openFiles: UInt64 = 0,
        fileLimit: UInt64 = 0
    ) {
        self.identifier = identifier
        self.processorTime = processorTime
        self.residentBytes = residentBytes
        self.anonymousBytes = anonymousBytes
        self.peakResidentBytes = peakResidentBytes
        self.openFiles = openFiles
        self.fileLimit = fileLimit
    }
}

/// How a life began: what its start found in the journal.
package struct RecoveryStatus: Equatable, Sendable {
    /// How long opening and replaying took.
    package var took: Duration
    /// Records replayed.
    package var records: UInt64
    /// Live sagas found.
    package var sagas: UInt64
    /// Bytes of torn tails that were cut off.
    package var tornBytes: UInt64
    /// The file that keeps the bytes cut off last; empty if there was no torn tail.
    package var tornFile: String

    /// States the facts.
    package init(
        took: Duration, records: UInt64, sagas: UInt64, tornBytes: UInt64 = 0,
        tornFile: String = ""
    ) {
        self.took = took
        self.records = records
        self.sagas = sagas
        self.tornBytes = tornBytes
        self.tornFile = tornFile
    }
}

/// How the journal stands; what is counted is counted from the begin of this life.
package struct JournalStatus: Equatable, Sendable {
    /// The position up to which all is durable.
    package var durablePosition: JournalPosition
    /// How many segments there are; 0 if it is not known.
    package var segments: UInt64
    /// Records written.
    package var records: UInt64
    /// Bytes of frames written.
    package var writtenBytes: UInt64
    /// Batches written.
    package var batches: UInt64
    /// Calls of fdatasync.
    package var syncs: UInt64
    /// How long all of them took together.
    package var syncTotal: Duration
    /// How long the slowest took.
    package var syncSlowest: Duration
    /// The position of the oldest record that is kept, about; none if it is not known.
    package var oldestPosition = JournalPosition.none
    /// Bytes of all segment files.
    package var bytes: UInt64 = 0
    /// Segments that were freed.
    package var freedSegments: UInt64 = 0
    /// Records that stated something anew, so that older ones could be freed.
    package var restatedRecords: UInt64 = 0
    /// Why segments could not be freed the last time; empty if nothing is in the way.
    package var freeingFailure = ""
    /// Why the disk is too slow for new sagas; empty if it is not.
    package var slowness = ""
    /// What can be said of its space.
    package var space = SpaceStatus()
    /// How long writes and syncs took, in microseconds.
    package var syncTimes = Log2Histogram()
    /// Bytes of each batch.
    package var batchBytes = Log2Histogram()
    /// Records of each batch; for metrics, which alone have it.
    package var batchRecords = Log2Histogram()
    /// How many inputs waited for the engine each time that it looked.
    package var queuedInputs = Log2Histogram()

    /// States the facts.
    package init(
        durablePosition: JournalPosition, segments: UInt64, records: UInt64, writtenBytes: UInt64,
        batches: UInt64, syncs: UInt64, syncTotal: Duration, syncSlowest: Duration
    ) {
        self.durablePosition = durablePosition
        self.segments = segments
        self.records = records
        self.writtenBytes = writtenBytes
        self.batches = batches
        self.syncs = syncs
        self.syncTotal = syncTotal
        self.syncSlowest = syncSlowest
    }
}

/// How much room a journal has, and why it has no more.
package struct SpaceStatus: Equatable, Sendable {
    /// What goes on; nil where it is not said.
    package var level: SpaceLevel?
    /// Bytes that its file system has left; nil where it is not said.
    package var freeBytes: UInt64?
    /// Why no segment could be made the last time; empty if one could.
    package var failure = ""

    /// Nothing said.
    package init() {}

    /// States the facts.
    package init(level: SpaceLevel, freeBytes: UInt64?, failure: String) {
        self.level = level
        self.freeBytes = freeBytes
        self.failure = failure
    }
}
