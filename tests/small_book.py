"""A small book with one of each thing that the site's services know, built with the site's own extensions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from built_site import ROOT
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
    for name, text in PAGES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    Image.new("RGB", (60, 30), "navy").save(folder / "book/part/dot.png")
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    empty = 'baseurl: ""'
    assert empty in settings
    (folder / "_config.yml").write_text(settings.replace(empty, f'baseurl: "{baseurl}"'), encoding="utf-8")
    (folder / "src").mkdir()
    shutil.copy(ROOT / "requirements.txt", folder)
    for name in ("_ext", "_static", "_templates"):
        (folder / "book" / name).symlink_to(ROOT / "book" / name)
    done = subprocess.run(
        [PROGRAM, "build", folder, "-W", "--keep-going"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"
