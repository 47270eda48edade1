"""The book's first page: a layout of its own, and a small drawing beside each chapter on its map.

A page whose metadata says ``layout: home`` is set in ``home.html``. Where an item of a numbered list links to
a chapter that ``motifs.py`` can draw, the drawing goes first. Everything else is plain text with
headings and lists, so that the notebook reads well in Jupyter; the style sheet does the rest.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from motifs import motif


def _is_home(env: BuildEnvironment, docname: str) -> bool:
    return env.metadata.get(docname, {}).get("layout") == "home"


def _chapter(link: nodes.Element) -> str:
    """Return "part/name" of the page that a link names, as far as it names one."""
    target = PurePosixPath(link.get("reftarget", "") or link.get("refuri", ""))
    return "/".join(target.with_suffix("").parts[-2:])


def draw_motifs(app: Sphinx, doctree: nodes.document) -> None:
    """Put each chapter's drawing before the link to it."""
    if not _is_home(app.env, app.env.docname):
        return
    numbered = (item for list_ in doctree.findall(nodes.enumerated_list) for item in list_.children)
    for item in numbered:
        link = next((node for node in item.findall(nodes.Element) if _is_link(node)), None)
        if link is not None and (drawing := motif(_chapter(link))):
            item[0].insert(0, nodes.raw("", drawing, format="html"))


def _is_link(node: nodes.Node) -> bool:
    return isinstance(node, addnodes.pending_xref | addnodes.download_reference | nodes.reference)


def choose_template(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> str | None:
    """Return the first page's template; None leaves a page with the one it has."""
    return "home.html" if _is_home(app.env, pagename) else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", draw_motifs)
    app.connect("html-page-context", choose_template)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
