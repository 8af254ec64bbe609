#!/usr/bin/env bash
# Runs the built tests: each target of Tests in a process of its own, as many at a time as there are
# processors, and then, alone and one after another, those that live in real time. Within a process
# tests run one after another: side by side they would share the few threads of Swift's pool, which
# a test that waits for a program holds, and be late without a fault.
#
#   Tests/run.sh BUNDLE REAL_TIME
#
# BUNDLE is the program with the tests, REAL_TIME the expression that names those in real time. It
# prints a line for each target, all that a failing one said, and `N passed, N failed`; it fails if
# a test fails, a process ends in the middle, or a target has no test.
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
  local name=$1 log=$LOGS/$1 code=0 start=$SECONDS
  shift
  "$BUNDLE" --testing-library swift-testing --no-parallel "$@" > "$log" 2>&1 || code=$?
  local ran passed failed left
  ran=$(sed -nE 's/.*Test run with ([0-9]+) tests?.*/\1/p' "$log" | tail -n 1)
  passed=$(grep -E '^✔ Test .* passed after' "$log" | grep -cvE '^✔ Test run with' || true)
  failed=$(grep -E '^✘ Test .* failed after' "$log" | grep -cvE '^✘ Test run with' || true)
  left=$(grep -cE '^➜ Test .* skipped' "$log" || true)
  # 69 says that the options chose none: those in real time have their turn later.
  if [ "$code" = 69 ] && [ "$ran" = 0 ]; then code=0; fi
  if [ "$failed" = 0 ] && { [ "$code" != 0 ] || [ -z "$ran" ]; }; then failed=1; fi
  printf '%-40s %5d passed %3d failed %4d s\n' \
    "$name" "$passed" "$failed" $((SECONDS - start))
  if [ "$failed" != 0 ]; then
    grep -vE '^(◇|✔|↳ /// )' "$log" || true
    tail -n 3 "$log"
  fi
  echo "$passed $failed $left" > "$log.count"
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

passed=0 failed=0 left=0
for count in "$LOGS"/*.count; do
  read -r one two three < "$count"
  passed=$((passed + one)) failed=$((failed + two)) left=$((left + three))
done
for target in Tests/*Tests; do
  target=${target##*/}
  grep -q "^$target\." "$LOGS/list" || { echo "$target has no test"; failed=$((failed + 1)); }
done
known=$(grep -c . "$LOGS/list")
if [ $((passed + failed + left)) -lt "$known" ]; then
  echo "of $known tests only $((passed + failed + left)) were run"
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, $left skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
