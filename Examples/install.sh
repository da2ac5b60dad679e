#!/usr/bin/env bash
# Builds sagad and sagactl, and installs them with manual pages and shell completions.
#
#   Examples/install.sh [PREFIX]           PREFIX is /usr/local unless given
#   Examples/install.sh PREFIX --debug     installs what `swift build` made, and builds no programs
#
# Exits 0 when all is installed, 64 for wrong arguments, 73 when PREFIX cannot be written.
# Units for systemd are in Examples/systemd.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

complain() { printf 'Examples/install.sh: %s\n' "$*" >&2; }

prefix=/usr/local
scratch=$root/.build-release
bin=$scratch/release
builds=yes
for argument in "$@"; do
    case $argument in
    --debug)
        scratch=$root/.build
        bin=$scratch/debug
        builds=
        ;;
    -h | --help)
        sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
    -*)
        complain "the only flag is --debug, not $argument"
        exit 64
        ;;
    *) prefix=$argument ;;
    esac
done
readonly prefix scratch bin builds

if ! mkdir -p "$prefix/bin" || [[ ! -w $prefix/bin ]]; then
    complain "$prefix/bin cannot be written; as root, or with another PREFIX: $0 ~/.local"
    exit 73
fi

if [[ -n $builds ]]; then
    for product in sagad sagactl; do
        swift build --package-path "$root" --scratch-path "$scratch" --configuration release \
            --product "$product"
    done
fi
# The parser's own tool makes manual pages of what a program says of itself.
swift build --package-path "$scratch/checkouts/swift-argument-parser" \
    --scratch-path "$scratch-manual" --product generate-manual

work=$(mktemp -d "${TMPDIR:-/tmp}/saga-install.XXXXXX")
readonly work
trap 'rm -rf "$work"' EXIT

for program in sagad sagactl; do
    install -m 755 "$bin/$program" "$prefix/bin/$program"
    mkdir "$work/$program"
    "$scratch-manual/debug/generate-manual" "$bin/$program" --multi-page \
        --output-directory "$work/$program" >/dev/null
    install -d "$prefix/share/man/man1"
    install -m 644 "$work/$program"/*.1 "$prefix/share/man/man1/"
    for shell in bash zsh fish; do
        case $shell in
        bash) file=$prefix/share/bash-completion/completions/$program ;;
        zsh) file=$prefix/share/zsh/site-functions/_$program ;;
        fish) file=$prefix/share/fish/vendor_completions.d/$program.fish ;;
        esac
        "$bin/$program" --generate-completion-script "$shell" >"$work/completion"
        install -D -m 644 "$work/completion" "$file"
    done
done
printf 'installed in %s: sagad, sagactl, manual pages, completions for bash, zsh and fish\n' \
    "$prefix"
