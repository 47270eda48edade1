"""Cut a web font for mathematics out of STIX Two Math: only the characters that the book's formulas use.

The full font (inside the ``ziamath`` package) is 1.5 MB. The subset keeps the MATH table, from which browsers
take the lengths of fraction bars, the places of scripts and the parts of stretching brackets.
"""

from __future__ import annotations

import html
import logging
import re
from importlib.util import find_spec
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

SOURCE = Path(find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
TARGET = "fonts/attend-math.woff2"

PRIMES = (0x2032, 0x2033, 0x2034, 0x2035, 0x2057)

_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_SINGLE = re.compile(r"<mi(?: class=\"[^\"]*\")?>(.)</mi>")
_ROOT = re.compile(r"<m(?:sqrt|root)\b")
_TAG = re.compile(r"<[^>]*>")
_ITALIC = {
    **{chr(ord("A") + i): chr(0x1D434 + i) for i in range(26)},
    **{chr(ord("a") + i): chr(0x1D44E + i) for i in range(26)},
    **{chr(0x391 + i): chr(0x1D6E2 + i) for i in range(25)},
    **{chr(0x3B1 + i): chr(0x1D6FC + i) for i in range(25)},
    "h": "ℎ", "∂": "𝜕", "ϵ": "𝜖", "ϑ": "𝜗", "ϰ": "𝜘", "ϕ": "𝜙", "ϱ": "𝜚", "ϖ": "𝜛",
}  # fmt: skip


logging.getLogger("fontTools").setLevel(logging.ERROR)  # it reports on every table


def characters(page: str) -> set[str]:
    """Return the characters that a browser draws for the formulas of an HTML page.

    A letter alone in an ``mi`` element is drawn from Unicode's mathematical italics, and a root brings a
    sign that stands nowhere in the text.
    """
    found: set[str] = set()
    for formula in _MATH.findall(page):
        found.update(_ITALIC.get(letter, letter) for letter in _SINGLE.findall(formula))
        found.update(html.unescape(_TAG.sub("", formula)))
        if _ROOT.search(formula):
            found.add("√")
    return found - set("\n\t")


def keep_script_forms_of_primes(font: TTFont) -> None:
    """Drop the letters' own forms for scripts, 28 kB a page, and keep those of the primes.

    A scaled letter looks well enough. A prime stands high already, and raised again it would be out of place.
    """
    names = font.getBestCmap()
    primes = {names[code] for code in PRIMES if code in names}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            if forms := getattr(table, "alternates", None):
                table.alternates = {glyph: forms[glyph] for glyph in forms if glyph in primes}


def subset(wanted: set[str], target: Path) -> None:
    """Write the subset of STIX Two Math that holds ``wanted`` to ``target`` as WOFF2."""
    options = Options(
        flavor="woff2", layout_features=["ssty", "dtls", "flac"], hinting=False, name_IDs=[0, 1, 2, 13]
    )
    options.notdef_outline = True
    font = TTFont(SOURCE)
    keep_script_forms_of_primes(font)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(wanted)))
    subsetter.subset(font)
    font.flavor = "woff2"
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)


def write_font(app: Sphinx, exception: Exception | None) -> None:
    """Make the font when the set of characters has changed since the last build."""
    if exception or app.builder.format != "html":
        return
    pages = Path(app.outdir).glob("**/*.html")
    wanted = set().union(*(characters(page.read_text(encoding="utf-8")) for page in pages))
    target, stamp = Path(app.outdir, "_static", TARGET), Path(app.doctreedir, "math-font.txt")
    text = "".join(sorted(wanted))
    if not target.exists() or not stamp.exists() or stamp.read_text(encoding="utf-8") != text:
        subset(wanted, target)
        stamp.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
