#!/usr/bin/env bash
# Runs the lines of README.md that show two replicas, exactly as they stand there, and checks what they
# print. Ports 3000, 3001, 4000 and 4001 must be free.
#
# usage: kv_readme.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
readme=$(realpath "$(dirname "$0")/../../README.md")
folder=$(mktemp -d)
# Each job is a group of its own, of a shell and the program in it.
end() {
  local jobs
  jobs=$(jobs -p)
  for job in $jobs; do kill -- "-$job" 2> /dev/null || true; done
  # The shell of a job ends before the program in it, which writes on in the folder until then.
  for job in $jobs; do
    for _ in $(seq 200); do kill -0 -- "-$job" 2> /dev/null || break; sleep 0.05; done
  done
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
# Jobs have numbers, as at a prompt.
set -m
livesync() { "$program" "$@"; }
# At a prompt nc goes on until Ctrl-C.
nc() { command nc -q 1 "$@"; }
lines=$(sed -n '/<!-- two replicas -->/,/<!-- end of two replicas -->/p' "$readme" | grep -v '^<!--\|^```\|^$')
[ "$(wc -l <<< "$lines")" -ge 10 ] || { echo "README.md shows no replicas" >&2; exit 1; }
output="$folder/output"
while IFS= read -r line; do
  echo "$ $line"
  eval "$line" < /dev/null >> "$output" 2> "$folder/errors"
  if [[ $line == *'--listen 127.0.0.1:'* ]]; then
    port=${line#*--listen 127.0.0.1:}
    port=${port%% *}
    tries=0
    until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
      tries=$((tries + 1))
      [ $tries -lt 600 ] || { echo "nothing listens at port $port" >&2; exit 1; }
      sleep 0.1
    done
  fi
done <<< "$lines"
cat "$output"
# What the first lines of nc and redis-cli gave, without carriage returns.
printed=$(tr -d '\r' < "$output")
for expected in "+OK" "myvalue" "b was away"; do
  grep -qF -- "$expected" <<< "$printed" || { echo "no '$expected' was printed" >&2; exit 1; }
done
[ "$(tail -n 2 <<< "$printed" | sort -u | wc -l)" = 1 ] || { echo "the digests differ" >&2; exit 1; }
echo "README.md's replicas are equal"
