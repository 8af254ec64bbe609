"""What the checks of pages have in common: a browser without a window, and numbers as people see
them."""

import re
import subprocess
import tempfile
from pathlib import Path


def chromium(url: str, *arguments: str) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0",
             "--virtual-time-budget=4000", *arguments, url],
            capture_output=True, text=True, timeout=300, check=True)
    return done.stdout, done.stderr


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f") if number >= 10_000 else str(number)


def opened(page_path: str) -> str:
    """The document after its script ran, which must not have failed or asked for anything."""
    dom, log = chromium(Path(page_path).resolve().as_uri(), "--dump-dom")
    errors = [line for line in log.splitlines() if ":CONSOLE" in line]
    assert not errors, "\n".join(errors)
    page = Path(page_path).read_text()
    assert not re.search(r"(src|href)=\"(?!data:)", page), "the page asks for something"
    return dom
