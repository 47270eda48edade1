"""The table of the book's colours on the notation page, drawn from ``attend.style`` itself.

``{colours}`` lists what each colour means, with a sample and its values on a light and on a dark page.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from attend import style

# What it stands for, where, and the tokens from one end of the sample to the other.
MEANINGS = (
    ("query", "letters, arrows, row labels", ("query",)),
    ("key", "letters, arrows, column labels", ("key",)),
    ("value", "letters, arrows", ("value",)),
    ("weight", "heat maps, from 0 to 1", ("weight-low", "weight-high")),
    ("score", "heat maps, negative to positive, zero in the middle",
     ("score-negative", "score-zero", "score-positive")),
)  # fmt: skip
HEADER = ("sample", "meaning", "where", "on a light page", "on a dark page")


def samples_css() -> str:
    """Return the rules that colour the samples; styles within the page would break its security policy."""
    rules = []
    for meaning, _, tokens in MEANINGS:
        colours = [f"var(--attend-{token})" for token in tokens]
        background = colours[0] if len(colours) == 1 else f"linear-gradient(90deg, {', '.join(colours)})"
        rules.append(f".colour-{meaning} {{ background: {background}; }}")
    return "\n".join(rules)


class Colours(SphinxDirective):
    """``{colours}``: one row for each meaning."""

    def run(self) -> list[nodes.Node]:
        body = nodes.tbody()
        for meaning, where, tokens in MEANINGS:
            sample = nodes.inline(classes=["colour-sample", f"colour-{meaning}"])
            light, dark = (", ".join(style.TOKENS[token][shade] for token in tokens) for shade in (0, 1))
            body += _row(sample, nodes.Text(meaning), nodes.Text(where), nodes.Text(light), nodes.Text(dark))
        group = nodes.tgroup("", *(nodes.colspec() for _ in HEADER), cols=len(HEADER))
        group += nodes.thead("", _row(*map(nodes.Text, HEADER)))
        group += body
        return [nodes.table("", group)]


def _row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("colours", Colours)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
