import Foundation
import SagaCoordinator
import SagaModel
import Testing

@testable import SagaArchive

@Suite struct SearchTests {
    /// Ten thousand sagas, archived in batches of all sizes.
    private static func fill(_ folder: ArchiveFolder, _ random: inout RandomSagas) throws {
        try folder.open()
        var sagas = random.draw(10_000)[...]
        while !sagas.isEmpty {
            let size = 1 + Int(random.next() % 900)
            var batch = ArchiveBatch()
            for saga in sagas.prefix(size) {
                batch.families.append(
                    ArchivedFamily(sagas: [saga], records: [1, 2, 3], retention: nil))
            }
            sagas = sagas.dropFirst(size)
            batch.committed = JournalPosition(UInt64(10_000 - sagas.count))
            try folder.archive.commit(batch)
        }
    }

    private static func list(
        _ archive: SQLiteArchive, _ filter: SagaFilter, oldestFirst: Bool, pageSize: UInt32
    ) throws -> [JournalPosition] {
        var request = ListRequest(filter, isOldestFirst: oldestFirst, pageSize: pageSize)
        var found: [JournalPosition] = []
        repeat {
            let page = try archive.list(request)
            #expect(page.rows.count <= Int(pageSize))
            found += page.rows.map(\.start)
            request.cursor = page.next
        } while request.cursor != nil
        return found
    }

    @Test("Lists are those of a naive filter, in both orders and on pages of every size")
    func naive() throws {
        let folder = try ArchiveFolder()
        var random = RandomSagas(seed: 5)
        try Self.fill(folder, &random)
        var hits = 0
        for round in 0..<400 {
            let filter = random.filter()
            let oldestFirst = random.next() % 2 == 0
            var expected = random.all.filter { $0.isMeant(by: filter) }.map(\.start).sorted()
            if !oldestFirst { expected.reverse() }
            let size = UInt32(1 + random.next() % (expected.count > 500 ? 1_000 : 40))
            let found = try Self.list(
                folder.archive, filter, oldestFirst: oldestFirst, pageSize: size)
            try #require(found == expected, "round \(round): \(filter)")
            hits += expected.isEmpty ? 0 : 1
        }
        #expect(hits > 100)
    }

    @Test("Counts by each group are those of a naive filter")
    func counts() throws {
        let folder = try ArchiveFolder()
        var random = RandomSagas(seed: 6)
        try Self.fill(folder, &random)
        let groups: [(SagaGroup, (ArchivedSaga) -> [String])] = [
            (.state, { [$0.state.label] }), (.definition, { [$0.definition] }),
            (.version, { ["\($0.definition)@\($0.version)"] }),
            (.failureCode, { $0.failureCodes }), (.handler, { $0.handlers }),
            (
                .participant,
                { saga in
                    Set(saga.instances.map { String($0.prefix { $0 != "/" }) }).sorted()
                }
            ),
            (.label("region"), { saga in saga.labels.filter { $0.name == "region" }.map(\.value) }),
        ]
        for round in 0..<100 {
            let filter = random.filter()
            let (group, values) = groups[round % groups.count]
            var expected = SagaCounts(observedAt: Instant(microseconds: 0))
            for saga in random.all where saga.isMeant(by: filter) { expected.add(values(saga)) }
            let found = try folder.archive.count(CountRequest(filter, by: group))
            #expect(found.counts == expected.counts, "\(group) \(filter)")
            #expect(found.total == expected.total)
        }
    }

    @Test("What is deleted is in no list and no count, and the file shrinks")
    func purge() throws {
        let folder = try ArchiveFolder()
        var random = RandomSagas(seed: 7)
        try Self.fill(folder, &random)
        let newest = try #require(random.all.map(\.endedAt).max())
        let middle = random.all.map(\.endedAt).sorted()[5_000]
        let request = PurgeRequest(
            namespace: "default", olderThan: newest - middle, countsOnly: true)
        let gone = random.all.filter { $0.namespace == "default" && $0.endedAt <= middle }
        #expect(try folder.archive.purge(request, now: newest).sagas == UInt64(gone.count))
        var deleted: UInt64 = 0
        while true {
            let answer = try folder.archive.purge(
                PurgeRequest(namespace: "default", olderThan: newest - middle, countsOnly: false),
                now: newest)
            deleted += answer.sagas
            if !answer.hasMore { break }
        }
        #expect(deleted == UInt64(gone.count))
        let starts = Set(gone.map(\.start))
        for _ in 0..<50 {
            let filter = random.filter()
            let expected = random.all
                .filter { $0.isMeant(by: filter) && !starts.contains($0.start) }
                .map(\.start).sorted()
            let found = try Self.list(
                folder.archive, filter, oldestFirst: true, pageSize: 200)
            try #require(found == expected, "\(filter)")
            #expect(
                try folder.archive.count(CountRequest(filter, by: .definition)).total
                    == UInt64(expected.count))
        }
        #expect(try folder.archive.summary().sagas == UInt64(10_000 - gone.count))
    }

    @Test("Sagas are kept for the time of their definition, or else for that of the archive")
    func expiry() throws {
        let folder = try ArchiveFolder(retention: .seconds(100))
        var random = RandomSagas(seed: 8)
        try folder.open()
        let sagas = random.draw(60).map { saga in
            var saga = saga
            saga.endedAt = saga.startedAt
            return saga
        }
        var batch = ArchiveBatch()
        for (index, saga) in sagas.enumerated() {
            batch.families.append(
                ArchivedFamily(
                    sagas: [saga], records: [1],
                    retention: [nil, .seconds(10), .seconds(1_000)][index % 3]))
        }
        try folder.archive.commit(batch)
        let last = try #require(sagas.map(\.endedAt).max())
        let first = try #require(sagas.map(\.endedAt).min())
        // At the moment when so many of them are over, and one microsecond before the first is.
        let steps: [(now: Instant, left: Int)] = [
            (first + .seconds(10) + .microseconds(-1), 60), (last + .seconds(10), 40),
            (last + .seconds(100), 20), (last + .seconds(1_000), 0),
        ]
        for (now, left) in steps {
            while try folder.archive.expire(now: now, limit: 7) == 7 {}
            #expect(try folder.archive.summary().sagas == UInt64(left))
        }
        #expect(try folder.archive.summary().sagas == 0)
    }
}
