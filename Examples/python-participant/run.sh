#!/usr/bin/env bash
# Runs orders whose carrier is booked by a participant in Python, and kills that one in between.
#
#   Examples/python-participant/run.sh            the release build, built if it is not current
#   Examples/python-participant/run.sh --debug    what `swift build` has built; builds nothing
#
# Needs python3 with its venv module; installs requirements.txt into an environment of its own, or
# takes the one whose python PYTHON names. Exits 0 only if every order ended as it should.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare python-participant 'order-inventory order-payments sagactl' "${1:-}"

here=$root/Examples/python-participant
python=${PYTHON:-}
if [[ -z $python ]]; then
    python3 -m venv "$work/venv"
    python=$work/venv/bin/python
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
        --requirement "$here/requirements.txt"
fi

export PYTHONDONTWRITEBYTECODE=1
# The code of the messages and calls, from the same files that everybody has.
mkdir "$work/stubs"
(cd "$root/Protos" && "$python" -m grpc_tools.protoc --proto_path=. \
    --python_out="$work/stubs" --grpc_python_out="$work/stubs" saga/v1/*.proto)

serve

start_shipping() {
    PYTHONPATH=$work/stubs "$python" "$here/shipping.py" --coordinator "$address" \
        --database "$work/shipping.sqlite" --instance 1 --hold "$work/hold" 2>>"$work/shipping.log" &
    shipping=$!
    others+=("$shipping")
}

sagactl() { "$bin/sagactl" --address "$address" "$@"; }
shipments() { PYTHONPATH=$work/stubs "$python" "$here/shipping.py" --database "$work/shipping.sqlite" --show; }

# order ID POSTALCODE STATUS FLAGS..: places an order, and waits for its end.
order() {
    local status=0
    printf '{"id": "%s", "customer": "Alice", "quantity": 1, "cents": 15000, "postalCode": "%s"}\n' \
        "$1" "$2" >"$work/order.json"
    sagactl start order --key "$1" --input "$work/order.json" --wait >"$work/order.log" 2>&1 ||
        status=$?
    sagactl show "order/$1"
    ((status == $3)) || fail "order/$1 should have ended with $3, not $status"
}

expect_shipments() {
    [[ $(shipments) == "shipments $1" ]] || fail "$(shipments); there should be $1"
}

for service in inventory payments; do
    "$bin/order-$service" --coordinator "$address" --database "$work/$service.sqlite" \
        2>"$work/$service.log" &
    others+=($!)
done
start_shipping
until sagactl participants --instances | grep -q '^shipping/1  *attached'; do
    kill -0 "$shipping" || fail 'shipping has ended'
    sleep 0.05
done
sagactl register "$root/Examples/OrderFulfillment/order.yaml"

echo 'An order that works:'
order ORD-1 10115 0
expect_shipments 1

echo 'The carrier says no, and everything is undone:'
order ORD-2 99950 1
expect_shipments 1

echo 'The participant is killed in the middle of a booking, and started again:'
: >"$work/hold"
order ORD-3 10115 0 &
ordering=$!
until [[ -s $work/hold ]]; do
    kill -0 "$ordering" || fail 'ORD-3 has ended before its booking'
    sleep 0.02
done
{ kill -KILL "$shipping" && wait "$shipping"; } 2>/dev/null || true
rm "$work/hold"
start_shipping
wait "$ordering"
expect_shipments 2
sagactl show order/ORD-3 | grep -q 'shipping.book .*attempt 2' || fail 'ORD-3 was not booked twice'

echo 'The participant is asked to leave, and does:'
kill -TERM "$shipping"
wait "$shipping" || fail "it ended with $?"
