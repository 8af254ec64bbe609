"""Measures a key-value node beside redis-server, one after the other in many rounds.

usage: kv_bench.py [--rounds N] [--scale PERCENT] [--keys N] [--pipelines N,N] [--fsync no|everysec|always]
       PROGRAM ...

PROGRAM with its first words starts the node, such as `.build/release/livesync kv`. Needs
redis-server and redis-benchmark on the path. Both keep their data in memory; with --fsync both
write a log and ask the disk for it so often. The node replicates, so tree and sketch follow. Prints
a table: requests a second and the slowest hundredth in the median of the rounds, and the processor
time of the server for a request, which a machine with other work on it does not change much.
"""

import argparse
import csv
import io
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--scale", type=int, default=100)
parser.add_argument("--keys", type=int, default=100_000)
parser.add_argument("--pipelines", default="1,16,64")
parser.add_argument("--fsync", choices=["no", "everysec", "always"])
parser.add_argument("program", nargs=argparse.REMAINDER)
options = parser.parse_args()

PIPELINES = {pipeline: {1: 100_000, 16: 1_000_000, 64: 2_000_000}.get(pipeline, 500_000)
             for pipeline in map(int, options.pipelines.split(","))}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(words, port):
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{words} does not listen")


def processor_seconds(process):
    total = 0
    for task in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{task}/schedstat") as stat:
            total += int(stat.read().split()[0])
    return total / 1e9


def measure(process, port, command, pipeline):
    count = PIPELINES[pipeline] * options.scale // 100
    before = processor_seconds(process)
    words = ["redis-benchmark", "-p", str(port), "-t", command, "-n", str(count), "-P",
             str(pipeline), "-d", "32", "--csv"]
    if options.keys > 1:
        words += ["-r", str(options.keys)]
    output = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    used = processor_seconds(process) - before
    row = [r for r in csv.reader(io.StringIO(output)) if r and r[0] == command.upper()][0]
    return float(row[1]), float(row[6]), used / count * 1e6


ports = {"redis-server": free_port(), "livesync kv": free_port()}
folder = tempfile.TemporaryDirectory()
theirs, ours = ["--appendonly", "no"], []
if options.fsync:
    theirs = ["--appendonly", "yes", "--appendfsync", options.fsync]
    ours = ["--data", folder.name + "/node", "--fsync", options.fsync]
servers = {
    "redis-server": start(
        ["redis-server", "--port", str(ports["redis-server"]), "--save", "", "--dir", folder.name,
         *theirs], ports["redis-server"]),
    "livesync kv": start(
        [*options.program, "--listen", f"127.0.0.1:{ports['livesync kv']}", "--replicate",
         f"127.0.0.1:{free_port()}", *ours], ports["livesync kv"]),
}
results = {}
for number in range(options.rounds):
    names = list(servers) if number % 2 == 0 else list(servers)[::-1]
    for pipeline in PIPELINES:
        for command in ("set", "get"):
            for name in names:
                results.setdefault((pipeline, command, name), []).append(
                    measure(servers[name], ports[name], command, pipeline))
for process in servers.values():
    process.send_signal(signal.SIGTERM)
    process.wait()

if options.fsync:
    print(f"fsync {options.fsync}")
print(f"{options.keys} keys, 32 bytes, 50 clients, median of {options.rounds} rounds\n")
print("| pipeline | | Redis, 1/s | livesync, 1/s | ratio | Redis p99, ms | livesync p99, ms "
      "| Redis time, us | livesync time, us | ratio |")
print("|---|---|---|---|---|---|---|---|---|---|")
for pipeline in PIPELINES:
    for command in ("set", "get"):
        def median(name, field):
            return statistics.median(r[field] for r in results[pipeline, command, name])
        pairs = list(zip(results[pipeline, command, "livesync kv"],
                         results[pipeline, command, "redis-server"]))
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in pairs)
        saved = statistics.median(theirs[2] / ours[2] for ours, theirs in pairs)
        a, b = "redis-server", "livesync kv"
        print(f"| {pipeline} | {command.upper()} | {median(a, 0):,.0f} | {median(b, 0):,.0f} "
              f"| {ratio:.2f} | {median(a, 1):.2f} | {median(b, 1):.2f} | {median(a, 2):.2f} "
              f"| {median(b, 2):.2f} | {saved:.2f} |")
