"""The built site, served from a sub-path as a course would, and pages that report what goes wrong."""

from __future__ import annotations

import functools
import http.server
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from built_site import ROOT, SITE, built_pages
from playwright.sync_api import Browser, BrowserContext, Page
from small_book import build_book

PREFIX = "/courses/attention/"
sys.path.append(str(ROOT / "book" / "_ext"))  # the site's own extensions, for their unit tests


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``path`` once a page; without a site it runs once, and fails in ``path``."""
    if "path" in metafunc.fixturenames:
        metafunc.parametrize("path", built_pages() or [None], indirect=True, ids=str)


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A page's path within the site."""
    if request.param is None:
        pytest.fail(f"The site is not built: no pages in {SITE}. Run `make book SERVE=0` first.")
    return request.param


class _Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        # Nothing exists outside the sub-path, so that a link from the host's root shows up as broken.
        inside = path.startswith(PREFIX)
        return super().translate_path("/" + path.removeprefix(PREFIX) if inside else "/no-such-page")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def base() -> Iterator[str]:
    """The address of the served site, ending in a slash."""
    handler = functools.partial(_Handler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()
        thread.join()


class Visit:
    """A page in a fresh browser context, and everything that went wrong on it."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", self._hear)
        self.page.on("response", self._check)

    def _hear(self, message) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _check(self, response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def open(self, url: str) -> Visit:
        """Go to ``url`` and wait until every widget on it has started or failed."""
        self.page.goto(url, wait_until="load")
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('.attend-widget[data-widget]')].every(w => w.dataset.state)"
        )
        return self


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that makes a Visit; its arguments are those of Playwright's ``new_context``."""
    contexts: list[BrowserContext] = []

    def make(**options) -> Visit:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}))
        return Visit(contexts[-1])

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small site that does not know its own address; see small_book.py."""
    return build_book(tmp_path_factory.mktemp("small"))
