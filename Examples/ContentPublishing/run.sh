#!/usr/bin/env bash
# Publishes on a coordinator of its own, and checks what can be seen of it.
#
#   Examples/ContentPublishing/run.sh            the release build, built if it is not current
#   Examples/ContentPublishing/run.sh --debug    what `swift build` has built; builds nothing
#
# Exits 0 only if all of it ended as it should. Safe to run twice at once.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare ContentPublishing content-publishing "${1:-}"
serve

cat >"$work/expected" <<'END'
1.0: /site/1.0 /newsletter/1.0 /social/1.0
    announced: 1.0; posts 3, counted 3
1.1: /site/1.1 /newsletter/1.1
    announced: 1.0, 1.1; posts 5, counted 5
1.2: There is no campaign forgotten; create undone; newsletter undone; site undone; social undone
    announced: 1.0, 1.1; posts 5, counted 5
2.0: PENDING, for tomorrow
2.0: Not ready
    announced: 1.0, 1.1; posts 5, counted 5
END
"$bin/content-publishing" --coordinator "$address" --database "$work/content-publishing.sqlite" 2>"$work/content-publishing.log" |
    tee "$work/shown" || fail 'content-publishing failed'
diff "$work/expected" "$work/shown" >&2 || fail 'that is not what should have happened (< expected)'
