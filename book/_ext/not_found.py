"""``404.html``, the page that a host shows for an address that is not there, in the book's own design.

A host shows it under the address that was asked for, at any depth, so links relative to that address lead
nowhere. Where ``html: baseurl`` names the site's address, every link on this page begins with the path in it,
and the page is complete without JavaScript. Where it does not, no link can be right at every depth. The page
then asks for its style sheet and two scripts in each folder above (``_static/…``, ``../_static/…`` and so on:
only the one that is there answers), and ``not-found.js`` learns from its own address where the site begins
and mends the links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sphinx.application import Sphinx

PAGE = "404"
DEPTH = 4  # folders above a missing page's address in which the site may begin
_RELATIVE = re.compile(r'(\s(?:href|src|action|data-content_root)=")(?![a-z]+:|[/#])(?:\./)?([^"]*)')
_SHEET = re.compile(r'<link rel="stylesheet"[^>]* href="([^"]*)"[^>]*>')
_SCRIPT = re.compile(r'\s*<script[^>]* src="([^"]*)"[^>]*></script>')


def add_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    if app.builder.format == "html":
        yield PAGE, {"title": "Page not found"}, "404.html"


def at_address(page: str, base: str) -> str:
    """Return ``page`` with each relative link made absolute on the host, for a site at ``base``."""
    return _RELATIVE.sub(rf"\g<1>{urlsplit(base).path}\g<2>", page)


def at_any_depth(page: str) -> str:
    """Return ``page`` so that it finds its style sheet, its scripts and, by them, the site."""
    if "not-found.js" in page:
        return page  # from an earlier build that had nothing to write
    folders = ["../" * depth for depth in range(DEPTH + 1)]

    def in_each(sheet: re.Match[str]) -> str:
        return "\n".join(sheet[0].replace(sheet[1], up + sheet[1]) for up in folders)

    page = _SHEET.sub(in_each, page)
    theme, *scripts = _SCRIPT.findall(page)
    page = _SCRIPT.sub("", page)
    first = "".join(f'<script src="{up}{theme}"></script>\n' for up in folders)
    last = "".join(
        f'<script defer src="{up}_static/not-found.js" data-scripts="{" ".join(scripts)}"></script>\n'
        for up in folders
    )
    page = re.sub(r"(<body[^>]*>)", lambda body: f"{body[0]}\n{first}", page, count=1)
    return page.replace("</body>", f"{last}</body>")


def finish_page(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    file, base = Path(app.outdir, f"{PAGE}.html"), app.config.html_baseurl
    page = file.read_text(encoding="utf-8")
    file.write_text(at_address(page, base) if base else at_any_depth(page), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-collect-pages", add_page)
    app.connect("build-finished", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
