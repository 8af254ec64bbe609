#!/usr/bin/env python3
"""Opens the page of a node in headless Chromium: its script runs without an error, everything is
fetched from the node, and the numbers are those of /status.

Usage: page_check.py URL [PICTURE]
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from html import unescape


def chromium(url: str, *arguments: str) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0",
             "--window-size=1280,1100", "--virtual-time-budget=6000", *arguments, url],
            capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def text(dom: str, element: str) -> str:
    found = re.search(rf'<[^>]* id="{element}"[^>]*>(.*?)</(?:p|h1|span|svg)>', dom, re.S)
    assert found, f"no element {element}"
    return re.sub(r"\s", " ", unescape(re.sub(r"<[^>]*>", "", found[1]))).replace("\u202f", " ")


def main() -> None:
    url = sys.argv[1]
    dom, log = chromium(url, "--dump-dom")
    errors = [line for line in log.splitlines() if ":CONSOLE" in line]
    assert not errors, "\n".join(errors)
    with urllib.request.urlopen(url + "status", timeout=10) as answer:
        status = json.load(answer)
    number = f"{status['head']['number']:,}".replace(",", " ")
    held = status["state"]["held_ppm"]
    share = "100 %" if held == 1_000_000 else f"{held // 1000 / 10:.1f} %"
    for element, wanted in [
        ("name", status["name"]), ("head", "#" + number), ("held", share),
        ("phase", status["phase"].replace("_", " ")),
        ("peer-count", str(status["peers_connected"])),
        ("ready", "ready" if status["ready"] else "not ready"),
    ]:
        assert text(dom, element) == wanted, f"{element}: {text(dom, element)!r}, not {wanted!r}"
    body = re.search(r'<tbody id="peers">(.*?)</tbody>', dom, re.S)[1]
    for peer in status["peers"]:
        assert peer["address"] in body, f"no peer at {peer['address']}"
    spans = re.search(r'<g id="strip-missing">(.*?)</g>', dom, re.S)[1].count("<rect")
    assert spans == len(status["state"]["missing"]), f"{spans} missing ranges are drawn"
    if len(sys.argv) > 2:
        chromium(url, f"--screenshot={sys.argv[2]}")
    print(f"the page of {status['name']} has the numbers of /status")


main()
