"""Make the virtual environment ``.venv`` and keep it in step with the requirement files.

Usage: ``python scripts/environment.py requirements.txt`` (or ``requirements-test.txt``).

A file in the environment records what was installed, so a second run does nothing, also without a network.
``TORCH_INDEX`` in the environment names a further package index, from which a smaller PyTorch may come.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def stamp_path(requirements: str) -> Path:
    """Return the file that says which state of ``requirements`` is installed."""
    return VENV / (".ready" if requirements == "requirements.txt" else ".ready-test")


def wanted_state(requirements: str) -> str:
    """Return a hash of all that decides what pip would install; the package's metadata count too."""
    digest = hashlib.sha256()
    for name in (requirements, "pyproject.toml"):
        digest.update((ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest() + "\n"


def environment_works() -> bool:
    """Say whether the environment's Python starts and is new enough (its base may have been removed)."""
    probe = [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create() -> None:
    """Make ``.venv`` anew with the Python that runs this script."""
    print(f"Creating .venv with Python {sys.version.split()[0]} ({sys.executable})", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False)
    if made.returncode != 0:
        sys.exit(
            "The virtual environment could not be made. On Debian and Ubuntu the module venv is a package of "
            f"its own:\n    sudo apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv"
        )


def install(requirements: str) -> None:
    """Install ``requirements`` with pip, whose progress bars the reader sees."""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", requirements]
    index = os.environ.get("TORCH_INDEX", "").strip()
    if index:
        command += ["--extra-index-url", index]
    print(f"Installing {requirements} into .venv", flush=True)
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        sys.exit(
            f"Installing {requirements} failed; pip's message is above. Nothing is lost: the same command "
            "continues with what is already there. A download that broke off needs only another try."
        )


def main() -> None:
    if len(sys.argv) != 2 or not (ROOT / sys.argv[1]).is_file():
        sys.exit("usage: environment.py requirements.txt | requirements-test.txt")
    requirements = sys.argv[1]
    stamp, state = stamp_path(requirements), wanted_state(requirements)
    if not environment_works():
        create()
    if stamp.is_file() and stamp.read_text() == state:
        return
    install(requirements)
    stamp.write_text(state)


if __name__ == "__main__":
    main()
