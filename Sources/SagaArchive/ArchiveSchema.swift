internal import GRDB

/// The tables of an archive's file, and how they are told from those of anything else.
///
/// Positions of the journal are 64 bits without a sign; as SQLite has only numbers with one, they
/// are stored by their bits, and never compared by SQLite. What is ordered by them stands in
/// `posting`, where a start is cut in three: `shelf` its upper bits, `block` those above the last
/// twelve, and the last twelve in the list `places`.
enum ArchiveSchema {
    /// "SGAR" in ASCII.
    static let applicationID = 0x5347_4152
    /// Grows with each change that an older release cannot read.
    static let version = 1

    static let statements = """
        CREATE TABLE archive (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            lineage BLOB NOT NULL,
            committed INTEGER NOT NULL,
            freeable INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            sagas INTEGER NOT NULL,
            missed INTEGER NOT NULL,
            set_aside TEXT NOT NULL,
            is_clean INTEGER NOT NULL
        );
        CREATE TABLE definition (position INTEGER PRIMARY KEY, record BLOB NOT NULL);
        CREATE TABLE waiting_member (start INTEGER PRIMARY KEY, root INTEGER NOT NULL);
        CREATE INDEX waiting_family ON waiting_member (root);
        CREATE TABLE waiting_piece (
            id INTEGER PRIMARY KEY, root INTEGER NOT NULL, records BLOB NOT NULL
        );
        CREATE INDEX waiting_pieces ON waiting_piece (root);
        CREATE TABLE chunk (
            id INTEGER PRIMARY KEY, families INTEGER NOT NULL, size INTEGER NOT NULL,
            records BLOB NOT NULL
        );
        CREATE TABLE saga (
            start INTEGER PRIMARY KEY,
            root INTEGER NOT NULL,
            id BLOB NOT NULL,
            namespace TEXT NOT NULL,
            definition TEXT NOT NULL,
            version INTEGER NOT NULL,
            key TEXT,
            state TEXT NOT NULL,
            started INTEGER NOT NULL,
            ended INTEGER NOT NULL,
            expires INTEGER,
            chunk INTEGER NOT NULL,
            place INTEGER NOT NULL,
            length INTEGER NOT NULL,
            replaced_by BLOB
        );
        CREATE UNIQUE INDEX saga_id ON saga (id);
        CREATE INDEX saga_family ON saga (root) WHERE root <> start;
        CREATE INDEX saga_kept ON saga (ended) WHERE expires IS NULL AND root = start;
        CREATE INDEX saga_due ON saga (expires, ended) WHERE expires IS NOT NULL AND root = start;
        CREATE TABLE shelf (
            shelf INTEGER PRIMARY KEY,
            sagas INTEGER NOT NULL,
            started_from INTEGER NOT NULL,
            started_to INTEGER NOT NULL,
            ended_from INTEGER NOT NULL,
            ended_to INTEGER NOT NULL
        );
        CREATE TABLE posting (
            shelf INTEGER NOT NULL, term TEXT NOT NULL, block INTEGER NOT NULL,
            places BLOB NOT NULL,
            PRIMARY KEY (shelf, term, block)
        ) WITHOUT ROWID;
        """

    /// Makes the tables of an empty file.
    static func create(in db: Database, lineage: [UInt8], setAside: String) throws {
        try db.execute(sql: statements)
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(version)")
        try db.execute(
            sql: """
                INSERT INTO archive (
                    id, lineage, committed, freeable, epoch, sagas, missed, set_aside, is_clean
                ) VALUES (1, ?, 0, 0, 0, 0, 0, ?, 1)
                """, arguments: [lineage.data, setAside])
    }
}
