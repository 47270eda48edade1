"""Fit Furo to the book: one style sheet, few scripts, nothing inline, nothing from another host.

Every style sheet that a page needs (Furo's, Pygments', the book's colours from ``attend.style``, our own) is
joined into ``_static/attend.css``, so that a page's first paint waits for one file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import furo
import rjsmin
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.images import get_image_size

from attend import style
from colours import samples_css

SHEET = "attend.css"
OWN = Path(__file__).parents[1] / "_static" / "site.css"
# What only Sphinx's search needs, which the book's own replaces.
SEARCH_SCRIPTS = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
# 'self' does not cover pages opened from disk in every browser; no web page can load from file: anyway.
CONTENT_SECURITY_POLICY = (
    "default-src 'self' file:; img-src 'self' file: data:; worker-src 'self'; manifest-src 'self'; "
    "object-src 'none'; base-uri 'none'"
)

ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" \
fill="{ground}"/><g stroke="{mark}" stroke-linecap="round"><path d="M8 9h16" stroke-width="3.4"/>\
<path d="M8 9l16 14" stroke-width="1.4"/><path d="M8 23h16" stroke-width="2.4"/></g><g fill="{mark}">\
<circle cx="8" cy="9" r="3"/><circle cx="8" cy="23" r="3"/><circle cx="24" cy="9" r="3"/>\
<circle cx="24" cy="23" r="3"/></g></svg>
"""

CSS_PIXELS_PER_INCH = 96
FIGURE_DPI = 144
_IMAGE = re.compile(r'<img((?=[^>]*\ssrc="[^"]*_images/([^"/]+)")[^>]*?)\s*/?>')

REDIRECT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={target}">
<link rel="canonical" href="{target}">
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Open the book</a></p></main></body>
</html>
"""


def minify(css: str) -> str:
    """Return ``css`` without comments, source maps and most white space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,]) ?", r"\1", css).strip()


def style_sheet() -> str:
    """Return the one style sheet: the theme's first, so that ours can overrule it."""
    theme = (furo.THEME_PATH / "static" / "styles" / "furo.css").read_text(encoding="utf-8")
    own = OWN.read_text(encoding="utf-8")
    return minify("\n".join((theme, furo.get_pygments_stylesheet(), style.css(), own, samples_css())))


def choose_code_colours(app: Sphinx) -> None:
    """Set Furo's dark code style; its option exists only once the theme is loaded, so no file can set it."""
    if app.builder.format == "html":
        app.config.pygments_dark_style = "a11y-dark"


def write_assets(app: Sphinx) -> None:
    """Write the style sheet and the icon before any page, so that links to them can carry a checksum."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SHEET).write_text(style_sheet(), encoding="utf-8")
    icon = ICON.format(ground=style.TOKENS["weight-high"][0], mark=style.TOKENS["paper"][0])
    (folder / "icon.svg").write_text(icon, encoding="utf-8")
    app.add_css_file(SHEET, priority=100)
    app.add_js_file("site.js", loading_method="defer")


def trim_page(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Keep the scripts and style sheets that the page uses and tell the templates what they need."""
    ours = (SHEET, "widgets/")
    context["css_files"] = [sheet for sheet in context["css_files"] if _path(sheet).startswith(ours)]
    scripts = context["script_files"]
    context["script_files"] = [file for file in scripts if _path(file) not in SEARCH_SCRIPTS]
    # A heading without a level says nothing to a screen reader.
    tree = context["furo_navigation_tree"].replace('role="heading"', 'role="heading" aria-level="2"')
    context["furo_navigation_tree"] = tree
    # docutils' role for a work in a bibliography has been withdrawn from ARIA; its parent is a list.
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')
    context["content_security_policy"] = CONTENT_SECURITY_POLICY


def keep_ids_unique(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take from Furo's boxes around formulas and tables the ids of what they hold, which Furo copies."""
    for box in doctree.findall(nodes.container):
        if {"math-wrapper", "table-wrapper"}.intersection(box["classes"]):
            box["ids"] = []


def size_images(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give each picture its width and height, so that the text does not jump when it arrives.

    Figures are saved at ``style``'s 144 dots to the inch; at this size their letters match the text's.
    """
    files = {name: source for source, name in app.builder.images.items()}

    def sized(tag: re.Match[str]) -> str:
        size = get_image_size(app.srcdir / files[tag[2]]) if tag[2] in files else None
        if size is None or "width=" in tag[0]:
            return tag[0]
        width, height = (round(pixels * CSS_PIXELS_PER_INCH / FIGURE_DPI) for pixels in size)
        return f'<img{tag[1]} width="{width}" height="{height}" decoding="async">'

    if "body" in context:
        context["body"] = _IMAGE.sub(sized, context["body"])


def minify_scripts(app: Sphinx, exception: Exception | None) -> None:
    """Write the site's own scripts without comments and blanks over the copies that Sphinx made of them."""
    if exception or app.builder.format != "html":
        return
    for source in OWN.parent.glob("*.js"):
        copy = Path(app.outdir, "_static", source.name)
        if copy.is_file():
            copy.write_text(rjsmin.jsmin(source.read_text(encoding="utf-8")), encoding="utf-8")


def _path(asset: Any) -> str:
    return str(asset.filename or "").removeprefix("_static/").partition("?")[0]


def write_redirect(app: Sphinx, exception: Exception | None) -> None:
    """Send readers who open the site's top folder to the book's first page."""
    if exception or app.builder.format != "html":
        return
    page = REDIRECT.format(title=app.config.html_title, target=f"{app.config.root_doc}.html")
    Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    # Jupyter Book always sets this one, for an extension that is not in use.
    app.add_config_value("comments_config", {}, "")
    app.connect("builder-inited", choose_code_colours, priority=100)
    app.connect("builder-inited", write_assets, priority=900)
    app.connect("html-page-context", trim_page, priority=900)
    app.connect("doctree-resolved", keep_ids_unique)
    app.connect("html-page-context", size_images)
    app.connect("build-finished", write_redirect)
    app.connect("build-finished", minify_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
