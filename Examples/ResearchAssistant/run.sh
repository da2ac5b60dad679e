#!/usr/bin/env bash
# Has topics researched on a coordinator of its own, and checks what is kept of them.
#
#   Examples/ResearchAssistant/run.sh            the release build, built if it is not current
#   Examples/ResearchAssistant/run.sh --debug    what `swift build` has built; builds nothing
#
# Exits 0 only if all of it ended as it should. Safe to run twice at once.

set -euo pipefail

# shellcheck source=Examples/daemon.sh
source "$(dirname "${BASH_SOURCE[0]}")/../daemon.sh"
prepare ResearchAssistant research-assistant "${1:-}"
serve

cat >"$work/expected" <<'END'
Research by a stand-in
Sagas: It is as one would think.
    attempts: plan 2, analyze 4, report 2
    kept: plan, analyze, report
Perpetual motion: There is nothing to report: NO.; analyze undone; plan undone
    attempts: plan 2, analyze 4, report 2
    kept: analyze (archived)
The stand-in was asked 20 times
END
"$bin/research-assistant" --coordinator "$address" --database "$work/research-assistant.sqlite" 2>"$work/research-assistant.log" |
    tee "$work/shown" || fail 'research-assistant failed'
# What a real model writes is not known in advance.
[[ -z ${MODEL_URL:-} ]] || exit 0
diff "$work/expected" "$work/shown" >&2 || fail 'that is not what should have happened (< expected)'
