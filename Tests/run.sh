#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.
#
#   Tests/run.sh                    everything, simulated worlds too
#   Tests/run.sh --filter X         arguments go to `swift test`
#
# Exits 0 when every test passed, 69 when something needed cannot be installed, 124 when the time
# limit (TESTS_TIME_LIMIT seconds, default 2400) is over. Safe to run twice at once.

set -euo pipefail

readonly exit_unavailable=69
readonly exit_time_limit=124
readonly time_limit=${TESTS_TIME_LIMIT:-2400}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

# Programs and headers to build with, then what only tests use.
readonly packages=(
    libnghttp2-dev libprotobuf-c-dev libprotobuf-dev libsqlite3-dev pkg-config
    protobuf-c-compiler protobuf-compiler zlib1g-dev
    curl gcc golang-github-mattn-go-sqlite3-dev golang-go golang-google-grpc-dev
    golang-goprotobuf-dev grpc-proto libc6-dev libgrpc++-dev nghttp2-client nghttp2-server openssl
    prometheus protobuf-compiler-grpc python3-venv shellcheck strace
)

say() { printf '==> %s\n' "$*"; }
complain() { printf 'Tests/run.sh: %s\n' "$*" >&2; }

install_packages() {
    local missing=() package
    for package in "${packages[@]}"; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            missing+=("$package")
        fi
    done
    ((${#missing[@]} > 0)) || return 0

    local line="apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}"
    local as_root=()
    if ! command -v apt-get >/dev/null; then
        complain "this needs what Debian calls ${missing[*]}; install it and run this again"
        exit $exit_unavailable
    elif ((EUID != 0)); then
        # Without a terminal nobody can type a password.
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
            as_root=(sudo)
        else
            complain "packages are missing; run as root, then run this again: $line"
            exit $exit_unavailable
        fi
    fi
    say "Installing ${missing[*]}"
    local apt=(
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 --quiet
    )
    if ! { "${apt[@]}" update &&
        "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"; }; then
        complain "packages could not be installed; run as root, then run this again: $line"
        exit $exit_unavailable
    fi
}

# Tests/.venv holds a copy of the list it was made from, written last.
make_python_environment() {
    local wanted=$root/Tests/requirements.txt
    local environment=$root/Tests/.venv
    exec 9<"$wanted"
    flock 9
    if ! cmp --silent "$wanted" "$environment/requirements.txt"; then
        say "Making the Python environment Tests/.venv"
        if ! { python3 -m venv --clear "$environment" &&
            "$environment/bin/pip" install --quiet --disable-pip-version-check --no-input \
                --only-binary=:all: --requirement "$wanted"; }; then
            complain "Tests/.venv could not be made from Tests/requirements.txt (see above)"
            exit $exit_unavailable
        fi
        cp "$wanted" "$environment/requirements.txt"
    fi
    exec 9<&-
}

# Ends every process of a session. SwiftPM gives the test process a group of its own, so ending
# `swift test` or its group would leave the tests running.
end_session() {
    local session=$1 signal stat fields process found
    for signal in TERM KILL; do
        for _ in {1..50}; do
            found=
            for stat in /proc/[0-9]*/stat; do
                # pid (name, which may hold anything) state ppid pgrp session ..; zombies are done.
                { fields=$(<"$stat"); } 2>/dev/null || continue
                process=${fields%% *}
                read -r -a fields <<<"${fields##*) }"
                if [[ ${fields[3]} == "$session" && ${fields[0]} != Z ]]; then
                    found=yes
                    kill -s $signal "$process" 2>/dev/null || true
                fi
            done
            [[ -n $found ]] || return 0
            sleep 0.1
        done
    done
}

# Runs a command in a session of its own for as long as is left of the time limit.
running=
timer=
run_limited() {
    local ended status=0 left=$((time_limit - SECONDS))
    setsid "$@" </dev/null &
    running=$!
    sleep "$((left > 0 ? left : 0))" &
    timer=$!
    wait -n -p ended "$running" "$timer" || status=$?
    if [[ $ended == "$timer" ]]; then
        end_session "$running"
        complain "not done within $time_limit seconds; ended: $*"
        exit $exit_time_limit
    fi
    running=
    kill "$timer" 2>/dev/null || true
    wait "$timer" 2>/dev/null || true
    timer=
    return $status
}

stop() {
    trap - INT TERM HUP
    if [[ -n $timer ]]; then kill "$timer" 2>/dev/null || true; fi
    if [[ -n $running ]]; then end_session "$running"; fi
    exit "$1"
}

trap 'stop 130' INT
trap 'stop 143' TERM
trap 'stop 129' HUP

cd "$root"
if ! command -v swift >/dev/null; then
    complain "Swift 6.3 or newer is needed: https://www.swift.org/install/linux/"
    exit $exit_unavailable
fi
install_packages
make_python_environment

export SAGA_WARNINGS_AS_ERRORS=1
# Tests that begin all at once have spent half of their deadlines before their programs run; so few
# are as fast together.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6
say "Building (a clean build takes some minutes)"
run_limited swift build --build-tests
run_limited Tests/InteropClient/build.sh
say "Testing"
# Line by line, so that a hanging test is the last one named also when the output is not a terminal.
run_tests() { run_limited stdbuf --output=L swift test --skip-build --disable-xctest "$@"; }

# Tests that compute hold the few threads that all tests of a run share, for seconds each, and so do
# tests that start programs. Those with deadlines in between go one after the other, so that their
# deadlines mean what they say.
readonly with_sockets='SagaTransportTests|SagaCoordinatorTests|SagaTests|InteropTests'
readonly with_programs='IntegrationTests|TidyTests'
status=0
if (($# > 0)); then
    run_tests "$@" || status=$?
else
    run_tests --skip "$with_sockets|$with_programs" || status=$?
    run_tests --no-parallel --filter "$with_sockets" || status=$?
    run_tests --filter "$with_programs" || status=$?
    run_limited Tests/simulate.sh || status=$?
fi
((status == 0))
