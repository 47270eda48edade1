"""How long the site takes to build: from nothing, and after one word of prose was edited.

Both run in a temporary copy of the working tree, so that nobody's build or cache is touched or helps.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLD_BUDGET_SECONDS = 600
REBUILD_BUDGET_SECONDS = 15
LEFT_OUT = shutil.ignore_patterns("_build", ".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache")
EDITED = Path("book/how-to-use.md")


def measure() -> tuple[float, float]:
    """Build a copy of the tree, edit a word, build again; return both times in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        cold = _build(tree)
        page = tree / EDITED
        text = page.read_text(encoding="utf-8")
        edited, count = re.subn(r"\bbook\b", "volume", text, count=1)
        if count != 1:
            raise RuntimeError(f"{EDITED}: expected the word 'book' to edit, found none")
        page.write_text(edited, encoding="utf-8")
        rebuild = _build(tree)
        if "volume" not in (tree / "_build/html" / EDITED.with_suffix(".html")).read_text(encoding="utf-8"):
            raise RuntimeError(f"{EDITED}: the edited word is not on the rebuilt page")
    return cold, rebuild


def _build(tree: Path) -> float:
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", ".", "-W", "--keep-going"]
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=tree, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        raise RuntimeError(f"the site does not build:\n{done.stdout[-2000:]}")
    return time.perf_counter() - start


def main() -> int:
    cold, rebuild = measure()
    rows = [
        ("cold build, every notebook executed", cold, COLD_BUDGET_SECONDS),
        ("rebuild after a one-word edit", rebuild, REBUILD_BUDGET_SECONDS),
    ]
    for what, seconds, budget in rows:
        print(f"{what:<40} {seconds:7.1f} s   budget {budget} s   {'met' if seconds <= budget else 'MISSED'}")
    return 0 if all(seconds <= budget for _, seconds, budget in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
