import Foundation
import SagaCoordinator
import SagaModel

@testable import SagaArchive

/// A folder of its own with an archive in it, removed at the end.
final class ArchiveFolder {
    static let lineage = SagaID(high: 1, low: 2)

    let url: URL
    let archive: SQLiteArchive

    init(retention: Duration = .seconds(30 * 86_400)) throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "saga-archive-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        archive = SQLiteArchive(
            path: url.appending(path: "archive.sqlite").path, retention: retention)
    }

    deinit {
        archive.close()
        try? FileManager.default.removeItem(at: url)
    }

    /// A journal of so many records without a gap.
    static func journal(
        durable: UInt64 = 1 << 40, lineage: SagaID = lineage,
        mayHold: @escaping @Sendable (JournalPosition) -> Bool = { _ in true }
    ) -> ArchivedJournal {
        ArchivedJournal(
            lineage: lineage, durable: JournalPosition(durable), oldest: JournalPosition(1),
            mayHold: mayHold)
    }

    @discardableResult
    func open(_ journal: ArchivedJournal = journal()) throws -> ArchiveOpening {
        try archive.open(journal)
    }
}

/// Sagas drawn from a seed.
struct RandomSagas {
    private var state: UInt64
    private var position: UInt64 = 0
    private(set) var all: [ArchivedSaga] = []
    /// How long each is kept by its definition, by its start.
    private(set) var retention: [JournalPosition: Duration] = [:]

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int(next() % UInt64(values.count))]
    }

    /// Makes so many sagas, in the order in which they end.
    mutating func draw(_ count: Int) -> [ArchivedSaga] {
        var drawn: [ArchivedSaga] = []
        for _ in 0..<count {
            position += 1 + next() % 40
            if next() % 5_000 == 0 { position += 1 << 20 }
            drawn.append(saga(at: position))
        }
        all += drawn
        // What starts late may end early.
        return drawn.sorted { ($0.endedAt, $0.start) < ($1.endedAt, $1.start) }
    }

    private mutating func saga(at position: UInt64) -> ArchivedSaga {
        let definition = pick(["order", "order", "order", "transfer", "mail"])
        let started = Instant(microseconds: Int64(position) * 1_000)
        let state = pick(
            [.completed, .completed, .completed, .compensated, .abandoned] as [SagaState])
        var status = SagaStatus(
            id: SagaID(high: position, low: next()),
            namespace: pick(["default", "default", "shop"]),
            definition: definition, version: UInt32(1 + next() % 3),
            key: next() % 2 == 0 ? "" : "key-\(next() % 500)", keyIsRandom: next() % 7 == 0,
            state: state, attention: [], startedAt: started,
            endedAt: started + .milliseconds(Int64(next() % (next() % 10 == 0 ? 100_000 : 50))),
            observedAt: started, principal: Principal(name: "test", isVerified: false),
            labels: [:], steps: [], failure: nil, compensationFailure: nil, input: .empty,
            output: nil)
        if next() % 2 == 0 { status.labels["customer"] = "c-\(next() % 300)" }
        if next() % 3 == 0 { status.labels["region"] = pick(["eu", "us"]) }
        var saga = ArchivedSaga(status, start: JournalPosition(position))
        if state != .completed {
            saga.failureCodes = [pick(["no-carrier", "declined", "cancelled"])]
        }
        saga.instances = [pick(["payments/p-1", "payments/p-2"])]
        if definition != "mail" { saga.instances.append(pick(["shipping/s-1", "shipping/s-2"])) }
        saga.handlers = definition == "mail" ? ["mail.send"] : ["payments.charge", "shipping.book"]
        if next() % 9 == 0, let parent = all.last { saga.parent = parent.id }
        return saga
    }

    /// A filter that is sometimes narrow and sometimes wide.
    mutating func filter() -> SagaFilter {
        var filter = SagaFilter(namespace: pick(["default", "shop", "nowhere"]))
        func chance(_ random: inout RandomSagas) -> Bool { random.next() % 4 == 0 }
        if chance(&self) {
            filter.states = pick([
                [.completed], [.compensated, .abandoned], [.running, .abandoned],
            ])
        }
        if chance(&self) {
            filter.definition = pick(["order", "transfer", "none"])
            if chance(&self) { filter.version = UInt32(1 + next() % 3) }
        }
        if chance(&self) { filter.key = "key-\(next() % 500)" }
        if chance(&self) { filter.labels = [Label(name: "region", value: pick(["eu", "us"]))] }
        if chance(&self) {
            filter.labels.append(Label(name: "customer", value: "c-\(next() % 300)"))
        }
        if chance(&self) { filter.failureCode = pick(["no-carrier", "declined"]) }
        if chance(&self) {
            filter.participant = .init(
                name: pick(["payments", "shipping"]), instance: pick(["", "p-1", "s-2"]))
        }
        if chance(&self) { filter.handler = pick(["mail.send", "payments.charge"]) }
        if chance(&self) { filter.started = range() }
        if chance(&self) { filter.ended = range() }
        if next() % 20 == 0 { filter.parent = pick(all).parent }
        return filter
    }

    private mutating func range() -> InstantRange {
        let last = Int64(position) * 1_000
        let from = Instant(microseconds: Int64(next()) % last)
        let to = from + .microseconds(Int64(next()) % last)
        return pick([
            InstantRange(from: from), InstantRange(to: to), InstantRange(from: from, to: to),
        ])
    }
}

extension ArchivedSaga {
    /// Whether a filter means this saga: by each of its rules, one after the other.
    func isMeant(by filter: SagaFilter) -> Bool {
        filter.namespace == namespace
            && (filter.states.isEmpty || filter.states.contains(state))
            && (filter.definition.isEmpty || filter.definition == definition)
            && (filter.version ?? version) == version
            && (filter.key.isEmpty || filter.key == key)
            && filter.labels.allSatisfy { labels.contains($0) }
            && (filter.failureCode.isEmpty || failureCodes.contains(filter.failureCode))
            && (filter.participant.map { wanted in instances.contains { wanted.takes($0) } }
                ?? true)
            && (filter.handler.isEmpty || handlers.contains(filter.handler))
            && filter.started.contains(startedAt) && filter.ended.contains(endedAt)
            && (filter.parent == nil || filter.parent == parent)
    }
}
