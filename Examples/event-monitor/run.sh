#!/usr/bin/env bash
# Watches transfers on a coordinator of its own, and checks that every event is seen once.
#
#   Examples/event-monitor/run.sh            the release build, built if it is not current
#   Examples/event-monitor/run.sh --debug    what `swift build` has built; builds nothing
#
# Exits 0 only if all of it was seen. Safe to run twice at once.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare event-monitor 'event-monitor money-transfer sagactl' "${1:-}"

sagactl() { timeout 60 "$bin/sagactl" --address "$address" "$@" >>"$work/sagactl.log" 2>&1; }

# monitor NAME FLAG..: starts one whose lines and bookmark are files of that name.
monitor() {
    "$bin/event-monitor" --coordinator "$address" --bookmark "$work/$1.bookmark" "${@:2}" \
        >>"$work/$1.shown" 2>>"$work/$1.log" &
    monitor=$!
    others+=("$monitor")
}

# until_shown NAME TEXT: waits until it has shown a line with that in it, and keeps its place.
until_shown() {
    local until=$((SECONDS + 60))
    until grep -q "$2" "$work/$1.shown" && sleep 0.05 &&
        [[ ! $work/$1.shown -nt $work/$1.bookmark ]]; do
        kill -0 "$monitor" 2>/dev/null || fail "monitor $1 has ended"
        ((SECONDS < until)) || fail "monitor $1 does not show $2"
        sleep 0.05
    done
}

# put_off KEY: starts a transfer that nobody serves, and cancels it.
put_off() {
    sagactl start transfer --key "$1" --input "$work/transfer.json" || fail "$1 is not started"
    sagactl cancel "transfer/$1" --reason 'bank closed' --as me || fail "$1 is not cancelled"
}

printf '{"from": "Alice", "to": "Bob", "amount": 1}\n' >"$work/transfer.json"
serve
monitor transfers --definition transfer
timeout 60 "$bin/money-transfer" --coordinator "$address" --database "$work/bank.sqlite" \
    >"$work/bank.log" 2>&1 || fail 'money-transfer failed'
until_shown transfers 'T-3  saga-compensated'

# sagad is killed: the monitor goes on by itself.
crash
serve
put_off T-4
until_shown transfers 'T-4  saga-compensated'

# The monitor is killed: it goes on where it was.
{ kill -KILL "$monitor" && wait "$monitor"; } 2>/dev/null || true
put_off T-5
monitor transfers --definition transfer
until_shown transfers 'T-5  saga-compensated'

# Another one is told of what went wrong alone, from the first event on.
monitor problems --definition transfer --problems
until_shown problems 'T-5  saga-compensating'

# Times differ, and so do the names of the sagas that batches made.
named() { sed -E 's/^[^ ]+  //; /[0-9a-f]{8}-[0-9a-f]{4}-/d' "$work/$1.shown"; }
cat >"$work/transfers.expected" <<'END'
transfer/T-1  saga-started
transfer/T-1  step-started  debit
transfer/T-1  step-succeeded  debit  bank/1
transfer/T-1  step-started  credit
transfer/T-1  step-succeeded  credit  bank/1
transfer/T-1  saga-completed
transfer/T-2  saga-started
transfer/T-2  step-started  debit
transfer/T-2  step-failed  debit  bank/1  insufficient-funds "Insufficient funds: 650 < 1000"
transfer/T-2  saga-compensating  debit  insufficient-funds "Insufficient funds: 650 < 1000"
transfer/T-2  saga-compensated
transfer/T-3  saga-started
transfer/T-3  step-started  debit
transfer/T-3  step-succeeded  debit  bank/1
transfer/T-3  step-started  credit
transfer/T-3  step-failed  credit  bank/1  no-account "No account: Dave"
transfer/T-3  saga-compensating  credit  no-account "No account: Dave"
transfer/T-3  compensation-started  debit
transfer/T-3  compensation-succeeded  debit  bank/1
transfer/T-3  saga-compensated
transfer/T-4  saga-started
transfer/T-4  step-started  debit
transfer/T-4  verb-given  cancel by me: bank closed
transfer/T-4  saga-compensating  cancelled "bank closed"
transfer/T-4  saga-compensated
transfer/T-5  saga-started
transfer/T-5  step-started  debit
transfer/T-5  verb-given  cancel by me: bank closed
transfer/T-5  saga-compensating  cancelled "bank closed"
transfer/T-5  saga-compensated
END
cat >"$work/problems.expected" <<'END'
transfer/T-2  step-failed  debit  bank/1  insufficient-funds "Insufficient funds: 650 < 1000"
transfer/T-2  saga-compensating  debit  insufficient-funds "Insufficient funds: 650 < 1000"
transfer/T-3  step-failed  credit  bank/1  no-account "No account: Dave"
transfer/T-3  saga-compensating  credit  no-account "No account: Dave"
transfer/T-4  saga-compensating  cancelled "bank closed"
transfer/T-5  saga-compensating  cancelled "bank closed"
END
for one in transfers problems; do
    named "$one" | tee "$work/named"
    diff "$work/$one.expected" "$work/named" >&2 ||
        fail 'that is not what should have been seen (< expected)'
done
