"""The offline copy in a real browser: kept as a whole, read without a network, updated without a mix."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import app_icons
import downloads
import offline
import pytest
import theme
from built_site import SITE
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

PLACE = "/courses/attention/"
CHAPTER = "book/attention/similarity.html"
BUTTON = "book/how-to-use.html"
WHOLE = re.compile("The whole book is kept")


class Host:
    """A server of folders, each under a path of its own, that can be made to fail."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.asked: list[str] = []
        self.fails: Callable[[str], bool] = lambda path: False
        host = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = unquote(self.path.partition("?")[0])
                host.asked.append(path)
                if host.fails(path):
                    self.close_connection = True
                    self.connection.close()
                    return
                # Dates have whole seconds; a test deploys twice within one.
                del self.headers["If-Modified-Since"]
                super().do_GET()

            def translate_path(self, path: str) -> str:
                path = unquote(path.partition("?")[0])
                for place, folder in folders.items():
                    if path.startswith(place):
                        inside = folder / path.removeprefix(place)
                        return str(inside / "index.html" if inside.is_dir() else inside)
                return "/nowhere"

            def end_headers(self) -> None:
                self.send_header("Cache-Control", "max-age=600")  # as GitHub Pages does
                super().end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(tmp_path) -> Path:
    """A copy of a few of the site's pages, with all that they load, that a test may change."""
    wanted = {"index.html", "search.html", "offline.html", "book/index.html", CHAPTER, BUTTON}
    assert all((SITE / page).is_file() for page in wanted), f"The site is not built: no {wanted} in {SITE}."
    copy = tmp_path / "site"
    shutil.copytree(SITE, copy, ignore=shutil.ignore_patterns("attention-book.*", "_sources"))
    pages = "".join((SITE / page).read_text(encoding="utf-8") for page in wanted)
    for file in copy.rglob("*"):
        name = file.relative_to(copy).as_posix()
        spare = file.suffix == ".html" and name not in wanted
        spare |= name.startswith("_images/") and file.name not in pages
        if file.is_file() and (spare or file.stat().st_size > 500_000):
            file.unlink()
    offline.finish(copy)
    return copy


@pytest.fixture
def host(site) -> Iterator[Host]:
    served = Host({PLACE: site})
    yield served
    served.close()


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def deploy(site: Path, word: str) -> None:
    """Put another build into the folder: another text and, in step with it, another style sheet."""
    for page in site.rglob("*.html"):
        text = re.sub(r"<h1>(build \w+ )?", f"<h1>build {word} ", page.read_text(encoding="utf-8"))
        text = re.sub(r"attend\.css\?v=\w+", f"attend.css?v={word}", text)  # Sphinx writes a checksum here
        page.write_text(text, encoding="utf-8")
    with (site / "_static/attend.css").open("a") as sheet:
        sheet.write(f":root{{--build:{word}}}")
    offline.finish(site)


def build_of(page: Page) -> tuple[str, str]:
    """Return which build the text of an open page is from, and which its style sheet."""
    heading = re.search(r"build (\w+)", page.locator("article h1").inner_text())
    style = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--build')")
    return heading[1], style


def keep(page: Page, host: Host) -> None:
    page.goto(host.address + PLACE + BUTTON)
    page.get_by_role("button", name="Keep the whole book offline").click()
    expect(page.get_by_role("status").filter(has_text=WHOLE)).to_be_visible(timeout=60_000)


def cache_names(page: Page) -> list[str]:
    return sorted(page.evaluate("caches.keys()"))


def use_widget(page: Page) -> None:
    """Move the chapter's first figure, as a reader does with the keyboard."""
    widget = page.locator(".attend-widget[data-state=live]").first
    widget.wait_for()
    slider = widget.get_by_role("slider").first
    before = widget.inner_text(), slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert (widget.inner_text(), slider.input_value()) != before


def test_a_kept_book_is_read_without_a_network(host, context):
    page = context.new_page()
    keep(page, host)
    asked = len(host.asked)
    context.set_offline(True)
    page.goto(host.address + PLACE + CHAPTER)
    assert page.locator("article h1").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.page')).display") == "flex"
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth)")
    use_widget(page)
    page.goto(host.address + PLACE)  # the site's folder leads to the first page, as on the server
    page.wait_for_url("**/book/index.html")
    assert host.asked[asked:] == []


def test_nothing_is_kept_unasked_and_a_missing_page_is_explained(host, context):
    page = context.new_page()
    page.goto(host.address + PLACE + CHAPTER)
    page.evaluate("navigator.serviceWorker.ready")
    held = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((request) => request.url)))).then((all) => all.flat())"
    )
    assert sorted(url.removeprefix(host.address + PLACE) for url in held) == sorted(offline.SHELL)
    context.set_offline(True)
    page.goto(host.address + PLACE + BUTTON)
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.page')).display") == "flex"
    context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    page.wait_for_url("**/" + BUTTON)


def test_a_newer_build_is_offered_and_never_mixed_with_the_old(host, site, context):
    deploy(site, "one")
    page = context.new_page()
    keep(page, host)
    page.goto(host.address + PLACE + CHAPTER)
    assert build_of(page) == ("one", "one")
    page.evaluate("caches.open('attention-book http://elsewhere/ 1')")
    page.evaluate("caches.open('somebody else')")
    other = context.new_page()
    other.goto(host.address + PLACE + CHAPTER)
    old = cache_names(page)

    deploy(site, "two")
    page.reload()
    note = page.get_by_role("status").filter(has_text="A newer version of the book is here.")
    expect(note).to_be_visible(timeout=60_000)
    # Until the reader says so, every page is the old one, whole.
    page.goto(host.address + PLACE + BUTTON)
    assert build_of(page) == ("one", "one")
    expect(note).to_be_visible()
    context.set_offline(True)  # the new version has come whole before it was offered
    with page.expect_navigation():
        note.get_by_role("button", name="Reload").click()
    assert build_of(page) == ("two", "two")
    expect(note).to_have_count(0)

    # The other window goes on with the old version, to its last file, until it is reloaded.
    expect(other.get_by_role("status").filter(has_text="A newer version")).to_be_visible()
    sheet = other.evaluate(f"fetch('{PLACE}_static/attend.css').then((answer) => answer.text())")
    assert sheet.endswith(":root{--build:one}")
    other.get_by_role("button", name="Reload").click()
    expect(other.locator("article h1")).to_contain_text("build two")
    assert build_of(other) == ("two", "two")

    deadline = time.monotonic() + 20
    while len(now := cache_names(other)) != len(old) and time.monotonic() < deadline:
        other.wait_for_timeout(100)
    gone, new = set(old) - set(now), set(now) - set(old)
    assert len(gone) == len(new) == 1
    assert {"attention-book http://elsewhere/ 1", "somebody else"} <= set(now)
    # What is the same in both builds came from the old cache.
    images = [path for path in host.asked if path.endswith(".png") and "_images" in path]
    worker_fetched = len([path for path in images if path.endswith(images[0].rpartition("/")[2])])
    assert worker_fetched <= 2


def test_without_a_kept_copy_the_server_s_newest_page_is_shown(host, site, context):
    deploy(site, "one")
    page = context.new_page()
    page.goto(host.address + PLACE + CHAPTER)
    page.evaluate("navigator.serviceWorker.ready")
    deploy(site, "two")
    page.reload()
    assert build_of(page) == ("two", "two")
    assert page.locator(".attend-newer").count() == 0


def test_a_broken_download_is_explained_and_goes_on(host, site, context):
    page = context.new_page()
    page.goto(host.address + PLACE + BUTTON)
    button = page.get_by_role("button", name="Keep the whole book offline")
    button.wait_for()
    host.fails = lambda path: path.endswith("search-index.js")
    button.click()
    expect(page.get_by_role("status")).to_have_text(re.compile("The connection broke"), timeout=60_000)
    host.fails = lambda path: False
    # What has come is not used before the rest is here, and does not come again.
    asked = len(host.asked)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status")).to_have_text(WHOLE, timeout=60_000)
    assert len(host.asked) - asked < len(downloads.files(site)) / 2
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("button", name="Keep the whole book offline")).to_be_visible()


def test_a_download_that_meets_another_build_goes_on_with_that_one(host, site, context):
    page = context.new_page()
    page.goto(host.address + PLACE + BUTTON)
    button = page.get_by_role("button", name="Keep the whole book offline")
    button.wait_for()
    deploy(site, "two")
    button.click()
    expect(page.get_by_role("status").filter(has_text=WHOLE)).to_be_visible(timeout=60_000)
    context.set_offline(True)
    page.goto(host.address + PLACE + CHAPTER)
    assert build_of(page) == ("two", "two")


def test_a_server_that_changes_files_is_named_as_the_reason(host, site, context):
    page = context.new_page()
    page.goto(host.address + PLACE + BUTTON)
    button = page.get_by_role("button", name="Keep the whole book offline")
    button.wait_for()
    (site / CHAPTER).write_text("<p>An advertisement.</p>")
    button.click()
    expect(page.get_by_role("status")).to_have_text(re.compile("sends other files than this version"))


def test_an_update_that_breaks_leaves_the_old_version_whole(host, site, context):
    deploy(site, "one")
    page = context.new_page()
    keep(page, host)
    deploy(site, "two")
    host.fails = lambda path: path.endswith("similarity.html")
    page.reload()
    page.wait_for_timeout(1500)
    assert page.locator(".attend-newer").count() == 0
    context.set_offline(True)
    page.goto(host.address + PLACE + CHAPTER)
    assert build_of(page) == ("one", "one")
    context.set_offline(False)
    host.fails = lambda path: False
    page.reload()
    expect(page.locator(".attend-newer")).to_be_visible(timeout=60_000)


def test_two_copies_on_one_host_keep_apart(site, tmp_path, context):
    second = tmp_path / "second"
    shutil.copytree(site, second)
    deploy(second, "second")
    host = Host({"/a/": site, "/a b/": second})
    page = context.new_page()
    for place in ("/a/", "/a%20b/"):
        page.goto(host.address + place + BUTTON)
        page.get_by_role("button", name="Keep the whole book offline").click()
        expect(page.get_by_role("status").filter(has_text=WHOLE)).to_be_visible(timeout=60_000)
    context.set_offline(True)
    page.goto(host.address + "/a%20b/" + CHAPTER)
    assert build_of(page) == ("second", "second")
    page.goto(host.address + "/a/" + CHAPTER)
    assert "build" not in page.locator("article h1").inner_text()
    host.close()


def test_from_disk_there_is_no_worker_and_a_line_says_why(visit):
    seen = visit().open((SITE / BUTTON).as_uri())
    assert "all of it is here already" in seen.page.locator(".attend-offline-copy").inner_text()
    assert seen.problems == []
    assert seen.page.locator("link[rel=manifest]").count() == 0


def test_the_manifest_is_what_a_browser_installs_from(host, context):
    page = context.new_page()
    page.goto(host.address + PLACE + CHAPTER, wait_until="load")
    page.evaluate("navigator.serviceWorker.ready")
    session = context.new_cdp_session(page)
    found = session.send("Page.getAppManifest")
    assert found["url"] == host.address + PLACE + "manifest.webmanifest"
    assert found["errors"] == []
    page.wait_for_timeout(500)  # for the icons
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
    manifest = json.loads(found["data"])
    assert (SITE / manifest["start_url"]).is_file()
    for icon in manifest["icons"]:
        with Image.open(SITE / icon["src"]) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]


@pytest.mark.parametrize("maskable", [False, True])
def test_icons_show_the_mark(maskable):
    picture = app_icons.draw(theme.ICON.format(ground="#004488", mark="#ffffff"), 192, maskable=maskable)
    corner, white = picture.getpixel((0, 0)), []
    assert corner[3] == (255 if maskable else 0)
    for x in range(192):
        for y in range(192):
            if picture.getpixel((x, y))[:3] == (255, 255, 255) and picture.getpixel((x, y))[3]:
                white.append(((x - 95.5) ** 2 + (y - 95.5) ** 2) ** 0.5)
    assert len(white) > 192 * 192 / 20
    if maskable:  # within the circle that no system cuts
        assert max(white) < 0.4 * 192


def test_any_change_makes_another_worker():
    files = {"a.html": b"1", "b.css": b"2"}
    scripts = {offline.worker({**files, **change}) for change in ({}, {"a.html": b"2"}, {"c": b""})}
    assert len({re.match(r'const VERSION="(\w{12})"', script)[1] for script in scripts}) == 3
