"""The glossary, English to Chinese and back, from one file: ``book/appendices/glossary.toml``.

``{terms} a d`` lists the entries from A to D, each a target for ``{term}``; ``{chinese-terms}`` lists all of
them by their Chinese names. In a chapter, a term in bold, which is how the book sets one where it is defined,
becomes a link to its entry.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import make_glossary_term
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

SOURCE = "book/appendices/glossary.toml"
# Of a connection or of attention: which one bold weights are, only their writer knows.
AMBIGUOUS = {"weight"}
FIELDS = {"en", "zh", "pinyin", "text", "see"}


def read_terms(path: Path) -> list[dict[str, str]]:
    """Return the entries by their English; raises ExtensionError if one is incomplete or there twice."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["term"]
    for entry in entries:
        if entry.keys() != FIELDS or not all(entry.values()):
            raise ExtensionError(f"{path.name}: {entry} must have {', '.join(sorted(FIELDS))}, none empty.")
    for field in ("en", "zh"):
        names = [entry[field].casefold() for entry in entries]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ExtensionError(f"{path.name}: more than one entry for {', '.join(sorted(twice))}.")
    return sorted(entries, key=lambda entry: entry["en"].casefold().replace("–", "-"))


class _Entries(SphinxDirective):
    def entries(self) -> list[dict[str, str]]:
        path = Path(self.env.srcdir, SOURCE)
        self.env.note_dependency(str(path))
        return read_terms(path)


class Terms(_Entries):
    """``{terms} FIRST LAST``: the entries whose English begins with a letter from FIRST to LAST."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        first, last = self.arguments
        shown = [entry for entry in self.entries() if first <= entry["en"][0].casefold() <= last]
        items = nodes.definition_list("", *map(self._item, shown), classes=["glossary"])
        return [addnodes.glossary("", items, sorted=False)]

    def _item(self, entry: dict[str, str]) -> nodes.definition_list_item:
        source, line = self.get_source_info()
        name = [nodes.Text(entry["en"])]
        term = make_glossary_term(self.env, name, None, source, line, None, self.state.document)
        # After the name was noted, so that it stays English alone.
        term += nodes.raw("", " " + _chinese(entry), format="html")
        definition = nodes.definition()
        line_of_text = f"{entry['text']} [](../{entry['see']})"
        self.state.nested_parse(StringList([line_of_text], source), self.content_offset, definition)
        return nodes.definition_list_item("", term, definition)


class ChineseTerms(_Entries):
    """``{chinese-terms}``: the Chinese names by their pinyin, each with a link to its English entry."""

    def run(self) -> list[nodes.Node]:
        by_sound = sorted(self.entries(), key=_sound)
        items = [f"- {_chinese(entry)} {{term}}`{entry['en']}`" for entry in by_sound]
        index = nodes.container(classes=["chinese-terms"])
        self.state.nested_parse(StringList(items, SOURCE), self.content_offset, index)
        return [index]


def _sound(entry: dict[str, str]) -> str:
    # Dictionaries put ü after u; a blank is none to them.
    return entry["pinyin"].replace(" ", "").replace("ü", "u~")


def _chinese(entry: dict[str, str]) -> str:
    return f'<span lang="zh-Hans">{entry["zh"]}</span>'


def _folded(name: str) -> str:
    """Return a name in the form in which two ways to write it are the same."""
    return name.casefold().replace("isation", "ization").replace("-", " ").replace("–", " ")


def link_bold_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Link a chapter's bold words that the glossary explains, each term at its first bold mention."""
    env, source = app.env, Path(app.srcdir, SOURCE)
    if "chapter" not in env.metadata.get(env.docname, {}) or not source.is_file():
        return
    env.note_dependency(str(source))
    known = {_folded(entry["en"]): entry["en"] for entry in read_terms(source)}
    for bold in list(doctree.findall(nodes.strong)):
        name = _folded(bold.astext())
        found = name if name in known else name.removesuffix("s")
        if found in known and found not in AMBIGUOUS and isinstance(bold.parent, nodes.paragraph):
            _wrap(bold, known.pop(found), env.docname)


def _wrap(bold: nodes.strong, term: str, docname: str) -> None:
    about = {"refdomain": "std", "reftype": "term", "reftarget": term, "refdoc": docname, "refexplicit": True}
    link = addnodes.pending_xref("", **about)
    bold.replace_self(link)
    link += bold


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("terms", Terms)
    app.add_directive("chinese-terms", ChineseTerms)
    app.connect("doctree-read", link_bold_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
