"""The site as files to take away: which of them lie beside the pages, and the links to them.

``make zip`` and ``make pdf`` put files into the built site and call ``record``. A page says with the
``offline-copy`` directive where the links stand. A file that was made from an earlier state of the site is
removed, so that no link leads to an old book.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

ZIP, PDF = "attention-book.zip", "attention-book.pdf"
_LINKS = re.compile(r"<!--downloads-->.*?<!--/downloads-->", re.DOTALL)
EMPTY = "<!--downloads--><!--/downloads-->"
# What no page leads to. The worker does not keep itself, nor the files that hold the book once more.
_APART = {ZIP, PDF, "sw.js", ".buildinfo", "objects.inv"}


def files(site: Path) -> dict[str, bytes]:
    """Return the content of every file that belongs to the pages, by its path within ``site``, sorted."""
    paths = (path for path in site.rglob("*") if path.is_file())
    found = {path.relative_to(site).as_posix(): path for path in paths if path.suffix != ".map"}
    return {name: found[name].read_bytes() for name in sorted(found.keys() - _APART)}


def without_links(content: bytes) -> bytes:
    """Return a page as it is before any link to a file that hangs on the page itself."""
    if b"<!--downloads-->" not in content:
        return content
    return _LINKS.sub(EMPTY, content.decode()).encode()


def version(contents: dict[str, bytes]) -> str:
    """Return what names one state of the site: twelve digits that change when any file does."""
    total = hashlib.sha256()
    for name, content in sorted(contents.items()):
        total.update(f"{name} {hashlib.sha256(without_links(content)).hexdigest()}\n".encode())
    return total.hexdigest()[:12]


def _records(site: Path) -> Path:
    return site.with_name(f"{site.name}-downloads.json")


def _read(site: Path) -> dict[str, dict[str, Any]]:
    path = _records(site)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def record(site: Path, name: str, made_from: str, label: str) -> None:
    """Note that the site holds the file ``name``, made from the version ``made_from`` of its pages."""
    known = {**_read(site), name: {"version": made_from, "label": label}}
    _records(site).write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")


def megabytes(size: float) -> str:
    """Return a size as a reader reads it: ``0.4 MB``, ``18 MB``."""
    millions = size / 1e6
    return f"{millions:.1f} MB" if millions < 9.95 else f"{millions:.0f} MB"


def link(site: Path) -> list[str]:
    """Write the links to the files that fit the pages, remove the others, and return the removed names."""
    now, removed, items = version(files(site)), [], []
    known = _read(site)
    for name in (ZIP, PDF):
        path = site / name
        if not path.is_file():
            continue
        if known.get(name, {}).get("version") != now:
            path.unlink()
            removed.append(name)
            continue
        size = megabytes(path.stat().st_size)
        items.append(f'<li><a href="{{root}}{name}" download>{known[name]["label"]}</a>, {size}</li>')
    listed = f'<ul class="attend-downloads">{"".join(items)}</ul>' if items else ""
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if "<!--downloads-->" in text:
            root = "../" * (len(page.relative_to(site).parts) - 1)
            linked = EMPTY.replace("><", f">{listed.replace('{root}', root)}<")
            new = _LINKS.sub(lambda _, linked=linked: linked, text)
            if new != text:
                page.write_text(new, encoding="utf-8")
    return removed
