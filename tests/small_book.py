"""Small books built with the site's own extensions: one with a bit of everything, one of a given chapter."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from built_site import ROOT
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from PIL import Image

PROGRAM = Path(sys.executable).with_name("jupyter-book")
PAGES = {
    "_toc.yml": """\
format: jb-book
root: book/index
chapters:
- file: book/part/chapter
- file: book/part/other
- file: book/appendices/glossary
- file: book/references
""",
    "book/index.md": "# A small book\n\nThe first page.\n",
    "book/part/chapter.md": """\
---
chapter: 3
---
# Looking things up

**You will learn** to

- ask with a query, $q$;
- answer with a key.

A score says how well **keys** answer, an **Attention Score**; another **key** and a **lion** stay.

Every {term}`key` has a value {cite:p}`vaswani2017attention`, by {eq}`eq-sum` and {numref}`fig-dot`.[^note]

$$
a = b + c
$$ (eq-sum)

[^note]: A remark in a footnote.

```{figure} dot.png
:name: fig-dot
:alt: a dot

A dot, and nothing else.
```

## Normalising the weights

The masks of a naïve reader are normalised, and <span>zebras</span> graze where the memory of Łukasz ends.

```python
torch.einsum("qd,kd->qk", query, key)
```

## References

```{bibliography}
:filter: docname in docnames
```
""",
    "book/part/other.md": """\
# Another page

It leans on {eq}`eq-sum`, on {numref}`fig-dot`, on a {term}`key` and on {cite:t}`vaswani2017attention`.
Here is a [link to a section](chapter.md#normalising-the-weights).
"""
    + "\nMore lines make the page longer than a window.\n" * 60,
    "book/appendices/glossary.md": "# Glossary\n\n## A–Z\n\n```{terms} a z\n```\n",
    "book/appendices/glossary.toml": """\
[[term]]
en = "key"
zh = "键"
pinyin = "jian"
text = "What a query is compared with."
see = "part/chapter.md"

[[term]]
en = "attention score"
zh = "注意力分数"
pinyin = "zhuyili fenshu"
text = "How well a key answers a query."
see = "part/chapter.md"
""",
    "book/references.md": "# References\n\n```{bibliography}\n```\n",
    "book/references.bib": """\
@inproceedings{vaswani2017attention,
  title = {Attention is all you need}, author = {Vaswani, Ashish and Shazeer, Noam}, year = {2017},
  booktitle = {Advances in Neural Information Processing Systems}, url = {https://arxiv.org/abs/1706.03762}
}
""",
}


def build_book(folder: Path, baseurl: str = "") -> Path:
    """Build the book in ``folder`` for a site at ``baseurl`` and return where its pages are."""
    _frame(folder, baseurl)
    for name, text in PAGES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    Image.new("RGB", (60, 30), "navy").save(folder / "book/part/dot.png")
    done = run(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


def build_chapter(
    folder: Path, *cells: NotebookNode, chapter: int | str = 5, builder: str = "html"
) -> tuple[int, str, str]:
    """Build a book of one chapter; return the exit code, what was printed and the chapter's page."""
    _frame(folder)
    book = folder / "book"
    (book / "references.bib").write_text("")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n- file: book/chapter\n")
    (book / "index.md").write_text(
        "# Book\n\nSee {numref}`fig-line`.\n" if "fig-line" in str(cells) else "# Book\n"
    )
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    metadata = {"chapter": chapter, "kernelspec": kernel}
    notebook = new_notebook(cells=[new_markdown_cell("# Chapter"), *cells], metadata=metadata)
    nbformat.write(notebook, book / "chapter.ipynb")
    done = run(folder, "--builder", builder)
    page = folder / "_build" / "html" / "book" / "chapter.html"
    return done.returncode, done.stdout + done.stderr, page.read_text() if page.exists() else ""


def _frame(folder: Path, baseurl: str = "") -> None:
    """Put the settings and extensions of the book's own site into ``folder``, and no sources."""
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    empty = 'baseurl: ""'
    assert empty in settings
    (folder / "_config.yml").write_text(settings.replace(empty, f'baseurl: "{baseurl}"'), encoding="utf-8")
    (folder / "src").mkdir()
    shutil.copy(ROOT / "requirements.txt", folder)
    (folder / "book").mkdir()
    for name in ("_ext", "_static", "_templates"):
        (folder / "book" / name).symlink_to(ROOT / "book" / name)


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run ``jupyter-book build`` with warnings as errors."""
    command = [PROGRAM, "build", folder, "-W", "--keep-going", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)
