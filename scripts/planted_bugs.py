"""Plant one bug at a time in a copy of the package and see whether the tests notice.

    python -m scripts.planted_bugs            every bug, about ten minutes on two cores
    python -m scripts.planted_bugs softmax    the bugs whose description or file holds that word

Prints each bug as caught or MISSED, then the share that was caught; exits with 1 below 95 %. The working tree
is never touched. A test that no bug can make fail proves nothing: this is the test of the tests.
"""

import io
import multiprocessing
import os
import pkgutil
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from scripts import bugs
from scripts.bugs import Bug

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
TARGET = 0.95
MOST_SECONDS = 300
MOST_BYTES = 12 * 2**30

MODULES = [import_module(f"scripts.bugs.{found.name}") for found in pkgutil.iter_modules(bugs.__path__)]
BUGS = [bug for module in MODULES for bug in module.BUGS]
# The tests that know a file best.
TESTS_BY_FILE = {file: test for module in MODULES for file, test in module.TESTS.items()}


@contextmanager
def planted(bug: Bug | None) -> Iterator[Path]:
    """A folder with a copy of the package in which the bug, if any, has been planted."""
    with tempfile.TemporaryDirectory(prefix="planted-bug-") as folder:
        copy = Path(folder) / "src"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        if bug:
            path = copy / "attend" / bug.file
            text = path.read_text(encoding="utf-8")
            if text.count(bug.original) != 1:
                found = text.count(bug.original)
                raise ValueError(f"{bug.slip}: expected {bug.original!r} once in {bug.file}, found {found}")
            path.write_text(text.replace(bug.original, bug.planted), encoding="utf-8")
        yield copy


def _give_up(number: int, frame: object) -> None:
    raise TimeoutError(f"no end after {MOST_SECONDS} s")


def tests_fail(bug: Bug | None, tests: list[str]) -> tuple[bool, str]:
    """Run tests on the copy, in a process of its own; say whether they fail, and which failed first.

    For a bug those that know its file come first, and the others only if those find nothing.
    """
    os.chdir(ROOT)
    sys.dont_write_bytecode = True
    # A bug may make a loop that never ends, or grows: both become errors, and so failed tests.
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(MOST_SECONDS)
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile", "first failure"]
    # Hypothesis is imported already, see main().
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    own = TESTS_BY_FILE[bug.file].split() if bug else []
    with planted(bug) as copy:
        sys.path.insert(0, str(copy))
        os.environ["PYTHONPATH"] = str(copy)  # for the processes that tests start
        for group in filter(None, (own, [test for test in tests if test not in own])):
            with redirect_stdout(io.StringIO()) as printed:
                code = pytest.main([*options, *group])
            if not Path(sys.modules["attend"].__file__).is_relative_to(copy) or code in (
                pytest.ExitCode.INTERNAL_ERROR,
                pytest.ExitCode.USAGE_ERROR,
            ):
                raise RuntimeError(f"the tests did not run on the copy:\n{printed.getvalue()}")
            named = [line for line in printed.getvalue().splitlines() if line.startswith(("FAILED", "ERROR"))]
            if code != pytest.ExitCode.OK:
                return True, named[0].split(" - ")[0] if named else ""
    return False, ""


def main() -> int:
    words = [word.lower() for word in sys.argv[1:]]
    bugs = [b for b in BUGS if not words or any(w in f"{b.slip} {b.file}".lower() for w in words)]
    if not bugs:
        print(f"No bug is about {' or '.join(words)}.")
        return 1
    # Every run needs a fresh process whose time would go into these imports: load them once, then fork.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["beartype", "hypothesis.extra.numpy", "jaxtyping", "pytest", "torch"])
    # A few words leave out bugs, never tests that the whole list would have tried.
    chosen = [module for module in MODULES if not set(bugs).isdisjoint(module.BUGS)]
    tests = sorted({test for module in chosen for each in module.TESTS.values() for test in each.split()})
    caught = 0
    with processes.Pool(2, maxtasksperchild=1) as pool:
        results = pool.imap(partial(tests_fail, tests=tests), [None, *bugs], chunksize=1)
        broken, which = next(results)
        if broken:
            print(f"The tests fail before any bug is planted: {which}")
            return 1
        for bug, (failed, which) in zip(bugs, results, strict=True):
            caught += failed
            print(f"{'caught' if failed else 'MISSED'}  {bug.file}: {bug.slip}  {which}", flush=True)
    share = caught / len(bugs)
    print(f"{caught} of {len(bugs)} planted bugs caught ({share:.1%}); target {TARGET:.0%}.")
    return 0 if share >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
