#!/usr/bin/env python3
"""Counts the seeds until each planted bug is found (Docs/Mutants.md).

usage: mutants.py PROGRAM [--only NAME[,NAME…]] [--seeds N] [--jobs N] [--json] [--write]

PROGRAM is `livesync` built with -Xswiftc -DMUTANTS. Which campaign is to find a mutant stands in the
table of the page; --write puts what was measured there. Exit codes: 0 all are found, half of them
within 30 seeds, 1 not so, or a campaign fails without a mutant, 2 unusable arguments or sources.
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES, PAGE = ROOT / "Sources", ROOT / "Docs/Mutants.md"
CASES = SOURCES / "Primitives/Mutant.swift"
BEGIN, END = "<!-- mutants -->\n", "<!-- /mutants -->\n"
HEAD = ("| mutant | area | what is wrong | where | campaign | seeds | found by |\n"
        "|---|---|---|---|---|---|---|\n")
SEEDS_MAX, MEDIAN_MAX, CONTROL_SEEDS = 1000, 30, 30
# The first seeds find most mutants, so batches begin small.
BATCHES = [2, 6, 22, 70, 200, 300, 400]
# No seed of these campaigns takes longer than some seconds; one that takes so long does not end.
SEED_SECONDS_MAX = 180


class Unusable(Exception):
    """What is given cannot be used."""


def mutants():
    """Name, area and meaning of each mutant, in the order of the enum."""
    found, area, meaning = [], None, []
    for line in CASES.read_text().splitlines():
        line = line.strip()
        if line.startswith("// MARK: "):
            area = line.removeprefix("// MARK: ").lower()
        elif line.startswith("/// "):
            meaning.append(line.removeprefix("/// "))
        else:
            if line.startswith("case "):
                found.append((line.removeprefix("case "), area, " ".join(meaning)))
            meaning = []
    return found


def places(name):
    """The files that have a site of a mutant."""
    return sorted(str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*.swift")
                  if re.search(rf"Mutant\.isOn\(\.{name}\)", path.read_text()))


def rows():
    """Campaign, seeds and what found it, by mutant, as the page has them."""
    table = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")]
             for line in table.splitlines()[2:]]
    return {row[0]: row[4:7] for row in cells}


def write(results):
    """Puts the table into the page, in the order of the enum."""
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    old, lines = rows(), ""
    for name, area, meaning in mutants():
        campaign, seeds, check = old[name]
        if name in results:
            seeds, check = results[name]["seeds"] or "", results[name]["check"]
        files = ", ".join(f"`{place}`" for place in places(name))
        lines += f"| `{name}` | {area} | {meaning} | {files} | `{campaign}` | {seeds} | {check} |\n"
    PAGE.write_text(before + BEGIN + HEAD + lines + END + after)


class Campaign:
    """One command that runs seeds, with or without a mutant."""

    def __init__(self, program, jobs):
        self.program, self.jobs = program, jobs

    def failures(self, campaign, seeds, mutant=None):
        """Which of the seeds (a range) fail, and by which check: [(seed, check)]."""
        words = shlex.split(campaign)
        # `simulate` has jobs of its own.
        shares = 1 if words[0] == "simulate" else min(self.jobs, len(seeds))
        size = -(-len(seeds) // shares)
        parts = [seeds[start:start + size] for start in range(0, len(seeds), size)]
        with ThreadPoolExecutor(shares) as pool:
            found = pool.map(lambda part: self.part(words, part, mutant), parts)
        return sorted(failure for part in found for failure in part)

    def part(self, words, seeds, mutant):
        options = ["--jobs", str(self.jobs)] if words[0] == "simulate" else []
        command = [self.program, *words, "--seeds", f"{seeds[0]}...{seeds[-1]}", *options, "--json"]
        environment = dict(os.environ, LIVESYNC_MUTANT=mutant or "", LIVESYNC_COMMIT="mutants",
                           SWIFT_BACKTRACE="enable=no")
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            output, errors = process.communicate(timeout=SEED_SECONDS_MAX * (1 + len(seeds) / 10))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return self.alone(words, seeds, mutant, "no end")
        if process.returncode in (0, 10, 11, 13, 14, 15):
            # A run that proves too little, or that nobody can win, finds nothing.
            return [(failure["seed"], check(failure)) for failure in json.loads(output)["failures"]
                    if failure.get("verdict") not in ("vacuous", "unwinnable")]
        if process.returncode < 0:
            return self.alone(words, seeds, mutant, "crash")
        raise Unusable(f"{shlex.join(command)}: {errors.decode(errors='replace').strip()}")

    def alone(self, words, seeds, mutant, check):
        """Of several seeds one took the process down; of one, it is the one."""
        if len(seeds) == 1:
            return [(seeds[0], check)]
        for seed in seeds:
            found = self.part(words, range(seed, seed + 1), mutant)
            if found:
                return found
        return []


def check(failure):
    """What found a failure: the rule that the reason begins with, or the verdict."""
    reason = failure.get("reason") or failure.get("failure") or ""
    rule = re.match(r"([A-Z]\d+|[a-z]+(?:_[a-z]+)+):", reason)
    return rule[1] if rule else failure.get("verdict", "failure")


def progress(text):
    """One line that moves, on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def hunt(runner, name, campaign, most):
    """Runs seeds from 1 on until one fails."""
    first, begin = 1, time.monotonic()
    for size in BATCHES:
        if first > most:
            break
        seeds = range(first, min(first + size, most + 1))
        progress(f"{name}: seeds {seeds[0]} to {seeds[-1]}, {time.monotonic() - begin:.0f} s")
        found = runner.failures(campaign, seeds, name)
        if found:
            return found[0][0], found[0][1], time.monotonic() - begin
        first += size
    return None, "", time.monotonic() - begin


def arguments():
    parser = argparse.ArgumentParser(description="Counts the seeds until each mutant is found.")
    parser.add_argument("program")
    parser.add_argument("--only", help="names of mutants, with commas between")
    parser.add_argument("--seeds", type=int, default=SEEDS_MAX, help="most seeds for each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument("--write", action="store_true", help="put the results into the page")
    return parser.parse_args()


def control(runner, campaigns):
    """Campaigns that fail without a mutant: what they find means nothing."""
    failing = {}
    for campaign in campaigns:
        progress(f"without a mutant: {campaign}")
        found = runner.failures(campaign, range(1, CONTROL_SEEDS + 1))
        if found:
            failing[campaign] = found
    return failing


def main():
    given = arguments()
    known = {name: (area, campaign) for (name, area, _), campaign
             in ((mutant, rows().get(mutant[0], [""])[0]) for mutant in mutants())}
    wanted = given.only.split(",") if given.only else list(known)
    for name in wanted:
        if name not in known:
            raise Unusable(f"there is no mutant {name}")
        if not known[name][1] or not places(name):
            raise Unusable(f"{name} has no row with a campaign in {PAGE}, or no site")
    runner = Campaign(given.program, given.jobs)
    campaigns = list(dict.fromkeys(known[name][1] for name in wanted))
    failing = control(runner, campaigns)
    results = {}
    if not given.json:
        print(f"{'mutant':26}{'area':16}{'seeds':>6}  {'found by':22}{'time':>7}  campaign")
    for name in wanted:
        area, campaign = known[name]
        seeds, found_by, seconds = hunt(runner, name, campaign, given.seeds)
        results[name] = {"area": area, "campaign": campaign, "where": places(name), "seeds": seeds,
                         "check": found_by, "seconds": round(seconds, 1)}
        progress("")
        if not given.json:
            print(f"{name:26}{area:16}{seeds or '-':>6}  {found_by or 'not found':22}"
                  f"{seconds:6.0f}s  {campaign}", flush=True)
    counts = [result["seeds"] for result in results.values() if result["seeds"]]
    median = statistics.median(counts) if counts else None
    missed = [name for name, result in results.items() if not result["seeds"]]
    if given.write:
        write(results)
    if given.json:
        print(json.dumps({"mutants": results, "median": median, "missed": missed,
                          "failing_without": failing}, indent=2))
    else:
        for campaign, found in failing.items():
            print(f"fails without a mutant: {campaign}: {found}")
        print(f"{len(counts)} of {len(results)} are found within {given.seeds} seeds, "
              f"the median is {median}")
    return 1 if missed or failing or not counts or median > MEDIAN_MAX else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unusable as error:
        print(f"mutants.py: {error}", file=sys.stderr)
        sys.exit(2)
