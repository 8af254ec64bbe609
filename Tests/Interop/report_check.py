#!/usr/bin/env python3
"""Opens the page of a report in headless Chromium: its script runs without an error, it asks nobody
for anything, sorting works, and every number on it is that of `events summary --json`.

Usage: report_check.py LIVESYNC LOG PAGE [PICTURE]
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
    for step in path.split("."):
        summary = summary[int(step)] if step.isdigit() else summary[step]
    return summary


def check_numbers(dom: str, summary: dict) -> int:
    figures = re.findall(r'<data value="(\d+)" data-figure="([^"]+)">([^<]*)</data>', dom)
    for number, path, text in figures:
        wanted = value(summary, path)
        assert int(number) == wanted, f"{path} is {number} on the page, {wanted} in the summary"
        name = path.split(".")[-1]
        unit = name.split("_")[-1]
        # What has a unit is rounded for people; all else is shown as it is.
        if unit == "ppm":
            shown = float(text.replace("\u202f", "").removesuffix(" %")) * 10_000
            assert 0 <= wanted - shown < 1_000, f"{path}: {text!r}, not {wanted}"
        elif unit not in ("ns", "bytes"):
            assert text == grouped(wanted), f"{path}: {text!r}, not {grouped(wanted)!r}"
    for name in ("records", "received_bytes", "refusals", "reverts", "stalls"):
        shown = any(path == f"run.{name}" for _, path, _ in figures)
        assert shown or value(summary, f"run.{name}") == 0, f"run.{name} is not on the page"
    return len(figures)


def check_tables(dom: str, summary: dict) -> None:
    for name in ("peers", "refusals", "requests", "rebranches", "stall_list"):
        body = re.search(rf'<tbody data-table="{name}">(.*?)</tbody>', dom, re.S)
        rows = body[1].count("<tr>") if body else 0
        wanted = min(len(summary[name]), 500)
        assert rows == wanted, f"{name}: {rows} rows on the page, {wanted} in the summary"
    peers = re.search(r'<tbody data-table="peers">(.*?)</tbody>', dom, re.S)[1]
    for peer in summary["peers"]:
        assert re.search(rf">\s*{re.escape(html.escape(peer['peer']))}\b", peers), peer["peer"]


def check_sorting(page: str, folder: str) -> None:
    """A copy of the page whose second script presses a head, under the same rules."""
    press = ("<script>addEventListener('load',()=>{const head=[...document.querySelectorAll("
             "'th button')].find(b=>b.textContent==='accounts');head.click();});</script>")
    copy = Path(folder) / "sorted.html"
    copy.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
                    .replace("</body>", press + "</body>"))
    dom, log = chromium(copy.as_uri(), "--dump-dom")
    assert ":CONSOLE" not in log, log
    body = re.search(r'<tbody data-table="peers">(.*?)</tbody>', dom, re.S)[1]
    items = [int(n) for n in re.findall(r'value="(\d+)" data-figure="peers\.\d+\.items"', body)]
    assert items == sorted(items, reverse=True), f"pressing a head sorts nothing: {items}"


def main() -> None:
    program, log_path, page_path, *picture = sys.argv[1:]
    made = json.loads(subprocess.run(
        [program, "report", log_path, "-o", page_path, "--json"],
        capture_output=True, text=True, check=True).stdout)
    summary = json.loads(subprocess.run(
        [program, "events", "summary", log_path, "--node", made["node"], "--json"],
        capture_output=True, text=True, check=True).stdout)
    url = Path(page_path).resolve().as_uri()
    dom = opened(page_path)
    page = Path(page_path).read_text()
    count = check_numbers(dom, summary)
    check_tables(dom, summary)
    with tempfile.TemporaryDirectory() as folder:
        check_sorting(page, folder)
    if picture:
        chromium(url, f"--screenshot={picture[0]}", "--window-size=1180,2600")
    print(f"{page_path}: {count} numbers are those of the summary, no error in the console")


main()
