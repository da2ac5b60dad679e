#!/usr/bin/env bash
# Runs orders whose carrier is booked by a participant in Python, and kills that one, sagad and the
# connection in between.
#
#   Examples/python-participant/run.sh            the release build, built if it is not current
#   Examples/python-participant/run.sh --debug    what `swift build` has built; builds nothing
#
# Needs python3 with its venv module; installs requirements.txt into an environment of its own, or
# takes the one whose python PYTHON names. Exits 0 only if every order ended as it should.

set -euo pipefail

# shellcheck source=Examples/carrier.sh
source "$(dirname "${BASH_SOURCE[0]}")/../carrier.sh"
prepare python-participant 'order-inventory order-payments sagactl' "${1:-}"

here=$root/Examples/python-participant
python=${PYTHON:-}
if [[ -z $python ]]; then
    python3 -m venv "$work/venv"
    python=$work/venv/bin/python
    "$python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
        --requirement "$here/requirements.txt"
fi

# The code of the messages and calls, from the same files that everybody has.
mkdir "$work/stubs"
(cd "$root/Protos" && "$python" -m grpc_tools.protoc --proto_path=. \
    --python_out="$work/stubs" --grpc_python_out="$work/stubs" saga/v1/*.proto google/rpc/*.proto)

export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$work/stubs
serve_orders "$python" "$here/shipping.py"
