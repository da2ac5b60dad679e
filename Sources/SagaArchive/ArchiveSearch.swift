internal import FoundationEssentials
internal import GRDB
internal import SagaCoordinator
internal import SagaModel

/// Finds sagas in the tables.
///
/// Shelf by shelf in the order of the starts: what a filter names is looked up as lists of places,
/// which are intersected, and only what is left is read. A bounded number of places and rows is
/// looked at for a page, which then may be short.
struct ArchiveSearch {
    /// How many places are looked at for one page.
    private static let placesLooked = 2_000_000
    /// How many rows are looked at for one page beyond those that are on it.
    private static let rowsLooked = 2_000
    /// As many rows on a shelf are read for their states rather than the list of all that have
    /// them, which nearly all sagas are in.
    private static let rowsForStates = 1_000
    /// Of a term, only the blocks are read that hold what the terms before it have left, if these
    /// are so few out of the 256 of a shelf.
    private static let blocksAlone = 64

    let db: Database
    let filter: SagaFilter

    private struct Shelf {
        let number: Int64
        let started: ClosedRange<Int64>
        let ended: ClosedRange<Int64>

        /// The start of a saga at a place.
        func start(_ place: UInt32) -> JournalPosition {
            JournalPosition(UInt64(number) << 20 | UInt64(place))
        }
    }

    // MARK: - Pages

    func page(_ request: ListRequest, observedAt: Instant) throws -> SagaPage {
        var page = SagaPage(rows: [], next: nil, observedAt: observedAt)
        guard filter.takesEnded else { return page }
        let wanted = max(1, Int(request.pageSize))
        var (places, looked) = (0, 0)
        let shelves = try shelves(request)
        for (index, shelf) in shelves.enumerated() {
            var found = try candidates(on: shelf, &places, readsStates: true)
            try narrow(&found, on: shelf)
            let starts = ordered(found, on: shelf, request)
            for (offset, start) in starts.enumerated() {
                let row = try row(at: start)
                looked += 1
                if let row, takes(row) { page.rows.append(row) }
                let isLast = offset == starts.count - 1 && index == shelves.count - 1
                if page.rows.count >= wanted || looked >= Self.rowsLooked + wanted {
                    page.next = isLast ? nil : start
                    return page
                }
            }
            if places >= Self.placesLooked, index < shelves.count - 1 {
                page.next = shelf.start(request.isOldestFirst ? 0xF_FFFF : 0)
                return page
            }
        }
        return page
    }

    private func ordered(
        _ found: PlaceList, on shelf: Shelf, _ request: ListRequest
    ) -> [JournalPosition] {
        var starts = found.places.map { shelf.start($0) }
        if !request.isOldestFirst { starts.reverse() }
        guard let cursor = request.cursor else { return starts }
        return starts.filter { request.isOldestFirst ? $0 > cursor : $0 < cursor }
    }

    private func shelves(_ request: ListRequest?) throws -> [Shelf] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM shelf WHERE sagas > 0 ORDER BY shelf DESC")
        var shelves = rows.map { row in
            Shelf(
                number: row["shelf"],
                started: (row["started_from"] as Int64)...(row["started_to"] as Int64),
                ended: (row["ended_from"] as Int64)...(row["ended_to"] as Int64))
        }.filter { $0.started.overlaps(filter.started) && $0.ended.overlaps(filter.ended) }
        if let request {
            if let cursor = request.cursor {
                shelves.removeAll {
                    request.isOldestFirst
                        ? $0.number < cursor.shelf : $0.number > cursor.shelf
                }
            }
            if request.isOldestFirst { shelves.reverse() }
        }
        return shelves
    }

    /// The sagas on a shelf that have all that the filter names, but for times.
    ///
    /// - Parameter readsStates: whether states are looked at again where rows are read; if there
    ///   are few of these, nothing else looks at them.
    private func candidates(
        on shelf: Shelf, _ looked: inout Int, readsStates: Bool
    ) throws -> PlaceList {
        var found: PlaceList?
        let terms = filter.terms
        for (index, alternatives) in terms.enumerated() {
            if readsStates, filter.takesCompleted, index == terms.count - 1, let found,
                found.places.count <= Self.rowsForStates
            {
                return found
            }
            var list = PlaceList()
            let blocks = found.flatMap { Self.blocks(of: $0, on: shelf) }
            for term in alternatives {
                list = list.union(try places(of: term, on: shelf, in: blocks))
            }
            looked += list.places.count
            found = found.map { $0.intersection(list) } ?? list
            if found?.places.isEmpty == true { break }
        }
        return found ?? PlaceList()
    }

    /// The blocks that places are in; nil if they are many.
    private static func blocks(of found: PlaceList, on shelf: Shelf) -> [Int64]? {
        var blocks: [Int64] = []
        for place in found.places {
            let block = shelf.start(place).block
            if blocks.last == block { continue }
            if blocks.count == blocksAlone { return nil }
            blocks.append(block)
        }
        return blocks
    }

    /// The places of a term.
    ///
    /// - Parameter blocks: only those in these blocks; nil for all.
    private func places(
        of term: String, on shelf: Shelf, in blocks: [Int64]?
    ) throws -> PlaceList {
        if let blocks { return try places(of: term, on: shelf, blocks) }
        let statement = try db.cachedStatement(
            sql: "SELECT block, places FROM posting WHERE shelf = ? AND term = ? ORDER BY block")
        var list = PlaceList()
        let rows = try Row.fetchCursor(statement, arguments: [shelf.number, term])
        while let row = try rows.next() { list.append(block: row[0], row[1]) }
        return list
    }

    private func places(
        of term: String, on shelf: Shelf, _ blocks: [Int64]
    ) throws -> PlaceList {
        let statement = try db.cachedStatement(
            sql: "SELECT places FROM posting WHERE shelf = ? AND term = ? AND block = ?")
        var list = PlaceList()
        for block in blocks {
            let row = try Row.fetchOne(statement, arguments: [shelf.number, term, block])
            if let row { list.append(block: block, row[0]) }
        }
        return list
    }

    /// Cuts off what started before or after the time that is wanted: sagas start in the order of
    /// their start records.
    private func narrow(_ found: inout PlaceList, on shelf: Shelf) throws {
        guard !filter.started.contains(shelf.started) else { return }
        let places = found.places
        let first = try filter.started.from.map {
            try firstIndex(of: places, on: shelf, notBefore: $0, unlessGone: true)
        }
        let end = try filter.started.to.map {
            try firstIndex(of: places, on: shelf, notBefore: $0, unlessGone: false)
        }
        let range = (first ?? 0)..<max(first ?? 0, end ?? places.count)
        found = PlaceList(sorted: Array(places[range]))
    }

    /// The first place of a saga that started at a moment or later.
    ///
    /// - Parameter isLate: what a place counts as whose saga is deleted: it may then be found too
    ///   early or too late, but never so that one is cut off that is wanted.
    private func firstIndex(
        of places: [UInt32], on shelf: Shelf, notBefore instant: Instant, unlessGone isLate: Bool
    ) throws -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            let row = try row(at: shelf.start(places[middle]))
            if row.map({ $0.startedAt >= instant }) ?? isLate {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }

    private func takes(_ row: SagaRow) -> Bool {
        (filter.states.isEmpty || filter.states.contains(row.state))
            && filter.started.contains(row.startedAt)
            && (row.endedAt.map(filter.ended.contains) ?? false)
    }

    private func row(at start: JournalPosition) throws -> SagaRow? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT id, definition, version, key, state, started, ended FROM saga
                WHERE start = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [start.stored]),
            let id = SagaID(stored: row[0] as Data), let state = SagaState(stored: row[4])
        else { return nil }
        let ended = Instant(microseconds: row[6])
        return SagaRow(
            id: id, definition: row[1], version: UInt32(truncatingIfNeeded: row[2] as Int64),
            key: row[3] ?? "", state: state, attention: [], step: "",
            startedAt: Instant(microseconds: row[5]), endedAt: ended, stateSince: ended,
            start: start)
    }

    // MARK: - Counts

    func counts(by group: SagaGroup, committed: JournalPosition) throws -> ArchivedCounts {
        var counts = ArchivedCounts(counts: [:], total: 0, committed: committed)
        guard filter.takesEnded else { return counts }
        let prefix = SearchTerm.prefix(of: group, filter.namespace)
        for shelf in try shelves(nil) {
            var places = 0
            var found = try candidates(on: shelf, &places, readsStates: false)
            try narrow(&found, on: shelf)
            if !filter.ended.contains(shelf.ended) {
                found = PlaceList(
                    sorted: try found.places.filter { place in
                        try row(at: shelf.start(place)).map(takes) ?? false
                    })
            }
            try count(found, on: shelf, prefix, into: &counts)
        }
        return counts
    }

    private func count(
        _ found: PlaceList, on shelf: Shelf, _ prefix: String, into counts: inout ArchivedCounts
    ) throws {
        guard !found.places.isEmpty else { return }
        counts.total += UInt64(found.places.count)
        var isWanted = [Bool](repeating: false, count: 1 << 20)
        var isGrouped = isWanted
        for place in found.places { isWanted[Int(place)] = true }
        // Terms of a group end with what is behind the prefix; U+0020 comes behind its last U+001F.
        let end = prefix.dropLast() + " "
        let statement = try db.cachedStatement(
            sql: """
                SELECT term, block, places FROM posting
                WHERE shelf = ? AND term >= ? AND term < ?
                """)
        let rows = try Row.fetchCursor(
            statement, arguments: [shelf.number, prefix, String(end)])
        var grouped = 0
        while let row = try rows.next() {
            var list = PlaceList()
            list.append(block: row[1], row[2])
            var count: UInt64 = 0
            for place in list.places where isWanted[Int(place)] {
                count += 1
                if !isGrouped[Int(place)] {
                    isGrouped[Int(place)] = true
                    grouped += 1
                }
            }
            guard count > 0 else { continue }
            let value = String((row[0] as String).dropFirst(prefix.count))
            counts.counts[value, default: 0] += count
        }
        let rest = found.places.count - grouped
        if rest > 0 { counts.counts["", default: 0] += UInt64(rest) }
    }
}

extension ClosedRange<Int64> {
    fileprivate func overlaps(_ range: InstantRange) -> Bool {
        (range.from.map { $0.microseconds <= upperBound } ?? true)
            && (range.to.map { $0.microseconds > lowerBound } ?? true)
    }
}

extension InstantRange {
    /// Whether all of these moments are in it.
    fileprivate func contains(_ all: ClosedRange<Int64>) -> Bool {
        contains(Instant(microseconds: all.lowerBound))
            && contains(Instant(microseconds: all.upperBound))
    }
}
