"""Find a Chromium for the browser tests and benchmarks, or install one; print its path.

In this order: the environment variable ``CHROMIUM``; a Chromium or Chrome of the system; the one that
Playwright has already fetched. With ``--install``, when there is none: Playwright's download, then, as root
on Debian or Ubuntu, the package ``chromium``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
MISSING = """\
No Chromium was found for the browser tests, and none could be installed. Any one of these helps:
    .venv/bin/playwright install chromium                    (Playwright's own, in your home folder)
    sudo apt-get install chromium                            (Debian; on Ubuntu: sudo snap install chromium)
    brew install --cask chromium                             (macOS)
    make test CHROMIUM=/path/to/chromium-or-chrome           (one that you have)"""


class NoBrowserError(Exception):
    """There is no Chromium to be found; the message says how to get one."""


def find() -> Path:
    """Return the path of a Chromium or Chrome; raises NoBrowserError when there is none."""
    if named := os.environ.get("CHROMIUM"):
        path = shutil.which(named)
        if path is None:
            raise NoBrowserError(
                f"CHROMIUM={named}: expected a program that can be started, found none there"
            )
        return Path(path)
    for candidate in _candidates():
        if candidate.is_file():
            return candidate
    raise NoBrowserError(MISSING)


def _candidates() -> Iterator[Path]:
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))
    if sys.platform == "darwin":
        yield from map(Path, MAC)
    yield _playwright_path()


def _playwright_path() -> Path:
    """Say where Playwright keeps its Chromium, there or not.

    Asked in a process of its own: Playwright's synchronous interface refuses to start twice in one thread.
    """
    question = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    return Path(answer.stdout.strip())


def install() -> Path:
    """Return a Chromium's path, installing one if need be; raises NoBrowserError when that fails too."""
    try:
        return find()
    except NoBrowserError:
        if os.environ.get("CHROMIUM"):
            raise
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    may_use_apt = shutil.which("apt-get") is not None and _is_root()
    attempts = [[[*download, "--with-deps"] if may_use_apt else download]]
    if may_use_apt:
        attempts.append([["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]])
    for commands in attempts:
        print("No Chromium found; trying:", *(" ".join(command) for command in commands), flush=True)
        if all(subprocess.run(command, check=False).returncode == 0 for command in commands):
            try:
                return find()
            except NoBrowserError:
                continue
    raise NoBrowserError(MISSING)


def launch_options() -> dict[str, object]:
    """Return the keyword arguments for Playwright's ``chromium.launch``."""
    # Chromium refuses its sandbox to root; for anybody else it stays on, though Playwright's default is off.
    return {"executable_path": str(find()), "chromium_sandbox": not _is_root()}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    try:
        print(install() if "--install" in sys.argv[1:] else find())
    except NoBrowserError as error:
        sys.exit(str(error))
