"""Render mathematics at build time: LaTeX becomes MathML, which browsers and screen readers know natively.

No script runs on the page. A formula that the converter does not understand stops the build and is named.
"""

from __future__ import annotations

import re
from functools import cache

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

# Queries, keys and values keep their colour in equations. The book writes them as these letters and uses the
# letters for nothing else (see the notation page), so the sources stay plain LaTeX that reads anywhere.
ROLES = {
    letter: role
    for role, letters in {"query": "Q𝐪𝐐", "key": "K𝐤𝐊", "value": "V𝐯𝐕"}.items()
    for letter in letters
}
_ROLE_LETTER = re.compile(f"<mi>([{''.join(ROLES)}])</mi>")

# "exp s" needs the thin space that TeX sets after a function's name; "exp(s)" does not.
_APPLY = re.compile("<mo>&ApplyFunction;</mo>(?!(?:<mrow>)*<mo[^>]*>[(\\[{|])")

# Bars of a norm would each stretch to whatever stands beside them, the opening one more than the closing one.
_BAR = re.compile(r'<mo(?: class="math\w+")?>([‖|])</mo>')

# Accepted by the converter, but set wrongly.
_MISREAD = {
    re.compile(r"\\operatorname\*"): r'"\operatorname*" is not supported.',
    re.compile(r"(?<!\\)'"): r"""Write "^\prime", not "'".""",
}
# Common LaTeX that the converter lacks, in terms of what it has.
_ALIASES = {re.compile(r"\\dots(?![a-zA-Z])"): r"\\ldots"}
_TEXT = re.compile(r"\\(?:text|mbox|textrm)\{[^{}]*\}")


class FormulaError(SphinxError):
    """A formula that cannot be turned into MathML."""

    category = "Formula error"


@cache
def convert(latex: str, block: bool = False) -> str:
    """Return ``latex`` as a MathML element; ``block`` asks for display style.

    Raises FormulaError with the formula and the reason.
    """
    try:
        for pattern, advice in _MISREAD.items():
            if pattern.search(_TEXT.sub("", latex)):
                raise MathError(advice)
        for pattern, known in _ALIASES.items():
            latex = pattern.sub(known, latex)
        # Blank lines would end the formula in LaTeX; Markdown lets them in.
        xml = tex2mathml(re.sub(r"\n\s*\n", "\n", latex.strip()), as_block=block)
    except (MathError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise FormulaError(f"cannot convert this formula to MathML: {latex.strip()}\n  {error}") from error
    xml = re.sub(r">\n *<", "><", xml).replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "", 1)
    xml = _BAR.sub(r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', xml)
    xml = _APPLY.sub(r'\g<0><mspace width="0.1667em"></mspace>', xml)
    return _ROLE_LETTER.sub(lambda found: f'<mi class="attend-{ROLES[found[1]]}">{found[1]}</mi>', xml)


def unwrap(latex: str) -> str:
    """Return the body of a formula that comes in an amsmath environment, in a form the converter knows."""
    for name in ("equation", "align", "gather"):
        match = re.fullmatch(rf"\s*\\begin{{{name}\*?}}(.*)\\end{{{name}\*?}}\s*", latex, re.DOTALL)
        if match:
            return match[1]
    return latex


def check_formulas(app: Sphinx, doctree: nodes.document) -> None:
    """Stop the build with every formula of the page that cannot be converted."""
    failures = []
    for node in doctree.findall(lambda node: isinstance(node, (nodes.math, nodes.math_block))):
        block = isinstance(node, nodes.math_block)
        try:
            convert(unwrap(node.astext()) if block else node.astext(), block)
        except FormulaError as error:
            failures.append(str(error))
    if failures:
        raise FormulaError(f"{app.env.docname}: " + "\n".join(failures))


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    # The formula scrolls in its own box on a narrow screen; its number stays in view.
    self.body.append(f'<div class="math-scroll">{convert(unwrap(node.astext()), True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.connect("doctree-read", check_formulas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
