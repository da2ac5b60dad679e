internal import GRDB
package import SagaCoordinator
internal import Synchronization

/// Copies of the file while it is written.
extension SQLiteArchive {
    /// Pages that are copied at a time: 256 KiB.
    private static let copiedPages: CInt = 32

    private struct Stopped: Error {}

    /// Copies what was committed, as one transaction saw it, with SQLite's own backup.
    package func copy(
        to path: String, goOn: @escaping (_ doneBytes: Int, _ totalBytes: Int) -> Bool
    ) throws(ArchiveFailure) -> Bool {
        guard let open = pool.withLock({ $0 }) else { throw .inputOutput("it is closed") }
        var configuration = Configuration()
        configuration.label = "archive-copy"
        configuration.prepareDatabase { db in
            // A copy that is cut short is thrown away, and the caller syncs what is written.
            try db.execute(
                sql: """
                    PRAGMA journal_mode = OFF;
                    PRAGMA synchronous = OFF;
                    PRAGMA cache_size = -256;
                    """)
        }
        do {
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            try copy.writeWithoutTransaction { target in
                try open.read { source in
                    // Begins the transaction: what is committed from here on is not seen, and the
                    // copy need not begin anew for it.
                    _ = try Int64.fetchOne(source, sql: "SELECT committed FROM archive")
                    let pageBytes = try Int.fetchOne(source, sql: "PRAGMA page_size") ?? 0
                    try source.backup(to: target, pagesPerStep: Self.copiedPages) { progress in
                        let isWanted = goOn(
                            progress.completedPageCount * pageBytes,
                            progress.totalPageCount * pageBytes)
                        guard isWanted else { throw Stopped() }
                    }
                }
            }
            try copy.close()
            return true
        } catch is Stopped {
            return false
        } catch {
            throw ArchiveFailure(error)
        }
    }
}
