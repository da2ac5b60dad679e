#!/usr/bin/env bash
# Builds .build/interop-client/interop-client with gRPC's C++ library and the compiler that comes
# with Swift; nothing is done when it is there already and was built from the same.
#
#   Tests/InteropClient/build.sh
#
# Debian's packages grpc-proto, libgrpc++-dev and protobuf-compiler-grpc are needed.

set -euo pipefail

readonly protos=/usr/share/grpc-proto
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$here/../../.build/interop-client
readonly here folder

compiler=$(dirname "$(command -v swift)")/clang++
if [[ ! -x $compiler ]]; then compiler=c++; fi

built_from() {
    "$compiler" --version
    pkg-config --modversion grpc++ protobuf
    sha256sum "$here"/* "$protos"/grpc/testing/{empty,messages,test}.proto
}

mkdir -p "$folder"
# One at a time; another one that waited finds what the first has built.
exec 9>"$folder/lock"
flock 9
wanted=$(built_from)
if [[ -x $folder/interop-client && $(cat "$folder/built-from" 2>/dev/null) == "$wanted" ]]; then
    exit 0
fi
rm -f "$folder/built-from"
cd "$folder"
protoc --proto_path="$protos" --cpp_out=. --grpc_out=. \
    --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" \
    grpc/testing/{empty,messages,test}.proto
read -r -a flags <<<"-std=c++17 -O0 -isystem . $(pkg-config --cflags grpc++ protobuf)"
read -r -a libraries <<<"$(pkg-config --libs grpc++ protobuf)"
generated=(grpc/testing/{empty.pb,messages.pb,test.pb,test.grpc.pb}.cc)
objects=()
compilations=()
for source in "$here"/*.cc "${generated[@]}"; do
    object=$(basename "$source" .cc).o
    objects+=("$object")
    warnings=(-Wall -Wextra -Werror)
    if [[ $source != /* ]]; then warnings=(-w); fi
    "$compiler" "${flags[@]}" "${warnings[@]}" -c "$source" -o "$object" &
    compilations+=($!)
done
for compilation in "${compilations[@]}"; do wait "$compilation"; done
"$compiler" "${objects[@]}" "${libraries[@]}" -o interop-client.new
mv interop-client.new interop-client
printf '%s\n' "$wanted" >built-from
