import Foundation
import GRDB
import Logging
import SagaModel
import Testing

@testable import Saga
@testable import SagaGRDB

/// An account in a real SQLite file, and contexts of attempts on it.
final class Ledger: Sendable {
    struct Charge: Codable, Equatable, Sendable { var id: String }

    let path: String
    let pool: DatabasePool
    let store: SagaStore

    init() throws {
        path = NSTemporaryDirectory() + "saga-store-\(UInt64.random(in: .min ... .max)).sqlite"
        pool = try DatabasePool(path: path)
        try pool.write { db in
            try db.execute(
                sql: """
                    CREATE TABLE account (id TEXT PRIMARY KEY, cents INTEGER NOT NULL);
                    INSERT INTO account VALUES ('alice', 1000)
                    """)
        }
        store = try SagaStore(pool)
    }

    deinit {
        try? pool.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    static func context(
        _ number: UInt32, epoch: UInt64 = 1, _ direction: Direction = .action,
        start: UInt64 = 77, lineage: SagaID = SagaID(high: 9, low: 9), ended: EndedSagas? = nil
    ) -> HandlerContext {
        let saga = SagaID(high: lineage.high, low: start == 77 ? 2 : start)
        let task = TaskRef(saga: saga, step: "charge", direction: direction)
        let received = ReceivedTask(
            attempt: TaskAttempt(task: task, token: Token(epoch: Epoch(epoch), number: number)),
            handler: "payments.charge", definition: "order", version: 1,
            idempotencyKey: task.idempotencyKey, input: .empty, startToClose: nil,
            heartbeatTimeout: nil, labels: [], traceContext: [],
            startPosition: JournalPosition(start), previousProgress: nil, undo: nil)
        return HandlerContext(
            received, lineage: lineage, namespace: "default", deadline: nil, ended: ended,
            logger: Logger(label: "test"))
    }

    static var compensation: Compensation<Int, Charge> {
        Compensation(
            input: 150, action: .unknown, actionIdempotencyKey: context(1).idempotencyKey,
            reason: .init(step: "ship", code: "no-carrier", message: ""))
    }

    func balance() throws -> Int {
        try pool.read { try Int.fetchOne($0, sql: "SELECT cents FROM account") ?? 0 }
    }

    func row(_ direction: Direction) throws -> TaskRow? {
        let key = Self.context(1, direction).idempotencyKey
        return try pool.read { try TaskRow.find(key, in: $0) }
    }

    /// Charges 150, and says with which id.
    func charge(
        _ number: UInt32, epoch: UInt64 = 1, failing error: (any Error & Sendable)? = nil
    ) async throws -> Charge {
        try await store.perform(Self.context(number, epoch: epoch)) { db in
            try db.execute(sql: "UPDATE account SET cents = cents - 150")
            if let error { throw error }
            return Charge(id: "by-\(number)")
        }
    }

    func refund(_ number: UInt32, failing error: (any Error & Sendable)? = nil) async throws {
        try await store.undo(Self.compensation, Self.context(number, .compensation)) { db, done in
            #expect(done.id.hasPrefix("by-"))
            try db.execute(sql: "UPDATE account SET cents = cents + 150")
            if let error { throw error }
        }
    }
}

struct Hiccup: Error, Equatable {}

@Suite struct SagaStoreTests {
    @Test func anActionTakesEffectOnceAndAnswersTheSame() async throws {
        let ledger = try Ledger()
        #expect(try await ledger.charge(1) == Ledger.Charge(id: "by-1"))
        #expect(try await ledger.charge(2) == Ledger.Charge(id: "by-1"))
        #expect(try await ledger.charge(1, epoch: 9) == Ledger.Charge(id: "by-1"))
        #expect(try ledger.balance() == 850)
        let row = try #require(try ledger.row(.action))
        #expect(row.task.startPosition == 77)
        #expect(row.task.lineage == SagaID(high: 9, low: 9))
    }

    @Test func anErrorLeavesNothing() async throws {
        let ledger = try Ledger()
        await #expect(throws: Hiccup.self) { try await ledger.charge(1, failing: Hiccup()) }
        #expect(try ledger.balance() == 1000)
        #expect(try ledger.row(.action) == nil)
        _ = try await ledger.charge(1)
        #expect(try ledger.balance() == 850)
    }

    @Test func aBusinessNoIsRolledBackAndBarsOlderAttempts() async throws {
        let ledger = try Ledger()
        await #expect(throws: SagaFailure.self) {
            try await ledger.charge(2, failing: SagaFailure("insufficient-funds"))
        }
        #expect(try ledger.balance() == 1000)
        #expect(try ledger.row(.action)?.state == .barred)
        for late in [1, 2] as [UInt32] {
            await #expect(throws: FencedAttempt.self) { _ = try await ledger.charge(late) }
        }
        #expect(try ledger.balance() == 1000)
        _ = try await ledger.charge(1, epoch: 2)
        #expect(try ledger.balance() == 850, "a token of a later epoch is newer")
    }

    @Test func undoOfADoneActionHappensOnce() async throws {
        let ledger = try Ledger()
        _ = try await ledger.charge(1)
        try await ledger.refund(1)
        try await ledger.refund(2)
        #expect(try ledger.balance() == 1000)
        #expect(try ledger.row(.compensation)?.state == .done(.nothing))
        #expect(try await ledger.charge(3) == Ledger.Charge(id: "by-1"), "no second effect")
        #expect(try ledger.balance() == 1000)
    }

    @Test func undoOfWhatNeverRanBarsItForGood() async throws {
        let ledger = try Ledger()
        try await ledger.refund(1)
        #expect(try ledger.row(.action)?.state == .tombstone)
        await #expect(throws: FencedAttempt.self) { _ = try await ledger.charge(9, epoch: 9) }
        try await ledger.refund(2)
        #expect(try ledger.balance() == 1000)
    }

    @Test func undoOfABarredActionBarsItForGood() async throws {
        let ledger = try Ledger()
        await #expect(throws: SagaFailure.self) {
            try await ledger.charge(1, failing: SagaFailure("no"))
        }
        try await ledger.refund(1)
        #expect(try ledger.row(.action)?.state == .tombstone)
        await #expect(throws: FencedAttempt.self) { _ = try await ledger.charge(2) }
        #expect(try ledger.balance() == 1000)
    }

    @Test func anUndoThatFailsIsTriedAgain() async throws {
        let ledger = try Ledger()
        _ = try await ledger.charge(1)
        await #expect(throws: Hiccup.self) { try await ledger.refund(1, failing: Hiccup()) }
        #expect(try ledger.row(.compensation) == nil)
        await #expect(throws: SagaFailure.self) {
            try await ledger.refund(2, failing: SagaFailure("closed"))
        }
        #expect(try ledger.balance() == 850)
        await #expect(throws: FencedAttempt.self) { try await ledger.refund(1) }
        try await ledger.refund(3)
        #expect(try ledger.balance() == 1000)
    }

    @Test func actionsAndUndosAtTheSameTimeLeaveAllOrNothing() async throws {
        for _ in 0..<20 {
            let ledger = try Ledger()
            await withTaskGroup(of: Void.self) { group in
                for number in 1...4 as ClosedRange<UInt32> {
                    group.addTask { _ = try? await ledger.charge(number) }
                    group.addTask { try? await ledger.refund(number) }
                }
            }
            try await ledger.refund(9)
            #expect(try ledger.balance() == 1000)
        }
    }

    @Test func anActionWithoutAnAnswer() async throws {
        let ledger = try Ledger()
        for number in [1, 2] as [UInt32] {
            try await ledger.store.perform(Ledger.context(number)) { db in
                try db.execute(sql: "UPDATE account SET cents = cents - 1")
            }
        }
        #expect(try ledger.balance() == 999)
        let compensation = Compensation<Int, Void>(
            input: 1, action: .unknown,
            actionIdempotencyKey: Ledger.context(1).idempotencyKey,
            reason: .init(step: nil, code: "cancelled", message: ""))
        try await ledger.store.undo(compensation, Ledger.context(1, .compensation)) { db in
            try db.execute(sql: "UPDATE account SET cents = cents + 1")
        }
        #expect(try ledger.balance() == 1000)
    }

    /// Never a retry, which would be asked again without an end, nor a no, which would say that
    /// there was no effect.
    @Test func aFencedAttemptIsHeldForAPerson() {
        #expect(AttemptOutcome(thrown: FencedAttempt("late")) == .hold(reason: "fenced"))
    }
}
