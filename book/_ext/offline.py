"""Make the site installable, and let a reader keep the whole book for the time without a network.

At the end of a build this lists every file with its hash and writes the service worker ``sw.js`` with that
list, so that another build has another worker. The worker keeps the book as a whole or not at all: pages kept
one by one, as they are visited, would leave holes and mix the text of one build with the files of another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rjsmin
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util import logging

import app_icons
import downloads
from attend import style

LOGGER = logging.getLogger(__name__)
WORKER = Path(__file__).parents[1] / "_static" / "sw.js"
MANIFEST = "manifest.webmanifest"
PAGE = "offline"
# What the page that says "you are offline" needs; the reader's browser has most of it already.
SHELL = (f"{PAGE}.html", "_static/attend.css", "_static/theme.js", "_static/site.js", "_static/offline.js")

PLACE = """<div class="attend-offline-copy"></div>
<noscript><p>Keeping the book in your browser needs JavaScript.</p></noscript>
<!--downloads--><!--/downloads-->
"""

NO_CONNECTION = """<section>
<h1>You are offline</h1>
<p>This page is not kept on your device, and the network does not answer.</p>
<p><a class="attend-try-again" href="book/index.html">Try again</a></p>
<p>To have every page without a network next time, open
<a href="book/how-to-use.html">How to use this book</a> when you are online, and choose to keep the whole
book.</p>
</section>"""


class OfflineCopy(Directive):
    """The place on a page for the button that keeps the book, and for links to the files to take away."""

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.metadata[env.docname]["offline_copy"] = "yes"
        return [nodes.raw("", PLACE, format="html")]


def worker(contents: dict[str, bytes]) -> str:
    """Return the script of the service worker that keeps exactly these files."""
    listed = {
        name: [hashlib.sha256(content).hexdigest()[:16], len(content)]
        for name, content in sorted(contents.items())
    }
    text = json.dumps(listed, separators=(",", ":"))
    build = hashlib.sha256(text.encode()).hexdigest()[:12]
    shell = json.dumps([name for name in SHELL if name in listed])
    source = rjsmin.jsmin(WORKER.read_text(encoding="utf-8"))
    return f'const VERSION="{build}",FILES={text},SHELL={shell};\n{source}\n'


def finish(site: Path) -> None:
    """Bring the links to files, and the worker's list, up to what the folder ``site`` holds now."""
    for name in downloads.link(site):
        LOGGER.info("%s was made from an earlier state of the book and is removed; make it again", name)
    (site / "sw.js").write_text(worker(downloads.files(site)), encoding="utf-8")


def add_scripts(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the button's script on the page that has its place."""
    if app.env.metadata.get(pagename, {}).get("offline_copy"):
        app.add_js_file("offline-copy.js", loading_method="defer", priority=700)


def add_registration(app: Sphinx) -> None:
    """Link from every page the script that makes the site installable, and tells of a newer version."""
    if app.builder.format == "html":
        app.add_js_file("offline.js", loading_method="defer", priority=700)


def offline_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the page that stands in for one that cannot be had."""
    yield PAGE, {"title": "You are offline", "body": NO_CONNECTION, "toc": ""}, "page.html"


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the icons, the manifest and the worker, after every page and every other file."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    svg = (site / "_static" / "icon.svg").read_text(encoding="utf-8")
    icons = app_icons.write(svg, site / "_static" / "icons")
    paper = style.TOKENS["paper"][0]
    manifest = {
        "name": app.config.html_title,
        "short_name": app.config.html_title.partition(":")[0],
        "lang": app.config.language,
        "id": "./",
        "start_url": f"./{app.config.root_doc}.html",
        "scope": "./",
        "display": "standalone",
        "display_override": ["minimal-ui"],
        "background_color": paper,
        "theme_color": paper,
        "icons": [{**icon, "src": f"_static/icons/{icon['src']}"} for icon in icons],
    }
    (site / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    finish(site)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("offline-copy", OfflineCopy)
    app.connect("builder-inited", add_registration, priority=950)
    app.connect("html-page-context", add_scripts)
    app.connect("html-collect-pages", offline_page)
    app.connect("build-finished", write_files, priority=990)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
