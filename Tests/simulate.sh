#!/usr/bin/env bash
# Runs the coordinator in simulated worlds, in release builds: every promise is kept in all of them,
# and every bug that can be planted is found.
#
#   Tests/simulate.sh           seeds that found something once, new ones, then the planted bugs
#   Tests/simulate.sh seeds     without the planted bugs
#   Tests/simulate.sh bugs      only them
#
# SIMULATION_FIRST is the first new seed (default: another one each time), SIMULATION_SEEDS how many
# there are (default 7000, some 25 million events). Exits 0 when all is well, 1 otherwise, 64 for a
# wrong argument. The build is in .build-simulation; the two kinds of it share what they can.

set -euo pipefail

readonly exit_usage=64

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly scratch=$root/.build-simulation
readonly sagasim=$scratch/release/sagasim

say() { printf '==> %s\n' "$*"; }
complain() { printf 'Tests/simulate.sh: %s\n' "$*" >&2; }
show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

parts=(seeds bugs)
case ${1-} in
    -h | --help)
        show_help
        exit 0
        ;;
    seeds | bugs) parts=("$1") ;;
    '') ;;
    *)
        complain "neither seeds nor bugs: $1"
        exit $exit_usage
        ;;
esac

build() {
    swift build --configuration release --scratch-path "$scratch" --product sagasim
}

logs=$(mktemp -d)
readonly logs
trap 'rm -rf "$logs"' EXIT

# Ends with the first failure of any of the processes.
wait_for_all() {
    local process status=0
    for process in "$@"; do wait "$process" || status=1; done
    return $status
}

# Two processes take half of the seeds each.
run_seeds() {
    local first=$1 half=$(($2 / 2)) processes=()
    "$sagasim" run --regressions Tests/regressions.txt --first-seed "$first" --seeds "$half" &
    processes+=($!)
    "$sagasim" run --first-seed $((first + half)) --seeds "$half" &
    processes+=($!)
    wait_for_all "${processes[@]}"
}

# The same seeds give the same traces in every process: nothing depends on the order of a hash
# table, or on an address.
compare_processes() {
    local first=$1 number processes=()
    for number in 1 2; do
        "$sagasim" run --first-seed "$first" --seeds 300 --json >"$logs/$number" &
        processes+=($!)
    done
    wait_for_all "${processes[@]}" || return 1
    local one two
    one=$(grep -o '"trace":"[0-9a-f]*"' "$logs/1")
    two=$(grep -o '"trace":"[0-9a-f]*"' "$logs/2")
    if [[ $one != "$two" ]]; then
        complain "seeds from $first on have the traces $one and $two"
        return 1
    fi
}

simulate_seeds() {
    local seeds=${SIMULATION_SEEDS:-7000} status=0
    local first=${SIMULATION_FIRST:-$((($(date +%s) << 20) + RANDOM))}
    say "Building worlds"
    build || return 1
    say "Simulating $seeds seeds from SIMULATION_FIRST=$first on"
    run_seeds "$first" "$seeds" || status=1
    say "Simulating the same seeds in two processes"
    compare_processes "$first" || status=1
    return $status
}

# Which bugs there are is committed with how many seeds each took; the numbers change with whatever
# changes what a seed draws.
find_bugs() {
    say "Building worlds with planted bugs"
    SAGA_PLANTED_BUGS=1 build || return 1
    say "Finding the planted bugs"
    "$sagasim" bugs --seeds 3000 2>"$logs/explanations" | tee "$logs/table" || {
        complain 'a planted bug was not found'
        return 1
    }
    if ! diff <(cut -f1 Tests/planted-bugs.txt) <(cut -f1 "$logs/table"); then
        complain 'Tests/planted-bugs.txt lists others; it is what sagasim bugs prints'
        return 1
    fi
}

cd "$root"
status=0
for part in "${parts[@]}"; do
    case $part in
        seeds) simulate_seeds || status=1 ;;
        bugs) find_bugs || status=1 ;;
    esac
done
exit $status
