#!/bin/bash
# Takes an existing Redis over, and gives its keys back.
#
# usage: kv_aof.sh PROGRAM
#
# PROGRAM is livesync. Needs redis-server, redis-cli and redis-check-aof on the path.
set -euo pipefail
program=$1
folder=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done; wait || true; rm -rf "$folder"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ready() { for _ in $(seq 100); do redis-cli -p "$1" PING 2> /dev/null | grep -q PONG && return; sleep 0.1; done; fail "port $1 does not answer"; }
redis() { # DIR PORT OPTION...: a redis-server that keeps an AOF
  local dir=$1 port=$2; shift 2
  mkdir -p "$dir"
  redis-server --port "$port" --dir "$dir" --appendonly yes --save '' --aof-use-rdb-preamble no "$@" > "$dir/log" &
  pids+=($!)
  ready "$port"
}
values() { # PORT: all keys with their values and whether their time ends
  redis-cli -p "$1" --scan | sort | while read -r key; do
    echo "$key $(redis-cli -p "$1" GET "$key") $(($(redis-cli -p "$1" PTTL "$key") > 0))"
  done
}

# 1. Redis writes an AOF of its own, with all that is allowed in one.
old=$(port); redis "$folder/old" "$old"
for number in $(seq 200); do echo "SET key:$number value:$number"; done | redis-cli -p "$old" > /dev/null
redis-cli -p "$old" > /dev/null << 'C'
SET n 5
INCRBY n 37
APPEND key:1 -more
MSET a 1 b 2
DEL b key:2
SET timed 1 EX 1000
EXPIRE key:3 2000
MULTI
SET in 1
INCR in
EXEC
BGREWRITEAOF
C
for _ in $(seq 100); do redis-cli -p "$old" INFO persistence | grep -q 'aof_rewrite_in_progress:0' && break; sleep 0.1; done
redis-cli -p "$old" SET late 1 > /dev/null
values "$old" > "$folder/expected"
redis-cli -p "$old" SHUTDOWN 2> /dev/null || true

# 2. A node takes it over.
aof=$folder/old/appendonly.aof
[ -d "$folder/old/appendonlydir" ] && aof=$folder/old/appendonlydir
"$program" kv import-aof "$aof" "$folder/data"
"$program" db check "$folder/data"
own=$(port)
"$program" kv --listen "127.0.0.1:$own" --data "$folder/data" --fsync always > /dev/null & pids+=($!)
node=$!
ready "$own"
values "$own" | diff "$folder/expected" - || fail "the node has other keys"

# 3. What it acknowledges survives kill -9, and a backup is made while it runs.
redis-cli -p "$own" SET killed 1 > /dev/null
kill -9 $node; wait $node 2> /dev/null || true
"$program" kv --listen "127.0.0.1:$own" --data "$folder/data" --fsync always > /dev/null & pids+=($!)
node=$!
ready "$own"
[ "$(redis-cli -p "$own" GET killed)" = 1 ] || fail "an acknowledged write is lost"
[ "$(redis-cli -p "$own" SAVE)" = OK ] || fail "SAVE"
redis-cli -p "$own" DEL killed > /dev/null
"$program" kv backup "$folder/data" "$folder/backup"
kill $node; wait $node || true
"$program" kv restore "$folder/backup" "$folder/restored"

# 4. Redis verifies and loads what is exported of it.
"$program" kv export-aof "$folder/restored" "$folder/out.aof"
redis-check-aof "$folder/out.aof" | grep -q 'is valid' || fail "redis-check-aof"
mkdir -p "$folder/new/appendonlydir"
cp "$folder/out.aof" "$folder/new/appendonlydir/appendonly.aof.1.incr.aof"
echo "file appendonly.aof.1.incr.aof seq 1 type i" > "$folder/new/appendonlydir/appendonly.aof.manifest"
new=$(port); redis "$folder/new" "$new"
values "$new" | diff "$folder/expected" - || fail "Redis has other keys"

# 5. An RDB preamble is refused with what to do.
if "$program" kv import-aof /dev/stdin "$folder/x" < /dev/null 2> /dev/null; then fail "a device was taken"; fi
printf 'REDIS0010' > "$folder/preamble.aof"
said=$("$program" kv import-aof "$folder/preamble.aof" "$folder/y" 2>&1 || true)
[[ $said == *"aof-use-rdb-preamble no"* ]] || fail "the preamble: $said"
echo "kv_aof: $(wc -l < "$folder/expected") keys there and back"
