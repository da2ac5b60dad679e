package main

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	_ "github.com/mattn/go-sqlite3"

	wire "saga/v1"
)

const schema = `
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
`

// A Store is the participant rule on SQLite: each action and each undo takes effect at most once.
//
// Check, business change, key and stored answer are one transaction, in the database that holds the
// business data. A row of saga_task is
//
//   - done, with the answer, which later attempts get without running again;
//   - barred by an attempt that answered a business "no": only a newer attempt passes;
//   - a tombstone, left by an undo that found nothing to undo: no attempt passes.
type Store struct{ database *sql.DB }

// OpenStore opens the file, and makes what is missing in it.
func OpenStore(path, business string) (*Store, error) {
	// The write lock from the first statement of a transaction on: what is checked stays true. Any
	// number of processes may share the file.
	database, err := sql.Open("sqlite3", "file:"+path+
		"?_txlock=immediate&_busy_timeout=30000&_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		return nil, err
	}
	_, err = database.Exec(schema + business)
	return &Store{database}, err
}

type row struct {
	state  string
	epoch  uint64
	number uint32
	answer []byte
}

// Perform runs the change once, and gives its answer, stored or new.
//
// A BusinessNo rolls the change back and is remembered: an older attempt that is still on its way
// can then do nothing any more.
func (store *Store) Perform(
	attempt *Attempt, change func(*sql.Tx) ([]byte, error),
) (answer []byte, err error) {
	var no *BusinessNo
	err = store.transaction(attempt, func(tx *sql.Tx) error {
		found, err := find(tx, attempt.Key())
		if err != nil {
			return err
		}
		if found != nil {
			token := attempt.Task.Token
			switch {
			case found.state == "done":
				answer = found.answer
				return nil
			case found.state == "tombstone":
				return Fenced("the step was undone before this attempt took effect")
			case token.Epoch < found.epoch,
				token.Epoch == found.epoch && token.Number <= found.number:
				return Fenced("a newer attempt has answered")
			}
		}
		if _, err = tx.Exec("SAVEPOINT business"); err != nil {
			return err
		}
		answer, err = change(tx)
		if errors.As(err, &no) {
			if _, err = tx.Exec("ROLLBACK TO business"); err != nil {
				return err
			}
			return put(tx, attempt.Key(), "barred", attempt, nil)
		}
		if err != nil {
			return err
		}
		return put(tx, attempt.Key(), "done", attempt, answer)
	})
	if err == nil && no != nil {
		err = no
	}
	return answer, err
}

// Undo runs the change once if the action took effect here; else it bars the action.
func (store *Store) Undo(attempt *Attempt, change func(tx *sql.Tx, answer []byte) error) error {
	actionKey := attempt.Task.Undo.ActionIdempotencyKey
	return store.transaction(attempt, func(tx *sql.Tx) error {
		found, err := find(tx, attempt.Key())
		if err != nil || found != nil {
			return err
		}
		action, err := find(tx, actionKey)
		if err != nil {
			return err
		}
		if action != nil && action.state == "done" {
			err = change(tx, action.answer)
		} else {
			err = put(tx, actionKey, "tombstone", attempt, nil)
		}
		if err != nil {
			return err
		}
		return put(tx, attempt.Key(), "done", attempt, nil)
	})
}

// EndedBelow drops the rows of sagas that can ask no more. Never by age: nothing else is safe.
func (store *Store) EndedBelow(lineage string, ended *wire.EndedBelow) error {
	live := make([]string, len(ended.StillLive))
	for index, position := range ended.StillLive {
		live[index] = strconv.FormatUint(position, 10)
	}
	tx, err := store.database.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	known, _, err := endedOf(tx, lineage)
	if err != nil || ended.Position <= known {
		return err
	}
	if _, err = tx.Exec("INSERT OR REPLACE INTO saga_ended VALUES (?, ?, ?)",
		lineage, int64(ended.Position), strings.Join(live, ",")); err != nil {
		return err
	}
	if _, err = tx.Exec(fmt.Sprintf("DELETE FROM saga_task WHERE lineage = ? AND start_position < ?"+
		" AND start_position NOT IN (%s)", strings.Join(live, ",")),
		lineage, int64(ended.Position)); err != nil {
		return err
	}
	return tx.Commit()
}

func (store *Store) transaction(attempt *Attempt, body func(*sql.Tx) error) error {
	tx, err := store.database.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	position, live, err := endedOf(tx, attempt.Lineage)
	if err != nil {
		return err
	}
	if start := attempt.Task.StartPosition; start < position && !live[start] {
		return Fenced("the saga has ended")
	}
	if err = body(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func endedOf(tx *sql.Tx, lineage string) (uint64, map[uint64]bool, error) {
	var position int64
	var text string
	live := map[uint64]bool{}
	err := tx.QueryRow("SELECT position, still_live FROM saga_ended WHERE lineage = ?", lineage).
		Scan(&position, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, live, nil
	}
	for _, number := range strings.Split(text, ",") {
		if start, err := strconv.ParseUint(number, 10, 64); err == nil {
			live[start] = true
		}
	}
	return uint64(position), live, err
}

func find(tx *sql.Tx, key string) (*row, error) {
	var found row
	var epoch string
	err := tx.QueryRow("SELECT state, epoch, number, answer FROM saga_task WHERE key = ?", key).
		Scan(&found.state, &epoch, &found.number, &found.answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		// An epoch has 64 bits without a sign, more than SQLite's integers.
		found.epoch, err = strconv.ParseUint(epoch, 10, 64)
	}
	return &found, err
}

func put(tx *sql.Tx, key, state string, attempt *Attempt, answer []byte) error {
	token := attempt.Task.Token
	_, err := tx.Exec("INSERT OR REPLACE INTO saga_task VALUES (?, ?, ?, ?, ?, ?, ?)",
		key, state, strconv.FormatUint(token.Epoch, 10), token.Number, attempt.Lineage,
		int64(attempt.Task.StartPosition), answer)
	return err
}
