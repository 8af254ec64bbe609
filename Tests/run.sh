#!/usr/bin/env bash
# Runs the built tests: each target of Tests in a process of its own, as many at a time as there are
# processors, and then, alone and one after another, those that live in real time. Within a process
# tests run one after another: side by side they would share the few threads of Swift's pool, which
# a test that waits for a program holds, and be late without a fault.
#
#   Tests/run.sh BUNDLE REAL_TIME
#
# BUNDLE is the program with the tests, REAL_TIME the expression that names those in real time. It
# prints a line for each target, at the end all that a failing one said and which tests were not
# run, and `N passed, N failed`; it fails if a test fails, a process ends in the middle, a test is
# not run, or a target has no test. What ended how is read from the library's stream of events, since
# a program that a test starts may write into the middle of a line of the log.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUNDLE=$1 REAL_TIME=$2 NO_COLOR=1
LOGS=$(mktemp -d)
export LOGS
trap 'rm -rf "$LOGS"' EXIT

"$BUNDLE" --testing-library swift-testing --list-tests > "$LOGS/list"

# What runs in one process: a target, or a suite of one that takes minutes. The longest come first,
# so that none of them is the last alone.
units=$(
  for name in SimulationTests.WildTests CommandTests ReplicaSimulationTests KeyValueTests \
    SimulatedLinksTests FuzzTests SimulationTests.SilentMinorityTests; do echo "$name"; done
  sed -nE 's/^(SimulationTests\.[A-Za-z]+)\/.*/\1/p' "$LOGS/list" | sort -u
  sed -nE 's/^([A-Za-z]+)\..*/\1/p' "$LOGS/list" | sort -u | grep -vx SimulationTests
)
units=$(awk '!seen[$0]++' <<< "$units")

# Runs tests by the name $1 and the options after it.
run() {
  local name=$1 log=$LOGS/$1 events=$LOGS/$1.events code=0 start=$SECONDS
  shift
  "$BUNDLE" --testing-library swift-testing --no-parallel "$@" \
    --event-stream-output-path "$events" --event-stream-version 0 > "$log" 2>&1 || code=$?
  local passed failed has_ended=1
  # Of a suite the name has no slash.
  grep -E '"kind":"(testEnded|testSkipped)".*"testID":"[^"]*\\/' "$events" > "$events.ended" || true
  passed=$(grep -F '"kind":"testEnded"' "$events.ended" | grep -vcF '"symbol":"fail"' || true)
  failed=$(grep -cF '"symbol":"fail"' "$events.ended" || true)
  grep -qF '"kind":"runEnded"' "$events" || has_ended=0
  # 69 says that the options chose none: those in real time have their turn later.
  if [ "$code" = 69 ] && [ "$passed" = 0 ]; then code=0; fi
  if [ "$failed" = 0 ] && { [ "$code" != 0 ] || [ "$has_ended" = 0 ]; }; then failed=1; fi
  printf '%-40s %5d passed %3d failed %4d s\n' \
    "$name" "$passed" "$failed" $((SECONDS - start))
  if [ "$failed" != 0 ]; then
    {
      echo
      echo "$name failed (exit code $code):"
      grep -vE '^(◇|✔|↳ /// )' "$log" || true
      tail -n 3 "$log"
    } > "$log.failure"
  fi
  echo "$passed $failed" > "$log.count"
}
export -f run

run_unit() {
  local filter="^${1//./\\.}\."
  [[ $1 != *.* ]] || filter="^${1//./\\.}/"
  run "$1" --filter "$filter" --skip "$REAL_TIME"
}
export -f run_unit

xargs -P "$(nproc)" -I{} bash -c 'run_unit {}' <<< "$units"
run 'in real time' --filter "$REAL_TIME"

passed=0 failed=0
for count in "$LOGS"/*.count; do
  read -r one two < "$count"
  passed=$((passed + one)) failed=$((failed + two))
done
for target in Tests/*Tests; do
  target=${target##*/}
  grep -q "^$target\." "$LOGS/list" || { echo "$target has no test"; failed=$((failed + 1)); }
done
cat "$LOGS"/*.failure 2> /dev/null || true
# A name of the stream has the place in its file behind the last slash.
cat "$LOGS"/*.ended | sed -E 's/.*"testID":"([^"]*)\\\/[^"]*".*/\1/; s/\\\//\//g' | sort -u > "$LOGS/ended"
left=$(cat "$LOGS"/*.ended | grep -cF '"kind":"testSkipped"' || true)
while read -r test; do
  echo "not run: $test"
  failed=$((failed + 1))
done < <(sort -u "$LOGS/list" | comm -23 - "$LOGS/ended")
echo "$passed passed, $failed failed, $left skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
