"""``sitemap.xml`` and ``robots.txt``, when ``html: baseurl`` says where the site will be; else neither.

Crawlers read ``robots.txt`` at the top of a host alone: on a sub-path, tell them of the map by other means.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from sphinx.application import Sphinx


def write_map(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    base = app.config.html_baseurl
    site_map, robots = Path(app.outdir, "sitemap.xml"), Path(app.outdir, "robots.txt")
    if not base:
        site_map.unlink(missing_ok=True)
        robots.unlink(missing_ok=True)
        return
    addresses = [base + app.builder.get_target_uri(docname) for docname in sorted(app.env.found_docs)]
    entries = "".join(f"<url><loc>{escape(address)}</loc></url>\n" for address in addresses)
    site_map.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        encoding="utf-8",
    )
    robots.write_text(f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write_map)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
