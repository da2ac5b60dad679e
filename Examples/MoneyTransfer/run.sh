#!/usr/bin/env bash
# Runs the bank on a coordinator of its own, and checks every balance.
#
#   Examples/MoneyTransfer/run.sh            the release build, built if it is not current
#   Examples/MoneyTransfer/run.sh --debug    what `swift build` has built; builds nothing
#
# Exits 0 only if every transfer ended as it should. Safe to run twice at once.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
complain() { printf 'Examples/MoneyTransfer/run.sh: %s\n' "$*" >&2; }

case ${1:-} in
'')
    readonly bin=$root/.build-release/release
    for product in sagad money-transfer; do
        swift build --package-path "$root" --scratch-path "$root/.build-release" \
            --configuration release --product "$product"
    done
    ;;
--debug) readonly bin=$root/.build/debug ;;
*)
    complain "the only flag is --debug, not $1"
    exit 64
    ;;
esac

work=$(mktemp -d "${TMPDIR:-/tmp}/saga-transfer.XXXXXX")
readonly work
sagad=

leave() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    if [[ -n $sagad ]]; then
        kill "$sagad" 2>/dev/null || true
        wait "$sagad" 2>/dev/null || true
    fi
    rm -rf "$work"
    exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

fail() {
    complain "$*"
    tail -n 20 "$work"/*.log >&2
    exit 1
}

# The directory lives as long as this script, so it may be on a file system that forgets.
mkdir -m 700 "$work/data"
"$bin/sagad" --data-dir "$work/data" --listen 127.0.0.1:0 --ready-file "$work/ready.json" \
    --allow-volatile 2>"$work/sagad.log" &
sagad=$!
until=$((SECONDS + 30))
while [[ ! -e $work/ready.json ]]; do
    [[ -n $(jobs -rp) ]] || fail 'sagad has ended'
    ((SECONDS < until)) || fail 'sagad does not serve'
    sleep 0.02
done
address=$(sed -n 's/.*"listen": *\["\([^"]*\)".*/\1/p' "$work/ready.json")

cat >"$work/expected" <<'END'
    Alice 1000  Bob 500  Charlie 750   sum 2250
150 from Alice to Bob: done
    Alice 850  Bob 650  Charlie 750   sum 2250
1000 from Bob to Charlie: Insufficient funds: 650 < 1000
    Alice 850  Bob 650  Charlie 750   sum 2250
200 from Charlie to Dave: No account: Dave; debit undone
    Alice 850  Bob 650  Charlie 750   sum 2250
END
"$bin/money-transfer" --coordinator "$address" --database "$work/bank.sqlite" 2>"$work/bank.log" |
    tee "$work/shown" || fail 'money-transfer failed'
diff "$work/expected" "$work/shown" >&2 || fail 'that is not what should have happened (< expected)'
