#!/usr/bin/env bash
# Runs the bank on a coordinator of its own, and checks every balance.
#
#   Examples/MoneyTransfer/run.sh            the release build, built if it is not current
#   Examples/MoneyTransfer/run.sh --debug    what `swift build` has built; builds nothing
#
# Exits 0 only if every transfer ended as it should. Safe to run twice at once.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare MoneyTransfer money-transfer "${1:-}"
serve

cat >"$work/expected" <<'END'
    Alice 1000  Bob 500  Charlie 750   sum 2250
150 from Alice to Bob: done
    Alice 850  Bob 650  Charlie 750   sum 2250
1000 from Bob to Charlie: Insufficient funds: 650 < 1000
    Alice 850  Bob 650  Charlie 750   sum 2250
200 from Charlie to Dave: No account: Dave; debit undone
    Alice 850  Bob 650  Charlie 750   sum 2250
batch 100 from Alice to Bob, 50 from Bob to Charlie, 200 from Charlie to Alice: done
    Alice 950  Bob 700  Charlie 600   sum 2250
batch 300 from Alice to Bob, 1000 from Charlie to Bob, 100 from Bob to Alice: Insufficient funds: 600 < 1000; transfer-1 undone
    Alice 950  Bob 700  Charlie 600   sum 2250
END
"$bin/money-transfer" --coordinator "$address" --database "$work/bank.sqlite" 2>"$work/bank.log" |
    tee "$work/shown" || fail 'money-transfer failed'
diff "$work/expected" "$work/shown" >&2 || fail 'that is not what should have happened (< expected)'
