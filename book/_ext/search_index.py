"""The index of the book's own search, in place of Sphinx's: one record a section, a term or a cited work.

It is a script, ``_static/search-index.js``, since pages opened from disk may load scripts but not data.
``search.js`` loads it when a reader first searches, and scans it, which takes milliseconds for so little.
A record holds the beginning of its section, to show, and of the rest each word that tells something.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from page_text import code_names, plain
from terms import SOURCE, read_terms

INDEX = "search-index.js"
# Kept beside Sphinx's own records, so that a page that did not change is not read again.
RECORDS = "search-records.json"
UNUSED = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")

BEGINNING = 360  # characters of a section that are kept as they stand
TOO_COMMON = 0.05  # share of all sections from which on a word tells nothing

# What search.js reads: anchor, heading, text, and further words that lead here.
Record = tuple[str, str, str, str]
_WORD = re.compile(r"[^\W\d_]{4,}")
_ADDRESS = re.compile(r" ?(?:URL: |doi:)\S+")


def page_records(env: BuildEnvironment, docname: str, doctree: nodes.document) -> list[Record]:
    """Return a page's records in reading order; a list of what a chapter cites is left to the references."""
    numbers = env.toc_secnumbers.get(docname, {})
    records: list[Record] = []
    for section in doctree.findall(nodes.section):
        anchor = section["ids"][0]
        # A page's title leads to the page, not to an anchor on it.
        first = section.parent is doctree
        content = [child for child in _own(section) if not isinstance(child, nodes.title)]
        entries = [record for child in content for record in _entries(env, child)]
        number = ".".join(map(str, numbers.get("" if first else f"#{anchor}") or ()))
        heading = f"{number} {plain(section[0])}".strip()
        if entries:
            records += [("", heading, "", ""), *entries] if first else entries
        elif first or anchor != "references":
            names = " ".join(code_names(*content))
            records.append(("" if first else anchor, heading, plain(*content), names))
    return records


def _own(section: nodes.section) -> list[nodes.Node]:
    return [child for child in section.children if not isinstance(child, nodes.section)]


def _entries(env: BuildEnvironment, node: nodes.Node) -> Iterator[Record]:
    """Yield the glossary's terms and the bibliography's works in ``node``."""
    if isinstance(node, addnodes.glossary):
        chinese = {
            entry["en"]: (entry["zh"], entry["pinyin"]) for entry in read_terms(Path(env.srcdir, SOURCE))
        }
        for item in node.findall(nodes.definition_list_item):
            term, definition = item
            name = plain(term)
            zh, pinyin = chinese.get(name, ("", ""))
            sounds = f"{pinyin} {pinyin.replace(' ', '')}".strip()
            # The last thing in a definition is the link to the page that teaches the term.
            yield term["ids"][0], f"{name} {zh}".strip(), plain(*definition[0].children[:-1]), sounds
    for work in node.findall(nodes.citation):
        yield work["ids"][0], _ADDRESS.sub("", plain(*work.children[1:])), "", ""


def reading_order(env: BuildEnvironment) -> list[str]:
    """Return every page, in the order of the table of contents; pages outside it come last."""
    ordered: dict[str, None] = {}

    def visit(docname: str) -> None:
        if docname not in ordered:
            ordered[docname] = None
            for child in env.toctree_includes.get(docname, []):
                visit(child)

    visit(env.config.root_doc)
    return [*(page for page in ordered if page in env.found_docs), *sorted(env.found_docs - ordered.keys())]


def shortened(records: list[Record]) -> list[Record]:
    """Return the records with the beginning of each text and, of the rest, its telling words, each once."""
    common = Counter(
        word for _, _, text, names in records for word in {*_WORD.findall(text.casefold()), *names.split()}
    )
    limit = max(3, TOO_COMMON * len(records))

    def short(record: Record) -> Record:
        anchor, heading, text, names = record
        end = text.rfind(" ", 0, BEGINNING) if len(text) > BEGINNING else len(text)
        shown = f"{heading} {text[:end]}".casefold()
        rest = [*_WORD.findall(text[end:].casefold()), *names.split()]
        telling = sorted({word for word in rest if word not in shown and common[word] <= limit})
        return anchor, heading, text[:end] + (" …" if end < len(text) else ""), " ".join(telling)

    return [record if not record[2] else short(record) for record in records]


def index_script(pages: list[tuple[str, str, list[Record]]]) -> str:
    """Return the script that hands the index to ``search.js``: pages (address, title), then their records."""
    owners = [page for page, (_, _, records) in enumerate(pages) for _ in records]
    records = shortened([record for _, _, records in pages for record in records])
    data = {
        "pages": [[address, title] for address, title, _ in pages],
        "records": [[page, *record] for page, record in zip(owners, records, strict=True)],
    }
    return f"attendSearch.deliver({json.dumps(data, ensure_ascii=False, separators=(',', ':'))});\n"


class Index:
    """The records of all pages, through one build."""

    def __init__(self) -> None:
        self.records: dict[str, list[Record]] = {}

    def start(self, app: Sphinx) -> None:
        """Replace Sphinx's index by this one and take up what the last build knew."""
        app.builder.search = False
        if app.builder.format == "html":
            app.add_js_file("search.js", loading_method="defer")
            kept = Path(app.doctreedir, RECORDS)
            self.records = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}

    def forget(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        self.records.pop(docname, None)

    def note(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        self.records[docname] = page_records(app.env, docname, doctree)

    def write(self, app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Write the index and yield the search page."""
        if app.builder.format != "html":
            return
        pages = []
        for docname in reading_order(app.env):
            if docname not in self.records:
                app.env.get_and_resolve_doctree(docname, app.builder)  # calls `note`
            number = ".".join(map(str, app.env.titles[docname].get("secnumber", ())))
            title = f"{number} {plain(app.env.titles[docname])}".strip()
            pages.append((app.builder.get_target_uri(docname), title, self.records[docname]))
        Path(app.outdir, "_static", INDEX).write_text(index_script(pages), encoding="utf-8")
        kept = {docname: self.records[docname] for docname in app.env.found_docs}
        Path(app.doctreedir, RECORDS).write_text(json.dumps(kept), encoding="utf-8")
        yield "search", {"title": "Search"}, "search.html"


def remove_unused(app: Sphinx, exception: Exception | None) -> None:
    """Take away what only Sphinx's search needs."""
    if exception is None and app.builder.format == "html":
        for name in UNUSED:
            Path(app.outdir, name).unlink(missing_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    index = Index()
    app.connect("builder-inited", index.start)
    app.connect("env-purge-doc", index.forget)
    app.connect("doctree-resolved", index.note)
    app.connect("html-collect-pages", index.write)
    app.connect("build-finished", remove_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
