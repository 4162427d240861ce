#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The real window in Xvfb: opens a repository, is asked a question by keyboard, and leaves a screenshot. It checks
# that the window comes up, stays alive and closes cleanly in the middle of reading; how it looks is for the eye.
# Usage: window.sh STRATA MODEL.gguf REPOSITORY SCREENSHOT.png [QUESTION [SECONDS]]
# Exit code 77 (skipped): no model or no Xvfb.
set -euo pipefail
strata=$1 model=$2 repository=$3 screenshot=$4 question=${5:-} seconds=${6:-30}
[ -f "$model" ] || { echo "skipped: no model at $model"; exit 77; }
for tool in Xvfb import xdotool; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done

home=$(mktemp -d)
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$home/cache} XDG_DATA_HOME=${XDG_DATA_HOME:-$home/data}
export XDG_CONFIG_HOME=${XDG_CONFIG_HOME:-$home/config} XDG_RUNTIME_DIR=$home
exec 3< <(Xvfb -displayfd 1 -screen 0 1440x900x24 -nolisten tcp 2>/dev/null & echo "pid $!"; wait)
read -r -u 3 _ xvfb
read -r -u 3 display
export DISPLAY=:$display
window=
trap 'kill $window $xvfb 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$home"' EXIT

"$strata" --model "$model" "$repository" &
window=$!
id=$(timeout 60 xdotool search --sync --onlyvisible --name Strata | head -1)
xdotool windowmove "$id" 0 0 windowsize "$id" 1440 900
if [ -n "$question" ]; then
  timeout 120 xdotool search --sync --name "$(basename "$repository") – Strata" >/dev/null
  sleep 2
  xdotool windowfocus "$id" key ctrl+l type --delay 5 "$question"
  xdotool key Return
fi
sleep "$seconds"
kill -0 $window  # it must still be alive
import -window root "$screenshot"

# Closed as a user would, in the middle of whatever it is doing.
xdotool windowfocus "$id" key ctrl+q
for _ in $(seq 100); do
  kill -0 $window 2>/dev/null || break
  sleep 0.2
done
if kill -0 $window 2>/dev/null; then echo "the window did not close"; exit 1; fi
wait $window
window=
