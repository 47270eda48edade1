"""A book of one chapter with the site's own extensions, built anew for a test."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from built_site import ROOT
from nbformat.v4 import new_markdown_cell

PROGRAM = Path(sys.executable).with_name("jupyter-book")


def build(
    folder: Path, *cells: nbformat.NotebookNode, chapter: int | str = 5, builder: str = "html"
) -> tuple[int, str, str]:
    """Build a book of one chapter; return the exit code, what was printed and the chapter's page."""
    shutil.copy(ROOT / "_config.yml", folder)
    book, source = folder / "book", folder / "src"
    book.mkdir()
    source.mkdir()
    (source / "empty.py").write_text("")
    (folder / "requirements.txt").write_text("")
    for name in ("_ext", "_static", "_templates"):
        (book / name).symlink_to(ROOT / "book" / name)
    (book / "references.bib").write_text("")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n- file: book/chapter\n")
    (book / "index.md").write_text(
        "# Book\n\nSee {numref}`fig-line`.\n" if "fig-line" in str(cells) else "# Book\n"
    )
    notebook = nbformat.v4.new_notebook(
        cells=[new_markdown_cell("# Chapter"), *cells],
        metadata={
            "chapter": chapter,
            "kernelspec": {"name": "python3", "display_name": "", "language": "python"},
        },
    )
    nbformat.write(notebook, book / "chapter.ipynb")
    command = [PROGRAM, "build", folder, "-W", "--keep-going", "--builder", builder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    page = folder / "_build" / "html" / "book" / "chapter.html"
    return done.returncode, done.stdout + done.stderr, page.read_text() if page.exists() else ""
