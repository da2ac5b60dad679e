#!/usr/bin/env bash
# Has articles written on a coordinator of its own, and checks what is kept of them.
#
#   Examples/ContentGeneration/run.sh            the release build, built if it is not current
#   Examples/ContentGeneration/run.sh --debug    what `swift build` has built; builds nothing
#
# Exits 0 only if all of it ended as it should. Safe to run twice at once.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare ContentGeneration content-generation "${1:-}"
serve

cat >"$work/expected" <<'END'
Articles by a stand-in
Tea: published at /tea
    draft 1  article 1  page 1
Tea: There is an article "Tea" already; generate undone
    draft 1  article 1  page 1
Secret teas: kept, not published
    draft 2  article 2  page 1
END
"$bin/content-generation" --coordinator "$address" --database "$work/content-generation.sqlite" 2>"$work/content-generation.log" |
    tee "$work/shown" || fail 'content-generation failed'
# What a real model writes is not known in advance.
[[ -z ${MODEL_URL:-} ]] || exit 0
diff "$work/expected" "$work/shown" >&2 || fail 'that is not what should have happened (< expected)'
