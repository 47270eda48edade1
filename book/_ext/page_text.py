"""The words of a page, as a reader would hear them: no code, no markup, formulas as a line of letters."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from html import unescape

from docutils import nodes
from sphinx import addnodes

from mathml import convert

# Longer formulas say nothing once they are flattened to a line.
LONGEST_FORMULA = 30
_SILENT = (
    nodes.comment, nodes.footnote_reference, nodes.image, nodes.literal_block, nodes.math_block, nodes.raw,
    nodes.substitution_definition, nodes.system_message, nodes.target, addnodes.index, addnodes.toctree,
)  # fmt: skip
_NAME = re.compile(r"(?:(?<=\.)|(?<=import )|\b(?=\w+\())[A-Za-z_]\w{3,}")
_COMMON = frozenset(keyword.kwlist) | frozenset(dir(builtins))


def plain(*given: nodes.Node) -> str:
    """Return the text of ``given`` with single blanks between words."""
    pieces: list[str] = []
    for node in given:
        _collect(node, pieces)
    return " ".join("".join(pieces).split())


def _collect(node: nodes.Node, pieces: list[str]) -> None:
    if isinstance(node, nodes.Text):
        pieces.append(str(node))
    elif isinstance(node, nodes.math):
        pieces.append(formula(node.astext()))
    elif not isinstance(node, _SILENT) and not _is_index(node):
        space = "" if isinstance(node, nodes.Inline) else " "
        pieces.append(space)
        for child in node.children:
            _collect(child, pieces)
        pieces.append(space)


def _is_index(node: nodes.Node) -> bool:
    # The Chinese names repeat the glossary's entries.
    return isinstance(node, nodes.container) and "chinese-terms" in node["classes"]


def formula(latex: str) -> str:
    """Return a short formula as plain letters, "…" for one that is too long."""
    letters = unescape(re.sub(r"<[^>]*>", "", convert(latex))).replace("\u2061", "")
    letters = unicodedata.normalize("NFKC", letters).strip()
    return letters if len(letters) <= LONGEST_FORMULA else "…"


def code_names(*given: nodes.Node) -> list[str]:
    """Return what the code of ``given`` calls, imports or asks of objects, each name once; no outputs."""
    blocks = [block for node in given for block in node.findall(nodes.literal_block) if not _is_output(block)]
    code = re.sub(r"#.*", "", "\n".join(block.astext() for block in blocks))
    return list(dict.fromkeys(name for name in _NAME.findall(code) if name not in _COMMON))


def _is_output(node: nodes.Node | None) -> bool:
    while node is not None and not (
        isinstance(node, nodes.container) and node.get("nb_element") == "cell_code_output"
    ):
        node = node.parent
    return node is not None
