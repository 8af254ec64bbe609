#!/usr/bin/env python3
"""Spreads the seeds of `livesync simulate` over a Dask cluster and merges the results.

A campaign is cut into shards. Each is one task: a worker runs `livesync simulate --shard I/N` and
gives its results back as text. A shard that is lost with its worker is run again elsewhere; where
the workers' folder outlives them, it goes on with what is there. The results of a shard are
written here once it is whole, so that this driver, too, can be started again after any end.

The program must lie at the same path on every worker.
"""

import argparse
import ctypes
import gzip
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from distributed import Client, KilledWorker, LocalCluster, as_completed

# How often a shard is given to the cluster anew after Dask has given it up.
TRIES = 5
# How often a shard waits for another process that still writes its file, and for how many seconds.
LOCK_WAITS, LOCK_SECONDS = 30, 1.0
# Exit codes of `livesync simulate` that are results: pass, and what a seed came to.
RESULTS = {0, 10, 11, 12, 13, 14, 15}


class ShardError(Exception):
    """A shard that no worker can run, and what the program says of it."""


def _end_with_parent():
    """A program whose worker is gone must not go on writing its file (prctl, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_shard(program, options, seeds, index, count, jobs, folder, commit):
    """Runs one shard on a worker. Returns its results as compressed lines."""
    folder = pathlib.Path(folder or pathlib.Path(tempfile.gettempdir()) / "livesync-campaign")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"results-{index}-of-{count}.jsonl"
    words = [program, "simulate", *options, "--seeds", seeds, "--shard", f"{index}/{count}",
             "--jobs", str(jobs), "--out", str(folder / name), "--resume", "--json"]
    environment = dict(os.environ, LIVESYNC_COMMIT=commit)
    for _ in range(LOCK_WAITS):
        done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, preexec_fn=_end_with_parent)
        if "is being written by another run" not in done.stderr:
            break
        time.sleep(LOCK_SECONDS)
    if done.returncode not in RESULTS:
        raise ShardError(f"shard {index}/{count}: code {done.returncode}: {done.stderr.strip()}")
    lines = (folder / name).read_bytes()
    os.unlink(folder / name)
    return gzip.compress(lines)


def write_whole(path, data):
    """Writes a file that is there whole or not at all."""
    draft = path.with_suffix(".draft")
    with open(draft, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


class Progress:
    """One line on a terminal, nothing in a pipe."""

    def __init__(self, shards, known):
        self.shards, self.done, self.known = shards, known, known
        self.seeds, self.failed, self.again = 0, 0, 0
        self.start = time.monotonic()

    def add(self, lines):
        self.done += 1
        for line in lines.splitlines():
            self.seeds += 1
            # Whether a verdict is a failure depends on the profile; the summary says it.
            self.failed += json.loads(line)["verdict"] in ("safety", "liveness", "crash")
        self.show()

    def show(self):
        if not sys.stderr.isatty():
            return
        spent = time.monotonic() - self.start
        own = self.done - self.known
        left = f"{spent / own * (self.shards - self.done):.0f} s left" if own else "…"
        print(f"\r\x1b[K{self.done} of {self.shards} shards, {self.failed} failures, "
              f"{self.seeds / max(spent, 0.001):.1f} seeds/s, {self.again} run again, {left}",
              end="", file=sys.stderr, flush=True)

    def end(self):
        if sys.stderr.isatty():
            print(file=sys.stderr)


def run_campaign(client, program, options, seeds, shards, out, jobs=1, folder=None, commit=None,
                 on_shard=None):
    """Runs all shards that have no file in `out`. Returns the number of shards run again."""
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    commit = commit or os.environ.get("LIVESYNC_COMMIT", "unknown")
    paths = {index: out / f"results-{index}-of-{shards}.jsonl" for index in range(shards)}
    missing = [index for index in range(shards) if not paths[index].exists()]
    progress = Progress(shards, shards - len(missing))

    def submit(index):
        return client.submit(run_shard, program, options, seeds, index, shards, jobs, folder,
                             commit, key=f"shard-{index}-{time.monotonic_ns()}", pure=False)

    tasks = {submit(index): index for index in missing}
    tries = dict.fromkeys(missing, 1)
    running = as_completed(list(tasks))
    for task in running:
        index = tasks.pop(task)
        try:
            lines = gzip.decompress(task.result())
        except KilledWorker:
            # Dask gives a task up that has lost several workers; a shard may be unlucky.
            if tries[index] >= TRIES:
                raise
            tries[index] += 1
            progress.again += 1
            again = submit(index)
            tasks[again] = index
            running.add(again)
            continue
        write_whole(paths[index], lines)
        # Else Dask would run it again if its worker is lost later.
        task.release()
        progress.add(lines)
        if on_shard:
            on_shard(index)
    progress.end()
    return progress.again


def merge(program, seeds, shards, out, as_json=False):
    """Sums up all results in `out`. Returns the exit code of `livesync campaign merge`."""
    out = pathlib.Path(out)
    files = [str(out / f"results-{index}-of-{shards}.jsonl") for index in range(shards)]
    words = [program, "campaign", "merge", *files, "--seeds", seeds,
             "--out", str(out / "results.jsonl")] + (["--json"] if as_json else [])
    return subprocess.run(words).returncode


def main():
    parser = argparse.ArgumentParser(
        description="Run a campaign of livesync simulate on a Dask cluster.",
        epilog="What follows -- goes to livesync simulate, such as -- --profile wild.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--scheduler", metavar="ADDRESS", help="such as tcp://10.0.0.1:8786")
    where.add_argument("--local", type=int, metavar="N", help="N workers on this machine")
    parser.add_argument("--program", default="livesync", help="path of livesync on the workers")
    parser.add_argument("--seeds", required=True, metavar="A..<B")
    parser.add_argument("--shards", type=int, required=True, metavar="N",
                        help="several for each worker, so that a lost one costs little")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="processes of each shard at the same time (1)")
    parser.add_argument("--out", required=True, metavar="DIR", help="where results go, here")
    parser.add_argument("--work", metavar="DIR",
                        help="where shards are written on the workers; shared, if there is such")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("options", nargs="*", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.local:
        cluster = LocalCluster(n_workers=words.local, threads_per_worker=1, processes=True,
                               dashboard_address=None)
        client = Client(cluster)
    else:
        client = Client(words.scheduler)
    try:
        with client:
            run_campaign(client, words.program, words.options, words.seeds, words.shards,
                         words.out, words.jobs, words.work)
    except ShardError as error:
        print(f"dask_campaign: {error}", file=sys.stderr)
        return 2
    except KilledWorker as error:
        print(f"dask_campaign: a shard lost its worker {TRIES} times over: {error}",
              file=sys.stderr)
        return 1
    return merge(words.program, words.seeds, words.shards, words.out, words.json)


if __name__ == "__main__":
    sys.exit(main())
