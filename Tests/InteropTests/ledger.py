"""A participant's own database: each effect at most once, however often its task is handed out.

The rows `actions` are what the coordinator's documentation calls row A, `compensations` row C. Both
are read and written in the transaction that commits the business change.
"""

import sqlite3
import threading
import time


class BusinessNo(Exception):
    """The handler's word that it says no and left no effect."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


class Fenced(Exception):
    """The attempt comes too late: a newer one, or the undo, has been at work already."""


class Ledger:
    """One SQLite file. `effects` has a row for each effect, with when it happened."""

    def __init__(self, path):
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=30
        )
        # A killed process loses nothing that it wrote; only a power cut would.
        self._database.executescript(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS actions (
                key TEXT PRIMARY KEY, state TEXT, epoch TEXT, number INTEGER, output BLOB);
            CREATE TABLE IF NOT EXISTS compensations (key TEXT PRIMARY KEY);
            CREATE TABLE IF NOT EXISTS effects (
                saga TEXT, step TEXT, direction TEXT, at INTEGER);
            CREATE TABLE IF NOT EXISTS amounts (name TEXT PRIMARY KEY, value INTEGER);
            """
        )

    def close(self):
        self._database.close()

    def perform(self, key, token, saga, step, change, before_commit=lambda: None):
        """Runs `change` and gives its output, or gives the output of the run before.

        A business no is given too, not raised: it is an answer, committed without the change.
        `token` is (epoch, number).
        """
        with self._lock, _Transaction(self._database) as database:
            row = database.execute(
                "SELECT state, epoch, number, output FROM actions WHERE key = ?", (key,)
            ).fetchone()
            if row is not None:
                state, epoch, number, output = row
                if state == "done":
                    return output
                if state == "tombstone":
                    raise Fenced("the undo has been at work already")
                if token <= (int(epoch), number):
                    raise Fenced("a newer attempt has been at work already")
            database.execute("SAVEPOINT business")
            try:
                output = change(database)
            except BusinessNo as no:
                database.execute("ROLLBACK TO business")
                self._put(database, key, "barred", token, None)
                return no
            self._put(database, key, "done", token, output)
            self._note(database, saga, step, "action")
            before_commit()
            return output

    def undo(self, action_key, key, saga, step, change):
        """Runs `change` with the action's output if that took effect here and is not undone."""
        with self._lock, _Transaction(self._database) as database:
            row = database.execute(
                "SELECT state, output FROM actions WHERE key = ?", (action_key,)
            ).fetchone()
            if row is None or row[0] == "barred":
                self._put(database, action_key, "tombstone", (0, 0), None)
                return
            if row[0] == "tombstone":
                return
            fresh = database.execute(
                "INSERT OR IGNORE INTO compensations VALUES (?)", (key,)
            ).rowcount
            if fresh:
                change(database, row[1])
                self._note(database, saga, step, "undo")

    def effects(self):
        """All effects: (saga, step, direction, nanoseconds of the machine's clock)."""
        with self._lock:
            return self._database.execute(
                "SELECT saga, step, direction, at FROM effects ORDER BY at"
            ).fetchall()

    def amount(self, name):
        with self._lock:
            return amount(self._database, name)

    def set_amount(self, name, value):
        """Gives an amount its first value; one that is there is left alone."""
        with self._lock:
            self._database.execute("INSERT OR IGNORE INTO amounts VALUES (?, ?)", (name, value))

    @staticmethod
    def _put(database, key, state, token, output):
        # SQLite's integers have 63 bits.
        database.execute(
            "INSERT OR REPLACE INTO actions VALUES (?, ?, ?, ?, ?)",
            (key, state, str(token[0]), token[1], output),
        )

    @staticmethod
    def _note(database, saga, step, direction):
        database.execute(
            "INSERT INTO effects VALUES (?, ?, ?, ?)", (saga, step, direction, time.monotonic_ns())
        )


def amount(database, name):
    row = database.execute("SELECT value FROM amounts WHERE name = ?", (name,)).fetchone()
    return row[0] if row else 0


def add(database, name, change):
    database.execute("UPDATE amounts SET value = value + ? WHERE name = ?", (change, name))


class _Transaction:
    def __init__(self, database):
        self._database = database

    def __enter__(self):
        self._database.execute("BEGIN IMMEDIATE")
        return self._database

    def __exit__(self, kind, error, trace):
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")
