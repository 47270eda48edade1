"""Run the benchmarks: ``python -m benchmarks`` for all, ``python -m benchmarks build site`` for some.

Each script in this folder prints its figures against their budgets and exits with 1 when one is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent


def main(chosen: Sequence[str]) -> int:
    known = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__main__")
    if unknown := sorted(set(chosen) - set(known)):
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}")
    missed = []
    for name in chosen or known:
        print(f"== {name}", flush=True)
        command = [sys.executable, FOLDER / f"{name}.py"]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, check=False)
        if done.returncode != 0:
            missed.append(name)
    print(f"\nMissed or failed: {', '.join(missed)}" if missed else "\nEvery budget is met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
