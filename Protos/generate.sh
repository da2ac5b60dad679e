#!/usr/bin/env bash
# Writes the C of all messages to Sources/CSagaProtos with protoc-c.
#
#   Protos/generate.sh           writes it
#   Protos/generate.sh --check   writes it elsewhere, shows what differs; exit 1 if anything does
#
# Exit 64: wrong argument. Exit 69: protoc-c or the well-known types are missing.
set -euo pipefail

protos=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(dirname "$protos")/Sources/CSagaProtos
# protobuf-c ships no C for the well-known types, so theirs is generated with ours.
well_known=(google/protobuf/any.proto google/protobuf/duration.proto google/protobuf/timestamp.proto)
includes=/usr/include

check=false
case "$#:${1-}" in
    0:) ;;
    1:--check) check=true ;;
    *)
        echo "usage: Protos/generate.sh [--check]" >&2
        exit 64
        ;;
esac

if ! command -v protoc-c >/dev/null; then
    echo "protoc-c is missing: apt-get install protobuf-c-compiler" >&2
    exit 69
fi
for file in "${well_known[@]}"; do
    if [[ ! -f "$includes/$file" ]]; then
        echo "$includes/$file is missing: apt-get install libprotobuf-dev" >&2
        exit 69
    fi
done

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

cd "$protos"
mapfile -t files < <(find google saga -name '*.proto' | LC_ALL=C sort)
protoc-c --proto_path=. --proto_path="$includes" --c_out="$fresh" "${files[@]}" "${well_known[@]}"

# A header that the module map does not name is invisible to Swift.
status=0
mapfile -t headers < <(cd "$fresh" && find . -name '*.pb-c.h' -printf '%P\n' | LC_ALL=C sort)
for header in "${headers[@]}"; do
    if ! grep -qF "header \"$header\"" "$target/module.modulemap"; then
        echo "Sources/CSagaProtos/module.modulemap does not name $header" >&2
        status=1
    fi
done

if $check; then
    if ! diff -ruN --exclude=module.modulemap "$target" "$fresh"; then
        echo "Sources/CSagaProtos is not what Protos/ gives: run Protos/generate.sh" >&2
        status=1
    fi
    exit "$status"
fi

find "$target" -name '*.pb-c.[ch]' -delete
cp -R "$fresh/." "$target/"
find "$target" -mindepth 1 -type d -empty -delete
exit "$status"
