#!/usr/bin/env bash
# Fuzzes the transport and the journal with libFuzzer and AddressSanitizer, beginning with the committed corpus.
#
#   Tests/fuzz.sh                       every target, a minute each
#   Tests/fuzz.sh HTTP2                 one target: HTTP2, RPC, Decompressor or Journal
#   Tests/fuzz.sh HTTP2 600             so many seconds each
#   Tests/fuzz.sh --minimize HTTP2      what was found, cut down to the committed corpus's size
#
# The targets' bodies are in Tests/Fuzzing. What is new goes to .build-fuzz/corpus/TARGET, an input
# that breaks a property to .build-fuzz/findings: mend it, then copy it to
# Tests/Fuzzing/Corpus/TARGET, where the normal tests replay it.
#
# Exits 0 when nothing was found, 1 when something was, 64 for a wrong argument.

set -euo pipefail

readonly exit_usage=64
readonly default_seconds=60
# A longer input only slows the search down: a conversation has some hundreds of bytes.
readonly most_bytes=4096
readonly committed_bytes=1024

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly scratch=$root/.build-fuzz
readonly all=(HTTP2 RPC Decompressor Journal)

say() { printf '==> %s\n' "$*"; }
complain() { printf 'Tests/fuzz.sh: %s\n' "$*" >&2; }
show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

build() {
    say "Building"
    SAGA_FUZZ=1 swift build -c release --scratch-path "$scratch" --product Fuzzer
}

# Swift's own report of a crash runs in the process that it reports on, which libFuzzer does too.
run() {
    local target=$1
    shift
    mkdir -p "$scratch/corpus/$target" "$scratch/findings"
    FUZZ_TARGET=$target SWIFT_BACKTRACE=enable=no nice "$scratch/release/Fuzzer" "$@" \
        -timeout=10 -artifact_prefix="$scratch/findings/$target-"
}

fuzz() {
    say "Fuzzing $1 for $2 seconds"
    run "$1" "$scratch/corpus/$1" "$root/Tests/Fuzzing/Corpus/$1" \
        -max_total_time="$2" -max_len=$most_bytes -print_final_stats=1
}

minimize() {
    local committed=$root/Tests/Fuzzing/Corpus/$1
    say "Adding to $committed what it does not reach yet"
    run "$1" -merge=1 -max_len=$committed_bytes "$committed" "$scratch/corpus/$1"
}

targets=("${all[@]}")
seconds=$default_seconds
action=fuzz
while (($# > 0)); do
    case $1 in
        -h | --help)
            show_help
            exit 0
            ;;
        --minimize) action=minimize ;;
        HTTP2 | RPC | Decompressor | Journal) targets=("$1") ;;
        *[!0-9]* | '' | 0*)
            complain "not a target (${all[*]}) nor a number of seconds: $1"
            exit $exit_usage
            ;;
        *) seconds=$1 ;;
    esac
    shift
done

cd "$root"
status=0
build
for target in "${targets[@]}"; do
    case $action in
        fuzz) fuzz "$target" "$seconds" || status=1 ;;
        minimize) minimize "$target" ;;
    esac
done
exit $status
