"""Key the cache of executed notebooks on the package's sources and the pinned requirements.

jupyter-cache hashes a notebook's code cells alone, so a change to ``src/`` would go unseen. Here each state
of ``src/`` and ``requirements.txt`` has a cache folder of its own. The folder's path is a setting that Sphinx
watches: when it changes, every page is read again.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

SUFFIXES = {".py", ".js", ".css"}
KEEP = 4  # older states of src/ to keep, so that going back to one costs nothing


def fingerprint(root: Path) -> str:
    """Return a short hash of everything outside the notebooks that decides what their cells print."""
    digest = hashlib.sha256()
    sources = (path for path in (root / "src").rglob("*") if path.suffix in SUFFIXES)
    for path in sorted([*sources, root / "requirements.txt"]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def set_cache_path(app: Sphinx, config: Config) -> None:
    """Point myst-nb at the folder for the present sources, and drop the oldest folders."""
    folder = Path(app.outdir).parent / ".jupyter_cache" / fingerprint(Path(app.srcdir))
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()
    by_age = sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[1 + KEEP :]:
        shutil.rmtree(old)
    config.nb_execution_cache_path = str(folder)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", set_cache_path)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
