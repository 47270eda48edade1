"""The page for an address that is not there, at any depth of a site on a sub-path, in both kinds of build."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from readers import wcag_violations
from small_book import build_book

PREFIX = "/courses/attention/"
DEPTHS = ["nothing.html", "book/nothing.html", "book/part/nothing", "book/part/deeper/nothing.html"]


class _Host(http.server.SimpleHTTPRequestHandler):
    """A static host with the site on a sub-path: what is missing there gets 404.html, as on GitHub Pages."""

    def translate_path(self, path: str) -> str:
        return super().translate_path("/" + path.removeprefix(PREFIX) if path.startswith(PREFIX) else "/none")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def host(site: Path) -> Iterator[str]:
    handler = functools.partial(_Host, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()


@pytest.fixture(scope="module")
def sites(small_site, tmp_path_factory):
    """The same site, not knowing and knowing its own address."""
    known = build_book(tmp_path_factory.mktemp("known"), f"https://example.org{PREFIX}")
    return {"unknown": small_site, "known": known}


@pytest.mark.parametrize("address", ["unknown", "known"])
@pytest.mark.parametrize("missing", DEPTHS)
def test_holds_at_any_depth(visit, sites, address, missing):
    with host(sites[address]) as base:
        page = visit().page
        page.goto(base + missing)
        page.wait_for_function("window.attendSearch && !document.documentElement.classList.contains('no-js')")
        assert page.locator("h1").text_content() == "There is no page here"
        # Furo's column for the text: the style sheet has come.
        assert page.evaluate("getComputedStyle(document.querySelector('.page')).display") == "flex"
        links = page.locator("a[href]").evaluate_all("links => links.map(link => link.href.split('#')[0])")
        inside = {link for link in links if link.startswith(base) and link != base + missing}
        assert base + "book/part/chapter.html" in inside
        for link in inside:
            assert urlopen(link).status == 200
        theme = page.evaluate("document.body.dataset.theme")
        page.locator(".theme-toggle:visible").click()
        assert page.evaluate("document.body.dataset.theme") != theme
        page.locator("form.search-page input").fill("normalising")
        page.locator(".search-hits a").first.click()
        page.wait_for_url(base + "book/part/chapter.html#normalising-the-weights")


@pytest.mark.parametrize("missing", DEPTHS)
def test_needs_no_javascript_where_the_address_is_known(visit, sites, missing):
    with host(sites["known"]) as base:
        page = visit(java_script_enabled=False).page
        page.goto(base + missing)
        assert page.locator(".page").evaluate("page => getComputedStyle(page).display") == "flex"
        page.locator(".contents-map").get_by_role("link", name="Another page").click()
        page.wait_for_url(base + "book/part/other.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_meets_wcag(visit, sites, scheme):
    with host(sites["known"]) as base:
        page = visit(color_scheme=scheme).page
        page.goto(base + "nothing.html")
        assert wcag_violations(page) == []


def test_has_no_inline_code(sites):
    for site in sites.values():
        page = (site / "404.html").read_text(encoding="utf-8")
        assert " style=" not in page
        assert "<style" not in page
        assert "<script>" not in page


def test_finishing_the_page_twice_changes_nothing(sites):
    from not_found import at_address, at_any_depth

    unknown, known = ((sites[name] / "404.html").read_text(encoding="utf-8") for name in ("unknown", "known"))
    assert at_any_depth(unknown) == unknown
    assert at_address(known, f"https://example.org{PREFIX}") == known


def test_the_books_own_server_shows_it(visit, sites):
    from scripts.serve import open_server

    server = open_server(sites["unknown"], 8790)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        page = visit().page
        answer = page.goto(f"http://127.0.0.1:{server.server_port}/book/nothing.html")
        assert answer.status == 404
        page.get_by_role("heading", name="There is no page here").wait_for()
    finally:
        server.shutdown()
        server.server_close()
