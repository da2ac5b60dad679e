"""The participant rule on SQLite: each action and each undo takes effect at most once.

Check, business change, key and stored answer are one transaction. A row of `saga_task` is

- `done`, with the answer, which later attempts get without running again;
- `barred` by an attempt that answered a business *no*: only a newer attempt passes;
- a `tombstone`, left by an undo that found nothing to undo: no attempt passes.
"""

import contextlib
import sqlite3

from participant import BusinessNo, Fenced

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS saga_task (
    key TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('done', 'barred', 'tombstone')),
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    lineage TEXT NOT NULL,
    start_position INTEGER NOT NULL,
    answer BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS saga_task_start ON saga_task (lineage, start_position);
CREATE TABLE IF NOT EXISTS saga_ended (
    lineage TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    still_live TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Store:
    """The rows of all keys, in the database that holds the business data."""

    def __init__(self, path, schema=""):
        self.path = path
        with contextlib.closing(self._connect()) as database:
            database.executescript(SCHEMA + schema)

    def perform(self, context, change):
        """Runs `change(database)` once, and gives its answer, stored or new.

        A `BusinessNo` rolls the change back and is remembered: an older attempt that is still on
        its way can then do nothing any more.
        """
        with self._transaction(context) as database:
            row = self._find(database, context.key)
            if row is not None:
                state, token, answer = row
                if state == "done":
                    return answer
                if state == "tombstone":
                    raise Fenced("the step was undone before this attempt took effect")
                if context.token <= token:
                    raise Fenced("a newer attempt has answered")
            database.execute("SAVEPOINT business")
            try:
                answer = change(database)
            except BusinessNo as no:
                database.execute("ROLLBACK TO business")
                self._put(database, context.key, "barred", context)
                refusal = no
            else:
                self._put(database, context.key, "done", context, answer)
                return answer
        raise refusal

    def undo(self, context, change):
        """Runs `change(database, answer)` once if the action took effect here; else bars it."""
        action_key = context.task.undo.action_idempotency_key
        with self._transaction(context) as database:
            if self._find(database, context.key) is not None:
                return
            action = self._find(database, action_key)
            if action is not None and action[0] == "done":
                change(database, action[2])
            else:
                self._put(database, action_key, "tombstone", context)
            self._put(database, context.key, "done", context)

    def ended_below(self, lineage, ended):
        """Drops the rows of sagas that can ask no more. Never by age: nothing else is safe."""
        live = sorted(ended.still_live)
        with contextlib.closing(self._connect()) as database, database:
            database.execute("BEGIN IMMEDIATE")
            known, _ = self._ended(database, lineage)
            if ended.position <= known:
                return
            database.execute(
                "INSERT OR REPLACE INTO saga_ended VALUES (?, ?, ?)",
                (lineage, ended.position, ",".join(map(str, live))),
            )
            database.execute(
                "DELETE FROM saga_task WHERE lineage = ? AND start_position < ?"
                f" AND start_position NOT IN ({','.join(map(str, live))})",
                (lineage, ended.position),
            )

    def _connect(self):
        return sqlite3.connect(self.path, isolation_level=None, timeout=30)

    @contextlib.contextmanager
    def _transaction(self, context):
        with contextlib.closing(self._connect()) as database:
            # The write lock from the first statement on: what is checked stays true.
            database.execute("BEGIN IMMEDIATE")
            try:
                position, live = self._ended(database, context.lineage)
                start = context.task.start_position
                if start < position and start not in live:
                    raise Fenced("the saga has ended")
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @staticmethod
    def _ended(database, lineage):
        row = database.execute(
            "SELECT position, still_live FROM saga_ended WHERE lineage = ?", (lineage,)
        ).fetchone()
        return (row[0], {int(live) for live in row[1].split(",") if live}) if row else (0, set())

    @staticmethod
    def _find(database, key):
        row = database.execute(
            "SELECT state, epoch, number, answer FROM saga_task WHERE key = ?", (key,)
        ).fetchone()
        return row and (row[0], (int(row[1]), row[2]), row[3])

    @staticmethod
    def _put(database, key, state, context, answer=None):
        epoch, number = context.token
        database.execute(
            "INSERT OR REPLACE INTO saga_task VALUES (?, ?, ?, ?, ?, ?, ?)",
            # An epoch has 64 bits without a sign, more than SQLite's integers.
            (key, state, str(epoch), number, context.lineage, context.task.start_position, answer),
        )
