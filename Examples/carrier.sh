# Sourced by the run.sh of a carrier in another language: daemon.sh, and what the carrier has to
# stand.
#
#   serve_orders PROGRAM ARGUMENT..   runs orders whose carrier is booked by that program. It takes
#                                     --coordinator HOST:PORT (repeatable), --database FILE,
#                                     --instance NAME, --hold FILE and --show
#
# Needs python3, for the relay that stands between.
# shellcheck shell=bash

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/daemon.sh"

carrier=()
shipping=

# Nothing here takes a minute.
sagactl() { timeout 60 "$bin/sagactl" --address "$address" "$@"; }
shipments() { "${carrier[@]}" --database "$work/shipping.sqlite" --show; }

# start_shipping ADDRESS..: starts the carrier, which tries these addresses in turn.
start_shipping() {
    local addresses=() one
    for one; do addresses+=(--coordinator "$one"); done
    "${carrier[@]}" "${addresses[@]}" --database "$work/shipping.sqlite" --instance 1 \
        --hold "$work/hold" 2>>"$work/shipping.log" &
    shipping=$!
    others+=("$shipping")
    until_attached
}

until_attached() {
    local until=$((SECONDS + 60))
    until sagactl participants --instances | grep -q '^shipping/1  *attached'; do
        kill -0 "$shipping" 2>/dev/null || fail 'shipping has ended'
        ((SECONDS < until)) || fail 'shipping does not attach'
        sleep 0.05
    done
}

# place ID POSTALCODE: starts an order, once however often it is called.
place() {
    printf '{"id": "%s", "customer": "Alice", "quantity": 1, "cents": 1500, "postalCode": "%s"}\n' \
        "$1" "$2" >"$work/$1.json"
    sagactl start order --key "$1" --input "$work/$1.json" "${@:3}" >"$work/$1.log" 2>&1
}

# order ID POSTALCODE STATUS: the same, and waits for its end.
order() {
    local status=0
    place "$1" "$2" --wait || status=$?
    sagactl show "order/$1"
    ((status == $3)) || fail "order/$1 should have ended with $3, not $status"
}

expect_shipments() {
    [[ $(shipments) == "shipments $1" ]] || fail "$(shipments); there should be $1"
}

expect_attempt() {
    sagactl show "order/$1" | grep -q "shipping.book .*attempt $2" ||
        fail "order/$1 was not booked by attempt $2"
}

# hold ID POSTALCODE: starts an order, and stops the carrier in the middle of its booking.
hold() {
    : >"$work/hold"
    place "$1" "$2"
    local until=$((SECONDS + 60))
    until [[ -s $work/hold ]]; do
        ((SECONDS < until)) || fail "order/$1 is not booked"
        sleep 0.02
    done
}

# end_booking COUNT: lets the carrier go on until there are so many shipments.
end_booking() {
    rm "$work/hold"
    local until=$((SECONDS + 60))
    until [[ $(shipments) == "shipments $1" ]]; do
        ((SECONDS < until)) || fail 'the order is not booked'
        sleep 0.05
    done
}

# until_logged TEXT: waits until the carrier has said so, and lives.
until_logged() {
    local until=$((SECONDS + 60))
    until grep -q "$1" "$work/shipping.log"; do
        kill -0 "$shipping" 2>/dev/null || fail 'shipping has ended'
        ((SECONDS < until)) || fail "shipping does not say: $1"
        sleep 0.05
    done
}

serve_orders() {
    carrier=("$@")
    serve
    local service
    for service in inventory payments; do
        "$bin/order-$service" --coordinator "$address" --database "$work/$service.sqlite" \
            2>"$work/$service.log" &
        others+=($!)
    done
    start_shipping "$address"
    sagactl register "$root/Examples/OrderFulfillment/order.yaml"

    echo 'An order that works:'
    order ORD-1 10115 0
    expect_shipments 1

    echo 'The carrier says no, and everything is undone:'
    order ORD-2 99950 1
    expect_shipments 1

    echo 'The carrier is killed in the middle of a booking, and started again:'
    hold ORD-3 10115
    { kill -KILL "$shipping" && wait "$shipping"; } 2>/dev/null || true
    rm "$work/hold"
    start_shipping "$address"
    order ORD-3 10115 0
    expect_shipments 2
    expect_attempt ORD-3 2

    echo 'sagad is killed, and the booking ends while it is away; the answer is kept for it:'
    hold ORD-4 10115
    crash
    end_booking 3
    serve
    order ORD-4 10115 0
    expect_shipments 3
    expect_attempt ORD-4 1

    echo 'sagad is killed and started again while a booking runs, which goes on:'
    hold ORD-5 10115
    crash
    serve
    until_attached
    rm "$work/hold"
    order ORD-5 10115 0
    expect_shipments 4
    expect_attempt ORD-5 1

    echo 'sagad is asked to leave while a booking runs, and started again:'
    hold ORD-6 10115
    kill -TERM "$sagad"
    wait "$sagad" || fail "sagad ended with $?"
    serve
    until_attached
    rm "$work/hold"
    order ORD-6 10115 0
    expect_shipments 5
    expect_attempt ORD-6 1
    grep -q 'the coordinator leaves: the coordinator is stopping' "$work/shipping.log" ||
        fail 'shipping was not told that sagad leaves'

    echo 'Both are killed when the booking is there and nobody knows it; it is not made again:'
    hold ORD-7 10115
    crash
    end_booking 6
    { kill -KILL "$shipping" && wait "$shipping"; } 2>/dev/null || true
    serve
    start_shipping "$address"
    order ORD-7 10115 0
    expect_shipments 6
    expect_attempt ORD-7 2

    echo 'A copy of the journal is served, which does not know what happened since; then the journal:'
    crash
    cp -a "$work/data" "$work/copy"
    serve
    until_attached
    crash
    mv "$work/data" "$work/journal"
    mv "$work/copy" "$work/data"
    serve
    until_logged 'it runs on a copy'
    crash
    mv "$work/data" "$work/copy"
    mv "$work/journal" "$work/data"
    serve
    until_attached
    order ORD-8 10115 0
    expect_shipments 7

    echo 'Another process attaches as the same instance, and the first one ends:'
    local first=$shipping status=0 until
    start_shipping "$address"
    until=$((SECONDS + 60))
    while kill -0 "$first" 2>/dev/null; do
        ((SECONDS < until)) || fail 'the first carrier goes on'
        sleep 0.05
    done
    wait "$first" || status=$?
    ((status != 0)) || fail 'the first carrier ended in order'
    until_logged 'another process attached as'

    echo 'The carrier is asked to leave in the middle of a booking, finishes it, and leaves:'
    hold ORD-9 10115
    kill -TERM "$shipping"
    until sagactl participants --instances | grep -q '^shipping/1  *draining'; do
        kill -0 "$shipping" 2>/dev/null || fail 'shipping has left its booking'
        sleep 0.05
    done
    rm "$work/hold"
    wait "$shipping" || fail "shipping ended with $?"
    order ORD-9 10115 0
    expect_shipments 8
    expect_attempt ORD-9 1

    echo 'Its connection falls silent without an end, and it goes another way:'
    python3 "$root/Examples/relay.py" "$address" "$work/relay.port" 2>"$work/relay.log" &
    local relay=$!
    others+=("$relay")
    until [[ -e $work/relay.port ]]; do
        kill -0 "$relay" 2>/dev/null || fail 'the relay has ended'
        sleep 0.02
    done
    start_shipping "127.0.0.1:$(<"$work/relay.port")" "$address"
    kill -STOP "$relay"
    order ORD-10 10115 0
    expect_shipments 9
    expect_attempt ORD-10 2
    { kill -KILL "$relay" && wait "$relay"; } 2>/dev/null || true
    kill -TERM "$shipping"
    wait "$shipping" || fail "shipping ended with $?"
}
