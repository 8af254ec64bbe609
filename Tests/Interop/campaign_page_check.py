#!/usr/bin/env python3
"""Opens the page about a campaign in headless Chromium: its script runs without an error, it asks
nobody for anything, sorting works, and every number on it is that of `campaign merge --json`.

Usage: campaign_page_check.py LIVESYNC RESULTS PAGE [PICTURE]
"""

import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from report_page import chromium, grouped, opened


def value(summary: dict, path: str):
    for step in path.split("/"):
        summary = summary[int(step)] if step.isdigit() and isinstance(summary, list) else summary[step]
    return summary


def check_numbers(dom: str, summary: dict) -> int:
    figures = re.findall(r'<data value="(\d+)" data-figure="([^"]+)">([^<]*)</data>', dom)
    for number, path, text in figures:
        wanted = value(summary, html.unescape(path))
        assert int(number) == wanted, f"{path} is {number} on the page, {wanted} in the summary"
        if not path.endswith("_ns") and "per_mille" not in path or path.endswith("/runs"):
            assert text == grouped(wanted), f"{path}: {text!r}, not {grouped(wanted)!r}"
    shown = {html.unescape(path) for _, path, _ in figures}
    for part in ("marks", "coverage"):
        missing = {f"{part}/{name}" for name in summary[part]} - shown
        assert not missing, f"not on the page: {sorted(missing)[:5]}"
    for name in ("seeds", "passed", "failed", "chunks_accepted", "rebranches"):
        assert name in shown, f"{name} is not on the page"
    return len(figures)


def check_tables(dom: str, summary: dict) -> None:
    for name in ("groups", "failures", "slow_seeds"):
        body = re.search(rf'<tbody data-table="{name}">(.*?)</tbody>', dom, re.S)
        rows = body[1].count("<tr>") if body else 0
        wanted = min(len(summary.get(name, [])), 500)
        assert rows == wanted, f"{name}: {rows} rows on the page, {wanted} in the summary"
    bars = re.findall(r'data-runs="(\d+)" data-step="(\d+)"', dom)
    assert {step: int(runs) for runs, step in bars} == summary.get("limit_steps", {}), "histogram"
    for name in summary["missed"]:
        assert html.escape(name.split(" ", 1)[1]) in dom, name
    for failure in summary["failures"]:
        assert html.escape(failure["replay"]) in dom, failure["replay"]


def check_sorting(page: str, folder: str) -> None:
    """A copy of the page whose second script presses a head, under the same rules."""
    press = ("<script>addEventListener('load',()=>{const body=document.querySelector("
             "'tbody[data-table=slow_seeds]');"
             "body.closest('table').querySelector('th button').click();});</script>")
    copy = Path(folder) / "sorted.html"
    copy.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
                    .replace("</body>", press + "</body>"))
    dom, log = chromium(copy.as_uri(), "--dump-dom")
    assert ":CONSOLE" not in log, log
    seeds = [int(n) for n in re.findall(r'value="(\d+)" data-figure="slow_seeds/\d+/seed"', dom)]
    assert seeds == sorted(seeds, reverse=True), f"pressing a head sorts nothing: {seeds}"


def main() -> None:
    program, results, page_path, *picture = sys.argv[1:]
    subprocess.run([program, "campaign", "report", results, "-o", page_path],
                   capture_output=True, check=True)
    merged = subprocess.run([program, "campaign", "merge", results, "--json"],
                            capture_output=True, text=True)
    summary = json.loads(merged.stdout)
    count = check_numbers(opened(page_path), summary)
    check_tables(opened(page_path), summary)
    with tempfile.TemporaryDirectory() as folder:
        check_sorting(Path(page_path).read_text(), folder)
    if picture:
        chromium(Path(page_path).resolve().as_uri(), f"--screenshot={picture[0]}",
                 "--window-size=1180,1500")
    print(f"{page_path}: {count} numbers are those of the summary, no error in the console")


main()
