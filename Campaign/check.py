#!/usr/bin/env python3
"""Checks the driver on a local cluster of two workers, one of which is killed in the middle, and
that the files in Docs/Campaigns.md can be read.

usage: check.py PROGRAM
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import yaml
from distributed import Client, LocalCluster

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import dask_campaign  # noqa: E402

SEEDS, SHARDS = "0..<24", 8
OPTIONS = ["--scenario", "plain", "--accounts", "600", "--blocks", "50"]


def results(path):
    """The results of a file by seed, without the wall time, which may differ."""
    by_seed = {}
    for line in pathlib.Path(path).read_text().splitlines():
        result = json.loads(line)
        result.pop("wall_ns")
        assert result["seed"] not in by_seed, f"seed {result['seed']} stands twice"
        by_seed[result["seed"]] = result
    return by_seed


def check_cluster(program, folder):
    """The results of a cluster that loses a worker are those of one process."""
    alone = folder / "alone.jsonl"
    environment = dict(os.environ, LIVESYNC_COMMIT="check")
    subprocess.run([program, "simulate", *OPTIONS, "--seeds", SEEDS, "--jobs", "2", "--out",
                    str(alone), "--json"], check=True, env=environment, stdout=subprocess.DEVNULL)
    killed = []
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                      dashboard_address=None) as cluster, Client(cluster) as client:

        def kill_busy():
            """Kills a worker's process while it runs a shard."""
            while not killed:
                pids = {name: worker.pid for name, worker in cluster.workers.items()}
                info = client.scheduler_info(n_workers=-1)["workers"]
                names = {address: entry["name"] for address, entry in info.items()}
                for address, tasks in client.processing().items():
                    if tasks and pids.get(names.get(address)):
                        os.kill(pids[names[address]], signal.SIGKILL)
                        killed.append((address, list(tasks)))
                        return
                time.sleep(0.02)

        def on_shard(index):
            if not killer.is_alive() and not killed:
                killer.start()

        killer = threading.Thread(target=kill_busy)
        dask_campaign.run_campaign(
            client, program, OPTIONS, SEEDS, SHARDS, folder / "out", folder=folder / "work",
            commit="check", on_shard=on_shard)
        killer.join()
    assert killed, "no worker was killed"
    code = dask_campaign.merge(program, SEEDS, SHARDS, folder / "out")
    assert code == 0, f"merging gave {code}"
    merged, expected = results(folder / "out" / "results.jsonl"), results(alone)
    assert list(merged) == sorted(merged) and len(merged) == 24
    assert merged == expected, "a cluster gives other results than one process"
    print(f"two workers, one killed with {len(killed[0][1])} shards: {len(merged)} equal results")


def check_page(page):
    """The complete files on the page can be read by what they are for."""
    blocks = re.findall(r"```(\w+)\n(.*?)```", page.read_text(), re.DOTALL)
    kinds = []
    for kind, text in blocks:
        if kind == "yaml":
            documents = list(yaml.safe_load_all(text))
            job = next(document for document in documents if document["kind"] == "Job")
            spec = job["spec"]
            assert spec["completionMode"] == "Indexed"
            words = " ".join(spec["template"]["spec"]["containers"][0]["command"])
            assert f"$(JOB_COMPLETION_INDEX)/{spec['completions']}" in words, words
        elif kind == "bash":
            subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        else:
            continue
        kinds.append(kind)
    assert "yaml" in kinds and kinds.count("bash") >= 1, kinds
    print(f"{page.name}: {len(kinds)} files can be read")


def main():
    page = pathlib.Path(__file__).parent.parent / "Docs" / "Campaigns.md"
    check_page(page)
    with tempfile.TemporaryDirectory() as folder:
        check_cluster(os.path.abspath(sys.argv[1]), pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
