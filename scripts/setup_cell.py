"""The first code cell of every notebook: it fetches what the notebook needs where the book is not installed.

On Colab, say, a reader has the notebook alone. The cell then clones the book, installs its package and goes
to the notebook's folder; where the book is installed it does nothing. The site does not show it. The address
is ``attend_repository`` in ``_config.yml``; while that is empty, the cell says what is missing.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

TAG = "setup"
TAGS = ["remove-cell", TAG]
# The models' command is there where the notebook's code asks for them.
MODELS = "\n    !{sys.executable} -m attend.pretrained"
WITHOUT_ADDRESS = """\
# Where the book is not installed, say so.
from importlib.util import find_spec

if find_spec("attend") is None:
    raise ModuleNotFoundError(
        "This notebook needs the book's package: run `pip install -r "
        "requirements.txt` in the book's folder, and open it from there."
    )"""
WITH_ADDRESS = """\
# Where the book is not installed, such as on Colab, fetch it.
import sys
from importlib.util import find_spec

if find_spec("attend") is None:
    !git clone --quiet --depth 1 {address} attention-book
    %pip install --quiet "./attention-book[notebooks]"
    %cd -q attention-book/{folder}{models}"""


def repository(root: Path) -> str:
    """Return the address of the book's repository, or nothing while it has none."""
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return settings["sphinx"]["config"]["attend_repository"]


def source(notebook: NotebookNode, folder: str, address: str) -> str:
    """Return the cell's code for a notebook in ``folder``, a path from the repository's top."""
    if not address:
        return WITHOUT_ADDRESS
    loads_models = any("attend.pretrained" in cell.source for cell in notebook.cells if not is_setup(cell))
    return WITH_ADDRESS.format(address=address, folder=folder, models=MODELS if loads_models else "")


def is_setup(cell: NotebookNode) -> bool:
    return TAG in cell.metadata.get("tags", [])


def put_in(notebook: NotebookNode, folder: str, address: str) -> None:
    """Make the cell the second one, after the title, in place of an older one; it counts as run first."""
    others = [cell for cell in notebook.cells if not is_setup(cell)]
    if len(others) == len(notebook.cells):
        for cell in others:
            if cell.get("execution_count") is not None:
                cell.execution_count += 1
                for output in cell.outputs:
                    if "execution_count" in output:
                        output.execution_count = cell.execution_count
    code = source(notebook, folder, address)
    setup = new_code_cell(code, metadata={"tags": list(TAGS)}, execution_count=1)
    notebook.cells = [*others[:1], setup, *others[1:]]
