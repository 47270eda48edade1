"""Plant one bug at a time in a copy of the package and see whether the tests notice.

    python -m scripts.planted_bugs            every bug, about ten minutes on two cores
    python -m scripts.planted_bugs softmax    the bugs whose description or file holds that word

Prints each bug as caught or MISSED, then the share that was caught; exits with 1 below 95 %. The working tree
is never touched. A test that no bug can make fail proves nothing: this is the test of the tests.
"""

import io
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from scripts.bugs import Bug, arguments, attention, checks, normalization, position

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
TARGET = 0.95

MODULES = (attention, position, normalization, arguments, checks)
BUGS = [bug for module in MODULES for bug in module.BUGS]
# All of these run for every bug, until the first failure: those that know the bug's file best come first.
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


def tests_fail(bug: Bug | None) -> tuple[bool, str]:
    """Run the tests on the copy, in a process of its own; say whether they fail, and which failed first."""
    os.chdir(ROOT)
    sys.dont_write_bytecode = True
    options = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-profile", "first failure"]
    options += [
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]  # Hypothesis is imported already, see main()
    first = [TESTS_BY_FILE[bug.file]] if bug else []
    tests = list(dict.fromkeys([*first, *TESTS_BY_FILE.values()]))
    with planted(bug) as copy, redirect_stdout(io.StringIO()) as printed:
        sys.path.insert(0, str(copy))
        code = pytest.main([*options, *tests])
        tested = Path(sys.modules["attend"].__file__)
    if not tested.is_relative_to(copy) or code in (
        pytest.ExitCode.INTERNAL_ERROR,
        pytest.ExitCode.USAGE_ERROR,
    ):
        raise RuntimeError(f"the tests did not run on the copy:\n{printed.getvalue()}")
    named = [line for line in printed.getvalue().splitlines() if line.startswith(("FAILED", "ERROR"))]
    return code != pytest.ExitCode.OK, named[0].split(" - ")[0] if named else ""


def main() -> int:
    words = [word.lower() for word in sys.argv[1:]]
    bugs = [b for b in BUGS if not words or any(w in f"{b.slip} {b.file}".lower() for w in words)]
    if not bugs:
        print(f"No bug is about {' or '.join(words)}.")
        return 1
    # Every run needs a fresh process whose time would go into these imports: load them once, then fork.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["beartype", "hypothesis.extra.numpy", "jaxtyping", "pytest", "torch"])
    caught = 0
    with processes.Pool(2, maxtasksperchild=1) as pool:
        results = pool.imap(tests_fail, [None, *bugs], chunksize=1)
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
