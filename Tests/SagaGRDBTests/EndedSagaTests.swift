import GRDB
import SagaModel
import Testing

@testable import Saga
@testable import SagaGRDB

/// Rows go by what the coordinator says has ended, and by nothing else.
@Suite struct EndedSagaTests {
    static let lineage = SagaID(high: 9, low: 9)
    static let other = SagaID(high: 8, low: 8)

    static func ended(
        below: UInt64, stillLive: [UInt64] = [], of lineage: SagaID = lineage
    ) -> EndedSagas {
        EndedSagas(
            lineage: lineage, below: JournalPosition(below),
            stillLive: stillLive.map { JournalPosition($0) })
    }

    /// Charges one cent for a saga.
    static func charge(
        _ ledger: Ledger, start: UInt64, lineage: SagaID = lineage, ended: EndedSagas? = nil
    ) async throws {
        let context = Ledger.context(1, start: start, lineage: lineage, ended: ended)
        try await ledger.store.perform(context) { db in
            try db.execute(sql: "UPDATE account SET cents = cents - 1")
        }
    }

    static func starts(_ ledger: Ledger) async throws -> [UInt64] {
        try await ledger.pool.read { db in
            try Int64.fetchAll(db, sql: "SELECT start_position FROM saga_task ORDER BY 1")
                .map(EndedRow.position)
        }
    }

    @Test func rowsOfEndedSagasGoAndNoOthers() async throws {
        let ledger = try Ledger()
        for start in [10, 20, 30] as [UInt64] { try await Self.charge(ledger, start: start) }
        try await Self.charge(ledger, start: 15, lineage: Self.other)
        #expect(try await Self.starts(ledger) == [10, 15, 20, 30], "without a word none goes")
        let word = Self.ended(below: 30, stillLive: [20])
        try await Self.charge(ledger, start: 40, ended: word)
        #expect(try await Self.starts(ledger) == [15, 20, 30, 40])
    }

    @Test func anAttemptOfAnEndedSagaIsRefused() async throws {
        let ledger = try Ledger()
        try await Self.charge(ledger, start: 10)
        try await Self.charge(ledger, start: 40, ended: Self.ended(below: 30, stillLive: [20]))
        let before = try ledger.balance()
        await #expect(throws: FencedAttempt.self) { try await Self.charge(ledger, start: 10) }
        await #expect(throws: FencedAttempt.self) {
            try await ledger.store.undo(
                Ledger.compensation, Ledger.context(1, .compensation, start: 11)
            ) { _, _ in Issue.record("an undo of a saga that has ended runs") }
        }
        #expect(try ledger.balance() == before)
        try await Self.charge(ledger, start: 20)
        #expect(try ledger.balance() == before - 1, "a saga that still lives goes on")
    }

    /// An instance that has heard less, or a coordinator that was restored, takes nothing back.
    @Test func theHighestWordStays() async throws {
        let ledger = try Ledger()
        try await Self.charge(ledger, start: 40, ended: Self.ended(below: 30))
        try await Self.charge(ledger, start: 41, ended: Self.ended(below: 5, stillLive: [1]))
        await #expect(throws: FencedAttempt.self) { try await Self.charge(ledger, start: 20) }
    }

    /// A wiped data directory begins a journal of its own, whose positions begin anew; a restored
    /// one goes on in positions above all that were, also where the sign bit is.
    @Test func anotherJournalAndARestoredOneAreNotLockedOut() async throws {
        let ledger = try Ledger()
        try await Self.charge(ledger, start: 40, ended: Self.ended(below: 30))
        try await Self.charge(ledger, start: 1, lineage: Self.other)
        let incarnation: UInt64 = 0x9000_0000 << 32
        try await Self.charge(ledger, start: incarnation + 2)
        try await Self.charge(
            ledger, start: incarnation + 9, ended: Self.ended(below: incarnation + 5))
        #expect(try await Self.starts(ledger) == [1, incarnation + 9])
        #expect(try ledger.balance() == 996)
    }

    @Test func manyEndedRowsGoLittleByLittle() async throws {
        let ledger = try Ledger()
        for start in 101...250 as ClosedRange<UInt64> {
            try await Self.charge(ledger, start: start)
        }
        let word = Self.ended(below: 280)
        try await Self.charge(ledger, start: 300, ended: word)
        #expect(try await Self.starts(ledger).count == 150 - EndedRow.deletedAtOnce + 1)
        try await Self.charge(ledger, start: 301)
        #expect(try await Self.starts(ledger) == [300, 301])
    }
}
