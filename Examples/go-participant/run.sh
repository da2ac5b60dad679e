#!/usr/bin/env bash
# Runs orders whose carrier is booked by a participant in Go, and kills that one, sagad and the
# connection in between.
#
#   Examples/go-participant/run.sh            the release build, built if it is not current
#   Examples/go-participant/run.sh --debug    what `swift build` has built; builds only the Go
#
# Needs Go, gRPC and SQLite as Debian has them, and no network: golang-go golang-goprotobuf-dev
# golang-google-grpc-dev golang-github-mattn-go-sqlite3-dev protobuf-compiler libprotobuf-dev gcc
# libc6-dev. Exits 0 only if every order ended as it should.

set -euo pipefail

# shellcheck source=Examples/carrier.sh
source "$(dirname "${BASH_SOURCE[0]}")/../carrier.sh"
prepare go-participant 'order-inventory order-payments sagactl' "${1:-}"

# What is generated, compiled and cached stays beside the Swift build.
built=$root/.build/go-participant
mkdir -p "$built"
# One at a time; another one that waited finds what the first has compiled.
exec 9>"$built/lock"
flock 9

# The code of the messages and calls, from the same files that everybody has; Debian's plugin is of
# a release that has the well-known types in packages of its own.
files=(saga/v1/{common,outcome,participant_service}.proto)
options=plugins=grpc
for file in "${files[@]}"; do options+=,M$file=saga/v1; done
for type in duration timestamp; do
    options+=,Mgoogle/protobuf/$type.proto=github.com/golang/protobuf/ptypes/$type
done
rm -rf "$built/src"
mkdir -p "$built/src"
(cd "$root/Protos" &&
    protoc --proto_path=. --proto_path=/usr/include --go_out="$options:$built/src" "${files[@]}")
ln -s "$root/Examples/go-participant" "$built/src/shipping"
GO111MODULE=off GOPATH=$built:/usr/share/gocode GOCACHE=$built/cache \
    go build -o "$work/shipping" shipping
exec 9>&-

serve_orders "$work/shipping"
