"""What a link leads to, for a small preview beside it: cited works, terms, equations and figures.

A page's own targets are on the page. For those on other pages the build writes one script a page,
``_static/previews/PAGE.js``, that hands their markup to ``previews.js``; it is loaded when a reader first
points at such a link. (Pages opened from disk may load scripts, but not each other.)
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDER = "previews"
# As Sphinx and the extensions here write them; none of these elements holds another one of its kind.
TARGETS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r'<div class="citation" id="(?P<id>[^"]+)".*?</div>',
        r'<dt id="(?P<id>term-[^"]+)">.*?</dt>\s*<dd>.*?</dd>',
        r'<figure\b[^>]*\bid="(?P<id>[^"]+)".*?</figure>',
        r'<div class="math"[^>]* id="(?P<id>equation-[^"]+)">\s*<div class="math-scroll">.*?</div>'
        r'(?:<span class="eqno">.*?</span>)?</div>',
    )
)
_PERMALINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
# One name, one target; and what was an item of a list stands alone.
_NAMES = re.compile(r' (?:id|role)="[^"]*"')


def targets(body: str) -> dict[str, str]:
    """Return the markup of what links may lead to in a page's ``body``, by its id."""
    return {
        found["id"]: _NAMES.sub("", _PERMALINK.sub("", found[0]))
        for pattern in TARGETS
        for found in pattern.finditer(body)
    }


def script(pagename: str, found: dict[str, str]) -> str:
    """Return the script that hands a page's targets to ``previews.js``."""
    return f"attendPreviews.deliver({json.dumps(pagename)},{json.dumps(found, ensure_ascii=False)});\n"


def write_targets(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Write the page's script, or remove one that an earlier build wrote."""
    file = Path(app.outdir, "_static", FOLDER, f"{pagename}.js")
    found = targets(context.get("body", "")) if doctree else {}
    if found:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script(pagename, found), encoding="utf-8")
    else:
        file.unlink(missing_ok=True)


def add_script(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.add_js_file("previews.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", add_script)
    # Last, when the page's markup is final.
    app.connect("html-page-context", write_targets, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
