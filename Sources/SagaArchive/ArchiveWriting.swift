internal import GRDB
internal import SagaCompression
internal import SagaCoordinator
internal import SagaModel

/// Takes a batch into the tables, within one transaction.
struct ArchiveWriting: ~Copyable {
    /// Records of several sagas are compressed together: those of one definition are alike.
    private static let chunkBytes = 64 << 10

    private let db: Database
    private var compressor: Compressor
    private var postings: [PostingKey: [UInt16]] = [:]
    private var shelves: [Int64: ShelfRange] = [:]
    private var chunk: [UInt8] = []
    private var chunkFamilies = 0
    private var chunkID: Int64
    private var sagas = 0

    private struct PostingKey: Hashable {
        let shelf: Int64
        let term: String
        let block: Int64
    }

    private struct ShelfRange {
        var sagas = 0
        var started: ClosedRange<Int64>
        var ended: ClosedRange<Int64>
    }

    /// Writes a batch.
    static func write(_ batch: ArchiveBatch, in db: Database) throws {
        var writing = try ArchiveWriting(db)
        try writing.write(batch)
    }

    private init(_ db: Database) throws {
        let chunks = try Int64.fetchOne(db, sql: "SELECT max(id) FROM chunk")
        let compressor = try Compressor(.deflate, level: 1)
        self.db = db
        self.compressor = compressor
        chunkID = (chunks ?? 0) + 1
    }

    private mutating func write(_ batch: ArchiveBatch) throws {
        try keepDefinitions(batch)
        for family in batch.families { try add(family) }
        try endChunk()
        try settle(batch)
        try addPostings()
        try addShelves()
        for (old, new) in batch.replacements {
            let update = try db.cachedStatement(sql: "UPDATE saga SET replaced_by = ? WHERE id = ?")
            try update.execute(arguments: [new.stored, old.stored])
        }
        let update = try db.cachedStatement(
            sql: """
                UPDATE archive SET committed = ?, freeable = ?, epoch = ?, sagas = sagas + ?,
                    missed = missed + ?, is_clean = 0
                """)
        try update.execute(arguments: [
            batch.committed.stored, batch.freeable.stored,
            Int64(bitPattern: batch.epoch.rawValue), sagas, Int64(clamping: batch.missed),
        ])
    }

    private func keepDefinitions(_ batch: ArchiveBatch) throws {
        for (position, record) in batch.definitions {
            let insert = try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO definition (position, record) VALUES (?, ?)")
            try insert.execute(arguments: [position.stored, record.data])
        }
    }

    // MARK: - Sagas

    private mutating func add(_ family: ArchivedFamily) throws {
        guard let root = family.sagas.first else { return }
        if chunk.count + family.records.count > Self.chunkBytes { try endChunk() }
        let place = chunk.count
        let insert = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO saga (
                    start, root, id, namespace, definition, version, key, state, started, ended,
                    expires, chunk, place, length
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let expires = family.retention.map { (root.endedAt + $0).microseconds }
        var isNew = false
        for saga in family.sagas {
            try insert.execute(arguments: [
                saga.start.stored, root.start.stored, saga.id.stored, saga.namespace,
                saga.definition, Int64(saga.version), saga.key.isEmpty ? nil : saga.key,
                saga.state.label, saga.startedAt.microseconds, saga.endedAt.microseconds, expires,
                chunkID, place, family.records.count,
            ])
            guard db.changesCount == 1 else { continue }
            isNew = true
            index(saga)
        }
        guard isNew else { return }
        chunk += family.records
        chunkFamilies += 1
    }

    private mutating func index(_ saga: ArchivedSaga) {
        sagas += 1
        let (started, ended) = (saga.startedAt.microseconds, saga.endedAt.microseconds)
        let shelf = saga.start.shelf
        var range =
            shelves[shelf] ?? ShelfRange(started: started...started, ended: ended...ended)
        range.sagas += 1
        range.started =
            min(range.started.lowerBound, started)...max(range.started.upperBound, started)
        range.ended = min(range.ended.lowerBound, ended)...max(range.ended.upperBound, ended)
        shelves[shelf] = range
        for term in saga.terms {
            postings[
                PostingKey(shelf: shelf, term: term, block: saga.start.block), default: []
            ].append(saga.start.place)
        }
    }

    private mutating func endChunk() throws {
        guard chunkFamilies > 0 else {
            chunk.removeAll(keepingCapacity: true)
            return
        }
        let insert = try db.cachedStatement(
            sql: "INSERT INTO chunk (id, families, size, records) VALUES (?, ?, ?, ?)")
        let raw = chunk
        let compressed = compressor.compress(raw.span).data
        try insert.execute(arguments: [chunkID, chunkFamilies, raw.count, compressed])
        chunkID += 1
        chunkFamilies = 0
        chunk.removeAll(keepingCapacity: true)
    }

    // MARK: - Index

    private func addPostings() throws {
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO posting (shelf, term, block, places) VALUES (?, ?, ?, ?)
                ON CONFLICT (shelf, term, block)
                DO UPDATE SET places = CAST(places || excluded.places AS BLOB)
                """)
        // In the order of the table, so that neighbours are written to the same page.
        let keys = postings.keys.sorted {
            ($0.shelf, $0.term, $0.block) < ($1.shelf, $1.term, $1.block)
        }
        for key in keys {
            let places = PlaceList.stored(postings[key] ?? [])
            try insert.execute(arguments: [key.shelf, key.term, key.block, places.data])
        }
    }

    private func addShelves() throws {
        let insert = try db.cachedStatement(
            sql: """
                INSERT INTO shelf (shelf, sagas, started_from, started_to, ended_from, ended_to)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (shelf) DO UPDATE SET
                    sagas = sagas + excluded.sagas,
                    started_from = min(started_from, excluded.started_from),
                    started_to = max(started_to, excluded.started_to),
                    ended_from = min(ended_from, excluded.ended_from),
                    ended_to = max(ended_to, excluded.ended_to)
                """)
        for (shelf, range) in shelves {
            try insert.execute(arguments: [
                shelf, range.sagas, range.started.lowerBound, range.started.upperBound,
                range.ended.lowerBound, range.ended.upperBound,
            ])
        }
    }

    // MARK: - Sagas that have not ended

    private func settle(_ batch: ArchiveBatch) throws {
        let keepsSome = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM waiting_member)")
        if keepsSome == true {
            for family in batch.families {
                guard let root = family.sagas.first?.start.stored else { continue }
                for table in ["waiting_member", "waiting_piece"] {
                    let delete = try db.cachedStatement(
                        sql: "DELETE FROM \(table) WHERE root = ?")
                    try delete.execute(arguments: [root])
                }
            }
        }
        let addMember = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO waiting_member (start, root) VALUES (?, ?)")
        let addPiece = try db.cachedStatement(
            sql: "INSERT INTO waiting_piece (root, records) VALUES (?, ?)")
        for waiting in batch.waiting {
            for member in waiting.members {
                try addMember.execute(arguments: [member.stored, waiting.root.stored])
            }
            for piece in waiting.pieces {
                try addPiece.execute(arguments: [waiting.root.stored, piece.data])
            }
        }
    }
}
