internal import SagaJournal
internal import SagaModel

/// How the journal stands, for the status of the daemon.
struct JournalFigures: Sendable {
    let statistics: JournalStatistics
    let durable: JournalPosition
    let segment: UInt64

    init(_ journal: borrowing Journal) {
        statistics = journal.statistics
        durable = journal.durablePosition
        segment = journal.segmentNumber
    }
}
