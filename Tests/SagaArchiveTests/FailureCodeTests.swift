import GRDB
import SagaCoordinator
import Testing

@testable import SagaArchive

/// Why an archive cannot be written: each reason has one word that stays, and says what to do.
@Suite struct FailureCodeTests {
    private static let rows: [(ResultCode, String, String)] = [
        (.SQLITE_FULL, "archive_disk_full", "make room"),
        (.SQLITE_READONLY, "archive_not_writable", "check the rights"),
        (.SQLITE_CANTOPEN, "archive_not_writable", "how its file system is mounted"),
        (.SQLITE_IOERR, "archive_input_output", "check its disk"),
        (.SQLITE_BUSY, "archive_input_output", "check its disk"),
        (.SQLITE_CORRUPT, "archive_damaged", "damaged"),
        (.SQLITE_NOTADB, "archive_damaged", "damaged"),
    ]

    @Test(arguments: rows.indices) func code(_ row: Int) {
        let (result, code, advice) = Self.rows[row]
        let failure = ArchiveFailure(DatabaseError(resultCode: result, message: "said"))
        #expect(failure.code == code)
        #expect(failure.description.contains(advice) && failure.description.contains("said"))
        #expect(!failure.description.contains("\n"))
    }

    @Test func unreadable() {
        #expect(ArchiveFailure.unreadable("x").code == "archive_unreadable")
    }
}
