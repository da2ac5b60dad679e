#!/usr/bin/env bash
# Takes partners in on a coordinator of its own, and checks what becomes of them.
#
#   Examples/PartnerOnboarding/run.sh            the release build, built if it is not current
#   Examples/PartnerOnboarding/run.sh --debug    what `swift build` has built; builds nothing
#
# Needs curl and protoc (Debian's protobuf-compiler and libprotobuf-dev). Exits 0 only if every
# onboarding ended as it should. Safe to run twice at once.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare PartnerOnboarding 'partner-onboarding sagactl' "${1:-}"

sagactl() { timeout 60 "$bin/sagactl" --address "$address" "$@"; }

# call METHOD: calls a method of saga.v1.SagaService with the message that is read in protobuf's
# text form, and prints the answer in that form. A message of gRPC is a byte 0, four bytes of
# length, and the message.
call() {
    local files=(saga/v1/saga_service.proto) length
    local protoc=(protoc --proto_path="$root/Protos" --proto_path=/usr/include)
    "${protoc[@]}" --encode="saga.v1.${1}Request" "${files[@]}" >"$work/request"
    length=$(stat --format=%s "$work/request")
    {
        # shellcheck disable=SC2059 # the format is the bytes
        printf "\\0$(printf '\\x%02x' $((length >> 24 & 255)) $((length >> 16 & 255)) \
            $((length >> 8 & 255)) $((length & 255)))"
        cat "$work/request"
    } >"$work/framed"
    curl --silent --show-error --max-time 30 --http2-prior-knowledge \
        --header 'content-type: application/grpc' --header 'te: trailers' \
        --data-binary "@$work/framed" --dump-header "$work/headers" --output "$work/answer" \
        "http://$address/saga.v1.SagaService/$1" || fail "$1: curl failed"
    grep -qi '^grpc-status: 0' "$work/headers" || fail "$1: $(grep -i '^grpc-' "$work/headers")"
    tail -c +6 "$work/answer" | "${protoc[@]}" --decode="saga.v1.${1}Response" "${files[@]}"
}

expect() { grep -q "$1" <<<"$2" || fail "no $1 in: $2"; }

start_compliance() {
    "$bin/partner-onboarding" compliance --coordinator "$address" \
        --database "$work/compliance.sqlite" --closed "$work/closed" 2>>"$work/compliance.log" &
    compliance=$!
    others+=("$compliance")
}

# until_waiting ID: waits until a review is deferred.
until_waiting() {
    local until=$((SECONDS + 60))
    until sagactl show "partner-onboarding/$1" | grep -q 'waits .*from outside'; do
        ((SECONDS < until)) || fail "$1 is not under review"
        sleep 0.05
    done
}

: >"$work/closed"
serve
"$bin/partner-onboarding" directory --coordinator "$address" --database "$work/directory.sqlite" \
    2>"$work/directory.log" &
others+=($!)
start_compliance
sagactl register "$root/Examples/PartnerOnboarding/onboarding.yaml"

echo 'Start, with sagactl and by gRPC:'
printf '{"id": "acme", "country": "Norway"}\n' >"$work/acme.json"
sagactl start partner-onboarding --key acme --input "$work/acme.json"
started=$(call StartSaga <<'END'
start {
  definition { name: "partner-onboarding" }
  key: "poseidon"
  input { data: "{\"id\": \"poseidon\", \"country\": \"Atlantis\"}" }
}
END
)
expect 'saga_id: "' "$started"
printf '%s\n' "$started"

echo 'Status, while the reviewers are out:'
until_waiting acme
until_waiting poseidon
sagactl show partner-onboarding/acme
status=$(call GetSaga <<'END'
saga { business_key { definition: "partner-onboarding" key: "poseidon" } }
END
)
expect 'state: SAGA_STATE_RUNNING' "$status"

echo 'Under way:'
sagactl list --live --definition partner-onboarding
active=$(call ListSagas <<'END'
filter { live: true definition { name: "partner-onboarding" } }
END
)
(($(grep -c '^sagas {' <<<"$active") == 2)) || fail "not two sagas: $active"

echo 'The compliance service is killed and started again; the reviewers are back:'
{ kill -KILL "$compliance" && wait "$compliance"; } 2>/dev/null || true
start_compliance
rm "$work/closed"
sagactl start partner-onboarding --key acme --input "$work/acme.json" --wait 2>&1 ||
    fail 'acme is not let in'
ended=$(call AwaitSaga <<'END'
saga { business_key { definition: "partner-onboarding" key: "poseidon" } }
wait { timeout { seconds: 30 } }
END
)
expect 'state: SAGA_STATE_COMPENSATED' "$ended"
sagactl show partner-onboarding/poseidon
partners=$("$bin/partner-onboarding" directory --database "$work/directory.sqlite" --show)
[[ $partners == 'acme active' ]] || fail "the partners are: $partners"
printf '%s\n' "$partners"
