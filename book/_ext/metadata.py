"""What a page says about itself to search engines, to previews elsewhere and to reference managers.

Everything is a ``<meta>`` element, since the pages hold no inline script. Addresses must be absolute there,
so they, and the picture, are only written when ``html: baseurl`` in ``_config.yml`` says where the site is.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

from page_text import plain
from social_card import HEIGHT, WIDTH, write_card

CITATION = Path(__file__).resolve().parents[2] / "CITATION.cff"
LENGTH = 200  # characters of a description; search engines show about 160
CARDS = "_static/social"
# docutils brings one of its own.
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')


def check_address(app: Sphinx, config: Config) -> None:
    """Raise ConfigError unless the site's address is empty or absolute and ends in a slash."""
    if not re.fullmatch(r"(https?://[^\s?#]+/)?", config.html_baseurl):
        raise ConfigError(
            f"html: baseurl must be empty or like https://example.org/book/, not {config.html_baseurl!r}."
        )


@cache
def citation() -> dict[str, Any]:
    """Return the book's own reference, from CITATION.cff."""
    return yaml.safe_load(CITATION.read_text(encoding="utf-8"))


def description(doctree: nodes.document) -> str:
    """Return a page's first paragraph, with the list that it opens, cut after a word."""
    for section in doctree.findall(nodes.section):
        for place, child in enumerate(section.children):
            if isinstance(child, nodes.paragraph) and (text := plain(child)):
                after = section.children[place + 1 :]
                if after and isinstance(after[0], nodes.bullet_list) and not text.endswith("."):
                    text = f"{text} {plain(after[0])}"
                return shortened(text)
    return ""


def shortened(text: str) -> str:
    """Return at most LENGTH characters of ``text``, to the end of a sentence if that keeps enough of it."""
    if len(text) <= LENGTH:
        return text
    head = text[: LENGTH - 1]
    end = max(head.rfind(mark) for mark in (". ", "? ", "; "))
    if end > 0.4 * LENGTH:
        return head[:end] + head[end].replace(";", ".")
    return head[: head.rfind(" ")].rstrip(",;:") + "…"


def describe_page(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give the template the page's ``<meta>`` elements and a chapter's reference."""
    context["metatags"] = _VIEWPORT.sub("", context.get("metatags", ""))
    context["meta"] = context.get("meta") or {}
    if doctree is None:
        context["pageurl"] = None
        return
    chapter = ".".join(map(str, app.env.titles[pagename].get("secnumber", ())))
    title, address = plain(app.env.titles[pagename]), context["pageurl"]
    about = app.env.metadata[pagename].get("description") or description(doctree)
    first = pagename == app.config.root_doc
    elements = [
        ("name", "description", about),
        ("property", "og:type", "website" if first else "article"),
        ("property", "og:site_name", app.config.html_title),
        ("property", "og:title", f"{chapter}. {title}" if chapter else title),
        ("property", "og:description", about),
        ("name", "twitter:card", "summary_large_image" if address else "summary"),
    ]
    if address:
        picture = f"{CARDS}/{pagename}.png"
        write_card(Path(app.outdir, picture), app.config.html_title, "" if first else title, chapter)
        elements += [
            ("property", "og:url", address),
            ("property", "og:image", app.config.html_baseurl + picture),
            ("property", "og:image:width", str(WIDTH)),
            ("property", "og:image:height", str(HEIGHT)),
            (
                "property",
                "og:image:alt",
                title if first else f"{title}, a page of the book {app.config.html_title}",
            ),
        ]
    if first or chapter:
        elements += _reference(app.config.html_title, title, first, address)
    if chapter:
        context["cite"] = _cite(pagename, app.config.html_title, title, chapter, address)
    context["page_meta"] = [element for element in elements if element[2]]


def _reference(book: str, title: str, first: bool, address: str | None) -> list[tuple[str, str, str]]:
    """Return the elements that reference managers and Google Scholar read."""
    known = citation()
    pairs = [("citation_title", title)]
    pairs += [] if first else [("citation_inbook_title", book)]
    pairs += [("citation_author", author["name"]) for author in known["authors"]]
    pairs += [
        ("citation_publication_date", str(known["date-released"]).replace("-", "/")),
        ("citation_language", "en"),
        ("citation_fulltext_html_url", address or ""),
    ]
    return [("name", *pair) for pair in pairs]


def _cite(pagename: str, book: str, title: str, chapter: str, address: str | None) -> dict[str, str]:
    """Return a chapter's reference, in words' parts and as BibTeX."""
    known = citation()
    authors = " and ".join(author["name"] for author in known["authors"])
    fields = {
        "author": f"{{{authors}}}",
        "title": title,
        "booktitle": book,
        "chapter": chapter,
        "year": str(known["date-released"])[:4],
        "note": f"Version {known['version']}",
    } | ({"url": address} if address else {})
    key = re.sub(r"\W+", "", pagename.rpartition("/")[2])
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    bibtex = f"@incollection{{attention{fields['year']}{key},\n{lines}\n}}"
    return fields | {"author": authors, "version": str(known["version"]), "bibtex": bibtex}


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", check_address, priority=900)
    app.connect("html-page-context", describe_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
