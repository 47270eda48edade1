"""Every link within the site leads somewhere, fragments included, and nothing is written into the markup that
the site's security policy refuses."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from built_site import SITE, built_pages

EXECUTED = ("", "text/javascript", "application/javascript", "module")


class Markup(HTMLParser):
    """The links, the targets and the inline code of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.targets: set[str] = set()
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.targets.add(found.get("id", ""))
        self.links += [found[name] for name in ("href", "src") if name in found and tag != "use"]
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found and found.get("type", "") in EXECUTED):
            self.inline.append(f"<{tag}>")


@cache
def markup(page: Path) -> Markup:
    return Markup(page.read_text(encoding="utf-8"))


def test_links_resolve(path):
    here = SITE / path
    broken = []
    for link in markup(here).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
        found = target.is_file() and target.is_relative_to(SITE)
        if found and parts.fragment and target.suffix == ".html":
            found = unquote(parts.fragment) in markup(target).targets
        if not found:
            broken.append(link)
    assert broken == []


def test_assets_are_local(path):
    """Links to read may leave the site; what a page loads may not."""
    text = (SITE / path).read_text(encoding="utf-8")
    loaded = [link for link in markup(SITE / path).links if urlsplit(link).netloc and f'src="{link}"' in text]
    assert loaded == []


def test_no_inline_scripts_or_styles(path):
    assert markup(SITE / path).inline == []


def test_the_first_page_is_found(visit, base):
    page = visit().page
    page.goto(base)
    page.wait_for_url("**/book/index.html")
    assert page.locator("h1").first.is_visible()


def test_every_page_is_in_the_table_of_contents():
    book = [page for page in built_pages() if page.startswith("book/")]
    start = markup(SITE / "book/index.html")
    linked = {(Path("book") / link).as_posix() for link in start.links}
    assert [page for page in book if page not in linked and page != "book/index.html"] == []
