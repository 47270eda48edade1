"""Execute the notebooks that changed, several at a time, before Sphinx reads them; keep what they gave.

A notebook's run is kept under a hash of its code, of the package's files that this code uses
(``notebook_sources``), of the files beside it that it names, and of the pinned requirements. So prose may
change without a run, and a change to one widget runs the notebooks that show it. MyST-NB itself executes
nothing: it reads each notebook with the outputs already in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from logging import WARNING, getLogger
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from notebook_sources import files_beside, sources_of

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))
from scripts.notebooks import run, side_by_side, source_hash  # noqa: E402  (found by path: not installed)
from scripts.setup_cell import is_setup  # noqa: E402

LOGGER = logging.getLogger(__name__)
KEEP = 5  # runs of one notebook to keep, so that going back to an older state costs nothing


class Run:
    """A notebook, the hash that says which run of it is wanted, and the file that holds that run."""

    def __init__(self, path: Path, root: Path, store: Path) -> None:
        self.path = path
        self.notebook = nbformat.read(path, as_version=4)
        self.name = path.relative_to(root).with_suffix("").as_posix()
        self.key = fingerprint(self.notebook, path, root)
        self.file = store / f"{self.name.replace('/', '-')}.{self.key}.json"

    def execute(self) -> None:
        """Run the notebook and store what its cells gave."""
        run(self.notebook, self.path.parent)
        outputs = [(cell.outputs, cell.execution_count) for cell in code_cells(self.notebook)]
        widgets = self.notebook.metadata.get("widgets", {})
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps({"outputs": outputs, "widgets": widgets}), encoding="utf-8")
        unfinished.replace(self.file)

    def text(self) -> str:
        """Return the notebook's file as it would be with the stored outputs in it."""
        stored = nbformat.from_dict(json.loads(self.file.read_text(encoding="utf-8")))
        for cell, (outputs, count) in zip(code_cells(self.notebook), stored.outputs, strict=True):
            cell.outputs, cell.execution_count = outputs, count
        self.notebook.metadata["widgets"] = stored.widgets
        return nbformat.writes(self.notebook)

    def touch(self) -> None:
        """Mark the stored run as the one in use and drop the oldest ones of this notebook."""
        self.file.touch()
        runs = self.file.parent.glob(f"{self.name.replace('/', '-')}.*.json")
        for old in sorted(runs, key=lambda file: file.stat().st_mtime, reverse=True)[KEEP:]:
            old.unlink()


def code_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """Return the cells whose outputs a page may show; the set-up cell gives none and may change freely."""
    return (cell for cell in notebook.cells if cell.cell_type == "code" and not is_setup(cell))


def fingerprint(notebook: NotebookNode, path: Path, root: Path) -> str:
    """Return a hash of everything that decides what the notebook's cells give."""
    code = "\n".join(cell.source for cell in code_cells(notebook))
    beside = (file for file in files_beside(path, code) if file.suffix != ".ipynb")
    files = {*sources_of(code, root / "src"), *beside, root / "requirements.txt"}
    digest = hashlib.sha256(source_hash(notebook).encode())
    for file in sorted(files):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def execute_all(runs: Iterable[Run]) -> None:
    """Execute the notebooks side by side and say of each when it is done.

    Raises ExtensionError that names every notebook that failed; the others' runs are kept.
    """
    jobs, faults = {each.name: each.execute for each in runs}, []
    LOGGER.info("executing notebooks: %d", len(jobs))
    for number, (name, seconds, error) in enumerate(side_by_side(jobs), start=1):
        LOGGER.info("[%d/%d] %s: %.0f s%s", number, len(jobs), name, seconds, " and failed" if error else "")
        if error:
            faults.append(f"{name}: {error}")
    if faults:
        raise ExtensionError("\n".join(["a notebook failed", *faults]))


# ---------------------------------------------------------------- Sphinx


def find_runs(app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list[str]:
    """Work out which run each notebook needs; return the pages that were read with another one."""
    root, store = Path(app.srcdir), Path(app.outdir).parent / ".executed"
    paths = {name: Path(env.doc2path(name)) for name in sorted(env.found_docs)}
    app.attend_runs = {
        name: Run(path, root, store) for name, path in paths.items() if path.suffix == ".ipynb"
    }
    read_with = getattr(env, "attend_run_keys", {})
    return [name for name, each in app.attend_runs.items() if read_with.get(name) != each.key]


def execute_missing(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute what has no stored run, before the first page is read."""
    runs = [app.attend_runs[name] for name in docnames if name in app.attend_runs]
    if missing := [each for each in runs if not each.file.is_file()]:
        execute_all(missing)
    for each in runs:
        each.touch()
    env.attend_run_keys = {name: each.key for name, each in app.attend_runs.items()}


def hand_over(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give Sphinx the notebook with its outputs in place of the file."""
    if docname in app.attend_runs:
        source[0] = app.attend_runs[docname].text()


def setup(app: Sphinx) -> dict[str, bool]:
    getLogger("traitlets").setLevel(WARNING)  # it announces each kernel
    app.connect("env-get-outdated", find_runs)
    app.connect("env-before-read-docs", execute_missing)
    app.connect("source-read", hand_over)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
