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

    /// States the facts.
    package init(
        version: String, engine: EngineStatus, journal: JournalStatus, rejectedRequests: UInt64
    ) {
        self.version = version
        self.engine = engine
        self.journal = journal
        self.rejectedRequests = rejectedRequests
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
