#!/usr/bin/env bash
# Builds the coordinator and three services, and shows four orders: one that works, one that is undone,
# and two that survive kill -9.
#
#   Examples/quickstart.sh
#
# Installs the Debian packages that the build needs. Leaves nothing behind but the build, in
# .build-release. With QUICKSTART_CONFIGURATION=debug it takes what `swift build` has built, and builds
# nothing.
#
# Exits 0 only if all four orders ended as they should, 69 when something needed is missing and cannot
# be installed, 70 when the build fails, else 1. Safe to run twice at once.

# Traps and wait_for call functions that look as if nobody did.
# shellcheck disable=SC2317

set -euo pipefail

readonly exit_unavailable=69
readonly exit_build=70
readonly exit_address_in_use=75 # sagad's
readonly packages=(libnghttp2-dev libprotobuf-c-dev libsqlite3-dev pkg-config zlib1g-dev)
# The last one is not for this script, but for README's next section.
readonly products=(
    sagad sagactl order-inventory order-payments order-shipping FirstParticipant
)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
case ${QUICKSTART_CONFIGURATION:-release} in
release) readonly builds=yes bin=$root/.build-release/release ;;
debug) readonly builds='' bin=$root/.build/debug ;;
*)
    echo "Examples/quickstart.sh: QUICKSTART_CONFIGURATION is release or debug" >&2
    exit 64
    ;;
esac

complain() { printf 'Examples/quickstart.sh: %s\n' "$*" >&2; }

# Everything that the run makes goes here, and every process that it starts is one of these.
work=$(mktemp -d "${TMPDIR:-/tmp}/saga-quickstart.XXXXXX")
readonly work
declare -A processes=()

# Whether a process that this script started runs. Bash's own list: a number may be another's by now.
is_running() { [[ " $(jobs -rp | tr '\n' ' ')" == *" $1 "* ]]; }

# Ends what still runs: first as it likes to end, after five seconds at once.
stop_all() {
    local running
    rm -f "$work/hold"
    mapfile -t running < <(jobs -rp)
    if ((${#running[@]} > 0)); then kill -TERM "${running[@]}" 2>/dev/null || true; fi
    for _ in {1..100}; do
        mapfile -t running < <(jobs -rp)
        # Not a bare return: in a trap that has the status of what was trapped.
        if ((${#running[@]} == 0)); then return 0; fi
        sleep 0.05
    done
    { kill -KILL "${running[@]}" && wait "${running[@]}"; } 2>/dev/null || true
}

leave() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_all
    rm -rf "$work"
    exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Ends the script with what went wrong and the last words of the programs.
fail() {
    local log
    complain "$*"
    for log in "$work"/*.log; do
        [[ -s $log ]] || continue
        printf -- '--- %s\n' "${log##*/}" >&2
        tail -n 20 "$log" >&2
    done
    exit 1
}

# --- What is needed ---------------------------------------------------------------------------------

check_swift() {
    local version=
    if command -v swift >/dev/null; then
        version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p')
    fi
    if [[ $(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1) != 6.3 ]]; then
        complain "Swift 6.3 or newer is needed${version:+, this is $version}." \
            "Install it from https://www.swift.org/install/linux/ and run this again"
        exit $exit_unavailable
    fi
    printf 'Swift %s; ' "$version"
}

install_packages() {
    local missing=() package
    for package in "${packages[@]}"; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            missing+=("$package")
        fi
    done
    if ((${#missing[@]} == 0)); then
        printf 'apt: %s installed\n' "${packages[*]}"
        return
    fi

    printf 'apt: %s missing\n' "${missing[*]}"
    local install="apt-get install --yes --no-install-recommends ${missing[*]}" as_root=()
    if ! command -v apt-get >/dev/null; then
        complain "install what Debian calls ${missing[*]}, and run this again"
        exit $exit_unavailable
    elif ((EUID != 0)); then
        # Without a terminal nobody can type a password.
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
            as_root=(sudo)
        else
            complain "packages are missing. Run this as root, then the quickstart again:"
            printf '    apt-get update && %s\n' "$install" >&2
            exit $exit_unavailable
        fi
    fi
    local apt=(
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 --quiet --quiet
    )
    if ! { "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends \
        "${missing[@]}"; } >"$work/apt.log" 2>&1; then
        tail -n 20 "$work/apt.log" >&2
        complain "packages could not be installed. Run this as root, then the quickstart again:"
        printf '    apt-get update && %s\n' "$install" >&2
        exit $exit_unavailable
    fi
}

# Shows a build's output as one line that changes, or as a line every ten seconds without a terminal.
show_progress() {
    local line step='begins' shown=-10
    while IFS= read -r line; do
        if [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]]; then step=${BASH_REMATCH[1]}; fi
        if [[ -t 1 ]]; then
            printf '\r\e[Kbuilding (release, about 5 minutes the first time)  %s  [%s]' "$1" "$step"
        elif ((SECONDS - shown >= 10)); then
            printf 'building (release, about 5 minutes the first time)  %s  [%s]\n' "$1" "$step"
            shown=$SECONDS
        fi
    done
}

build() {
    local product began=$SECONDS
    mkdir -p "$root/.build-release"
    exec 9<"$root/.build-release"
    if ! flock --nonblock 9; then
        echo 'another build is running, waiting for it'
        flock 9
    fi
    for product in "${products[@]}"; do
        if ! swift build --package-path "$root" --scratch-path "$root/.build-release" \
            --configuration release --product "$product" 9<&- 2>&1 |
            tee "$work/build.log" | show_progress "$product"; then
            if [[ -t 1 ]]; then echo; fi
            grep -E 'error:' "$work/build.log" >&2 || tail -n 20 "$work/build.log" >&2
            complain "$product could not be built"
            exit $exit_build
        fi
    done
    exec 9<&-
    if [[ -t 1 ]]; then printf '\r\e[K'; fi
    build_seconds=$((SECONDS - began))
    printf 'built in %s\n' "$(minutes $build_seconds)"
}

minutes() {
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%dm %02ds' $(($1 / 60)) $(($1 % 60)); fi
}

# --- The programs -----------------------------------------------------------------------------------

# start NAME COMMAND..: runs a program beside this script; what it logs goes to NAME.log.
start() {
    local name=$1
    shift
    "$@" >>"$work/$name.log" 2>&1 &
    processes[$name]=$!
}

# kill_now NAME: ends a program wherever it is. Bash would tell of the death of its child.
kill_now() {
    if is_running "${processes[$1]}"; then
        { kill -KILL "${processes[$1]}" && wait "${processes[$1]}"; } 2>/dev/null || true
    fi
    unset "processes[$1]"
}

# wait_for SECONDS WHAT COMMAND..: waits until a command succeeds, and fails when a program has ended.
wait_for() {
    local until=$((SECONDS + $1)) what=$2 name
    shift 2
    until "$@"; do
        for name in "${!processes[@]}"; do
            is_running "${processes[$name]}" || fail "$name has ended before $what"
        done
        ((SECONDS < until)) || fail "waited too long for $what"
        sleep 0.02
    done
}

sagactl() { "$bin/sagactl" --address "$address" "$@"; }

ready_value() { sed -n "s/.*\"$1\": *\[*\"\([^\"]*\)\".*/\1/p" "$work/ready.json"; }

# start_sagad ADDRESS: starts the coordinator and waits until it serves; returns 1 if something else
# listens there.
start_sagad() {
    local status=0
    rm -f "$work/ready.json"
    # The directory lives as long as this script, so it may be on a file system that forgets.
    start sagad "$bin/sagad" --data-dir "$work/data" --listen "$1" \
        --metrics-listen none --ready-file "$work/ready.json" --allow-volatile
    until [[ -e $work/ready.json ]]; do
        if ! is_running "${processes[sagad]}"; then
            wait "${processes[sagad]}" || status=$?
            unset 'processes[sagad]'
            ((status == exit_address_in_use)) || fail "sagad has ended with $status"
            return 1
        fi
        sleep 0.02
    done
    address=$(ready_value listen)
}

# Finds a free port below those that Linux gives to connections: nobody gets it while sagad is down.
start_sagad_somewhere() {
    for _ in {1..20}; do
        if start_sagad "127.0.0.1:$((20000 + RANDOM % 10000))"; then return; fi
    done
    fail 'no free port for sagad'
}

start_service() {
    local flags=()
    # While this file exists, a charge waits in the middle of its transaction.
    if [[ $1 == payments ]]; then flags=(--hold "$work/hold"); fi
    start "$1" "$bin/order-$1" --coordinator "$address" --database "$work/$1.sqlite" \
        --instance 1 "${flags[@]}"
}

is_attached() { sagactl participants --instances 2>/dev/null | grep -q "^$1/1  *attached"; }

# --- The orders -------------------------------------------------------------------------------------

order() {
    printf '{"id": "%s", "customer": "Alice", "quantity": 1, "cents": 15000, "postalCode": "%s"}\n' \
        "$1" "$2" >"$work/order.json"
}

# place KEY FLAGS..: starts the order, or finds the one that has this key already.
place() { sagactl start order --key "$1" --input "$work/order.json" "${@:2}"; }

# What stands in a service's own database, such as `stock 9`.
ledger() { "$bin/order-$1" --database "$work/$1.sqlite" --show; }

read_ledgers() {
    stock=$(ledger inventory)
    balance=$(ledger payments)
    shipments=$(ledger shipping)
}

# Tells what an order changed: `stock 10 -> 9   Alice 1000.00 -> 850.00   shipments 0 -> 1`.
show_change() {
    local before=("$stock" "$balance" "$shipments")
    read_ledgers
    printf '   %s -> %s   %s -> %s   %s -> %s\n' "${before[0]}" "${stock##* }" \
        "${before[1]}" "${balance##* }" "${before[2]}" "${shipments##* }"
}

expect_ledgers() {
    local now="$stock, $balance, $shipments"
    [[ $now == "$1" ]] || fail "the ledgers say $now; that should be $1"
}

# show_saga KEY FLAGS..: the saga as sagactl shows it, indented.
show_saga() { sagactl show "order/$1" --color "$color" "${@:2}" | sed 's/^/   /'; }

# expect_end STATUS STATE KEY FLAGS..: waits for the end of an order, and shows it. Starting it once more
# finds the saga that has this key.
expect_end() {
    local status=0
    place "$3" --wait >"$work/end.log" 2>&1 || status=$?
    show_saga "$3" "${@:4}"
    if ((status != $1)) || ! grep -q "^$2 in " "$work/end.log"; then
        fail "order/$3 should be $2; sagactl start --wait exited $status"
    fi
}

is_held() { [[ -s $work/hold ]]; }

order_that_works() {
    echo '1  An order that works: reserve stock, charge the card, book a carrier.'
    order ORD-1 10115
    expect_end 0 COMPLETED ORD-1 --payloads
    show_change
    expect_ledgers 'stock 9, Alice 850.00, shipments 1'
}

order_that_is_undone() {
    echo '2  The carrier says no: what was done is undone, last first.'
    order ORD-2 99950
    expect_end 1 COMPENSATED ORD-2
    show_change
    expect_ledgers 'stock 9, Alice 850.00, shipments 1'
}

order_that_survives_the_coordinator() {
    local began
    echo '3  sagad is killed (SIGKILL) between two steps, stock reserved and card not charged; started again.'
    order ORD-3 10115
    : >"$work/hold"
    place ORD-3 >/dev/null
    wait_for 30 'the charge of ORD-3 has begun' is_held
    show_saga ORD-3 | grep '^     '
    kill_now sagad
    began=${EPOCHREALTIME/[.,]/}
    start_sagad "$address" || fail "somebody took $address"
    printf '   killed; started again: epoch %s, serving after %d ms, %s\n' "$(ready_value epoch)" \
        $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) \
        "$(sagactl status | sed -n 's/^ *sagas *\([0-9]*\) live.*/\1 saga recovered/p')"
    rm "$work/hold"
    expect_end 0 COMPLETED ORD-3
    show_change
    expect_ledgers 'stock 8, Alice 700.00, shipments 2'
}

order_that_survives_a_participant() {
    echo '4  payments is killed (SIGKILL) in the middle of a charge; started again.'
    order ORD-4 10115
    : >"$work/hold"
    place ORD-4 >/dev/null
    wait_for 30 'the charge of ORD-4 has begun' is_held
    show_saga ORD-4 | grep '^     '
    kill_now payments
    rm "$work/hold"
    start_service payments
    echo '   killed; started again: the first attempt is unknown, so there is another one, with the same key'
    expect_end 0 COMPLETED ORD-4
    show_change
    expect_ledgers 'stock 7, Alice 550.00, shipments 3'
    sagactl show order/ORD-4 | grep -q 'payments.charge .* attempt [2-9]' ||
        fail 'the charge of ORD-4 was not cut off'
}

build_seconds=
address=
color=never
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then color=always; fi
stock='' balance='' shipments=''

# A function, so that all of it is read before it runs: the file may change meanwhile.
main() {
    local began service
    if [[ -n $builds ]]; then
        check_swift
        install_packages
        build
    fi
    began=$SECONDS
    mkdir -m 700 "$work/data"
    start_sagad_somewhere
    for service in inventory payments shipping; do start_service "$service"; done
    for service in inventory payments shipping; do
        wait_for 30 "$service is attached" is_attached "$service"
    done
    printf 'sagad on %s, epoch %s; attached: inventory, payments, shipping\n' \
        "$address" "$(ready_value epoch)"
    sagactl register "$root/Examples/OrderFulfillment/order.yaml"
    read_ledgers

    order_that_works
    order_that_is_undone
    order_that_survives_the_coordinator
    order_that_survives_a_participant

    printf 'All four ended as they should (%srun %s). Next: README, "Your first participant".\n' \
        "${build_seconds:+build $(minutes "$build_seconds"), }" "$(minutes $((SECONDS - began)))"
    exit 0
}

main
