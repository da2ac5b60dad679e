#!/usr/bin/env bash
# Runs the transport's tests with a sanitizer compiled in.
#
#   Tests/sanitize.sh                   AddressSanitizer with LeakSanitizer, then ThreadSanitizer
#   Tests/sanitize.sh address           one of them: address or thread
#   Tests/sanitize.sh --filter X        arguments go to `swift test`
#
# Exits 0 when the tests pass and neither races nor wrong accesses were seen, 1 otherwise, 64 for a
# wrong argument. Leaks are only told. Each sanitizer has a build of its own, .build-address and
# .build-thread; the first takes minutes.

set -euo pipefail

readonly exit_usage=64
readonly tests='SagaHTTP2Tests|SagaRPCTests|SagaCompressionTests|SagaTransportTests|FuzzingTests'

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

say() { printf '==> %s\n' "$*"; }
show_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

sanitizers=(address thread)
case ${1-} in
    -h | --help)
        show_help
        exit 0
        ;;
    address | thread)
        sanitizers=("$1")
        shift
        ;;
    '' | -*) ;;
    *)
        printf 'Tests/sanitize.sh: neither address nor thread: %s\n' "$1" >&2
        exit $exit_usage
        ;;
esac
arguments=("$@")
if ((${#arguments[@]} == 0)); then arguments=(--filter "$tests"); fi

cd "$root"
export SAGA_WARNINGS_AS_ERRORS=1
# What is freed is kept for a while, to see who uses it still; tests that bound memory count it too.
export ASAN_OPTIONS=quarantine_size_mb=16
# Leaks are told but do not fail the run: the loops of the process, and what hangs on them when it
# ends, are reported too.
export LSAN_OPTIONS="suppressions=$root/Tests/leaks.txt:print_suppressions=0:exitcode=0"
export TSAN_OPTIONS="suppressions=$root/Tests/races.txt"
status=0
for sanitizer in "${sanitizers[@]}"; do
    build=(--sanitize="$sanitizer" --scratch-path ".build-$sanitizer")
    say "Building for $sanitizer"
    swift build --build-tests "${build[@]}"
    say "Testing with $sanitizer"
    # One after the other: what is slow by the sanitizer would meet the deadlines of its neighbours.
    swift test --skip-build --disable-xctest --no-parallel "${build[@]}" "${arguments[@]}" || status=1
done
exit $status
