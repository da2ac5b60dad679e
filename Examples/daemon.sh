# Sourced by the run.sh of an example: a coordinator of its own, gone when the script ends.
#
#   prepare NAME PRODUCTS [--debug]   builds what is not current, and makes $work; with --debug it
#                                     builds nothing
#   serve                             starts sagad, and sets $address once it serves; after `crash`
#                                     it serves at the same address again
#   crash                             kills sagad (SIGKILL)
#   fail WHAT                         says so, shows the logs, and ends
#
# What else a script starts it adds to `others`: that ends with the script, before sagad.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
sagad=
others=()
address=127.0.0.1:0

prepare() {
    readonly example=$1 products=$2
    case ${3:-} in
    '')
        bin=$root/.build-release/release
        local needed
        for needed in sagad $products; do
            swift build --package-path "$root" --scratch-path "$root/.build-release" \
                --configuration release --product "$needed"
        done
        ;;
    --debug) bin=$root/.build/debug ;;
    *)
        complain "the only flag is --debug, not $3"
        exit 64
        ;;
    esac
    readonly bin
    work=$(mktemp -d "${TMPDIR:-/tmp}/saga-$example.XXXXXX")
    readonly work
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

complain() { printf 'Examples/%s/run.sh: %s\n' "$example" "$*" >&2; }

leave() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    local process
    for process in "${others[@]}" $sagad; do
        kill "$process" 2>/dev/null || true
        # One that is stopped ends only once it goes on.
        kill -CONT "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
    exit "$status"
}

fail() {
    complain "$*"
    tail -n 20 "$work"/*.log >&2
    exit 1
}

serve() {
    # The directory lives as long as this script, so it may be on a file system that forgets.
    [[ -d $work/data ]] || mkdir -m 700 "$work/data"
    rm -f "$work/ready.json"
    "$bin/sagad" --data-dir "$work/data" --listen "$address" --metrics-listen none \
        --ready-file "$work/ready.json" --allow-volatile 2>>"$work/sagad.log" &
    sagad=$!
    # A new journal is 64 MiB, written and synced before it is used: a busy disk takes its time.
    local until=$((SECONDS + 120))
    while [[ ! -e $work/ready.json ]]; do
        kill -0 "$sagad" 2>/dev/null || fail 'sagad has ended'
        ((SECONDS < until)) || fail 'sagad does not serve'
        sleep 0.02
    done
    address=$(sed -n 's/.*"listen": *\["\([^"]*\)".*/\1/p' "$work/ready.json")
}

crash() {
    { kill -KILL "$sagad" && wait "$sagad"; } 2>/dev/null || true
    sagad=
}
