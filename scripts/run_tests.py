"""Run the tests by kind, then say for each kind what ran: ``python scripts/run_tests.py unit notebooks``.

A kind fails when one of its tests fails, when a test is skipped or expected to fail, and when no test ran at
all: what was not checked must not look as if it had passed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from notebooks import KERNEL_ENVIRONMENT, ROOT, toc_notebooks

WORKERS = "2"
SITE = ROOT / "_build" / "html"
SITE_STATE = ROOT / "_build" / ".tested-site"
SITE_INPUTS = ("_config.yml", "_toc.yml", "requirements.txt", "book", "src")
# Folders under tests/ with a kind of their own; everything else under tests/ belongs to "unit".
OWN_FOLDERS = ("parity", "js", "notebooks", "site", "widgets")


@dataclass
class Tally:
    """What one kind of test did."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes

    def close(self) -> None:
        """Turn what must not go unnoticed into failures."""
        if self.skipped:
            self.failed += self.skipped
            self.notes.append(f"{self.skipped} skipped or expected to fail, counted as failed")
            self.skipped = 0


# ---------------------------------------------------------------- ways to run


def run_command(what: str, *command: str | Path) -> Tally:
    """Run a command that is one check: passed if it ends with status 0."""
    print(f"$ {' '.join(map(str, command))}", flush=True)
    if subprocess.run(command, cwd=ROOT, check=False).returncode == 0:
        return Tally(passed=1)
    return Tally(failed=1, notes=[f"{what} failed"])


def run_pytest(*arguments: str | Path, environment: dict[str, str] | None = None) -> Tally:
    """Run pytest and count from its JUnit report, which knows what was skipped."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={report}", *map(str, arguments)]
        print(f"$ pytest {' '.join(map(str, arguments))}", flush=True)
        status = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False
        ).returncode
        tally = read_report(report) if report.is_file() else Tally()
    if tally.passed + tally.failed + tally.skipped == 0:
        tally.failed = 1
        tally.notes.append(f"no test ran in `pytest {' '.join(map(str, arguments))}`, counted as failed")
    elif status != 0 and tally.failed == 0:
        tally.failed = 1
        tally.notes.append(f"pytest ended with status {status}")
    return tally


def read_report(path: Path) -> Tally:
    """Count the test cases of a JUnit report."""
    tally = Tally()
    for case in ElementTree.parse(path).iter("testcase"):
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            tally.failed += 1
        elif "skipped" in outcomes:
            tally.skipped += 1
        else:
            tally.passed += 1
    return tally


# ---------------------------------------------------------------- the kinds


def lint() -> Tally:
    tally = run_command("ruff check", sys.executable, "-m", "ruff", "check", ".")
    tally.add(run_command("ruff format", sys.executable, "-m", "ruff", "format", "--check", "."))
    return tally


def unit() -> Tally:
    ignored = [f"--ignore=tests/{folder}" for folder in OWN_FOLDERS]
    return run_pytest("tests", *ignored, "-n", WORKERS)


def parity() -> Tally:
    # loadfile: the tests that share a published model run in one worker, which loads it once.
    return run_pytest("tests/parity", "-n", WORKERS, "--dist=loadfile")


def js() -> Tally:
    return run_pytest("tests/js")


def notebooks() -> Tally:
    """The pipeline, then each cell of each notebook run anew and compared with its stored output."""
    tally = run_pytest("tests/notebooks", "-n", WORKERS)
    paths = [path.relative_to(ROOT) for path in toc_notebooks()]
    if not paths:
        tally.add(Tally(failed=1, notes=["_toc.yml names no notebook"]))
        return tally
    # loadfile keeps a notebook's cells in one worker: they share a kernel.
    workers = ("-n", WORKERS, "--dist=loadfile")
    options = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=300")
    tally.add(run_pytest(*options, *workers, *paths, environment=KERNEL_ENVIRONMENT))
    return tally


def site() -> Tally:
    tally = build_site()
    tally.add(with_browser("tests/site"))
    return tally


def widgets() -> Tally:
    return with_browser("tests/widgets")


def with_browser(folder: str) -> Tally:
    if subprocess.run([sys.executable, "scripts/browser.py", "--install"], cwd=ROOT, check=False).returncode:
        return Tally(failed=1, notes=["no Chromium"])
    return run_pytest(folder, "-n", WORKERS, "--dist=loadfile")


KINDS: dict[str, Callable[[], Tally]] = {
    "lint": lint,
    "unit": unit,
    "parity": parity,
    "js": js,
    "notebooks": notebooks,
    "site": site,
    "widgets": widgets,
}


# ---------------------------------------------------------------- the site under test


def build_site() -> Tally:
    """Build the site from nothing, unless it is exactly what these sources last built.

    Executed notebooks come from their cache. An incremental build would not do: a page that was deleted stays
    in it, and a warning from an earlier build does not come again.
    """
    if SITE_STATE.is_file() and SITE_STATE.read_text() == site_state():
        print("The built site is up to date", flush=True)
        return Tally(passed=1)
    for folder in (SITE, ROOT / "_build" / ".doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    program = Path(sys.executable).with_name("jupyter-book")
    tally = run_command("site build", program, "build", ".", "-W", "--keep-going")
    if tally.passed:
        SITE_STATE.write_text(site_state())
    return tally


def site_state() -> str:
    """Return a hash of the site's sources and of the built site itself."""
    digest = hashlib.sha256()
    for path in [*_files(SITE_INPUTS), *_files(["_build/html"])]:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(names: Sequence[str]) -> Iterator[Path]:
    for path in (ROOT / name for name in names):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in inside if file.is_file() and "__pycache__" not in file.parts)


# ---------------------------------------------------------------- command line


def summary(tallies: dict[str, Tally]) -> str:
    """Return a table with a line a kind, and a last line with the totals."""
    lines = [f"{'kind':<10} {'passed':>7} {'failed':>7} {'seconds':>8}"]
    for kind, tally in tallies.items():
        notes = f"  {'; '.join(tally.notes)}" if tally.notes else ""
        lines.append(f"{kind:<10} {tally.passed:>7} {tally.failed:>7} {tally.seconds:>8.0f}{notes}")
    passed = sum(tally.passed for tally in tallies.values())
    failed = sum(tally.failed for tally in tallies.values())
    seconds = sum(tally.seconds for tally in tallies.values())
    lines += ["", f"{passed} passed, {failed} failed in {seconds:.0f} s"]
    return "\n".join(lines)


def main(kinds: Sequence[str]) -> int:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds:
        sys.exit(f"usage: run_tests.py KIND ...; kinds: {' '.join(KINDS)}")
    tallies = {}
    for kind in kinds:
        print(f"\n== {kind}", flush=True)
        start = time.perf_counter()
        tallies[kind] = KINDS[kind]()
        tallies[kind].close()
        tallies[kind].seconds = time.perf_counter() - start
    print(f"\n{summary(tallies)}", flush=True)
    return 1 if any(tally.failed for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
