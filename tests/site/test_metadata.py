"""What pages say about themselves, with and without the site's address, and the pictures for shared links."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from PIL import Image
from small_book import build_book

BASE = "https://example.org/courses/attention/"
CHAPTER = "book/part/chapter.html"
ABOUT = "You will learn to ask with a query, q; answer with a key."


@pytest.fixture(scope="session")
def addressed_site(tmp_path_factory):
    """A small site that knows where it will be published."""
    return build_book(tmp_path_factory.mktemp("addressed"), BASE)


def meta(site, path: str) -> dict[str, str]:
    page = (site / path).read_text(encoding="utf-8")
    return dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page))


def test_a_chapter_describes_itself_by_its_first_paragraph(small_site):
    said = meta(small_site, CHAPTER)
    assert said["description"] == said["og:description"] == ABOUT
    assert said["og:title"] == "3. Looking things up"
    assert said["citation_title"] == "Looking things up"
    assert said["citation_inbook_title"] == said["og:site_name"]
    assert re.fullmatch(r"\d{4}/\d{2}/\d{2}", said["citation_publication_date"])
    assert "Cite this chapter" in (small_site / CHAPTER).read_text(encoding="utf-8")


def test_there_is_one_viewport(small_site):
    assert (small_site / CHAPTER).read_text(encoding="utf-8").count('name="viewport"') == 1


def test_only_the_book_and_its_chapters_are_works(small_site):
    assert "citation_inbook_title" not in meta(small_site, "book/index.html")
    assert "citation_title" in meta(small_site, "book/index.html")
    assert "citation_title" not in meta(small_site, "book/part/other.html")


def test_without_an_address_none_is_made_up(small_site):
    said = meta(small_site, CHAPTER)
    assert not said.keys() & {"og:url", "og:image", "citation_fulltext_html_url"}
    assert 'rel="canonical"' not in (small_site / CHAPTER).read_text(encoding="utf-8")
    for name in ("sitemap.xml", "robots.txt", "_static/social"):
        assert not (small_site / name).exists()


def test_with_an_address_every_page_has_one(addressed_site):
    site_map = (addressed_site / "sitemap.xml").read_text(encoding="utf-8")
    mapped = re.findall(r"<loc>([^<]*)</loc>", site_map)
    for address in mapped:
        path = address.removeprefix(BASE)
        page = (addressed_site / path).read_text(encoding="utf-8")
        assert f'<link rel="canonical" href="{address}">' in page
        assert meta(addressed_site, path)["og:url"] == address
    pages = {page.relative_to(addressed_site).as_posix() for page in addressed_site.glob("book/**/*.html")}
    assert {address.removeprefix(BASE) for address in mapped} == pages
    robots = (addressed_site / "robots.txt").read_text(encoding="utf-8")
    assert robots.splitlines()[-1] == f"Sitemap: {BASE}sitemap.xml"


def test_pages_that_are_none_are_not_for_search_engines(addressed_site):
    for name in ("search.html", "404.html"):
        page = (addressed_site / name).read_text(encoding="utf-8")
        assert '<meta name="robots" content="noindex">' in page
        assert "canonical" not in page


def test_the_picture_for_shared_links_is_there_and_light(addressed_site):
    said = meta(addressed_site, CHAPTER)
    file = addressed_site / said["og:image"].removeprefix(BASE)
    assert file.stat().st_size <= 60_000
    with Image.open(file) as picture:
        assert picture.size == (1200, 630) == (int(said["og:image:width"]), int(said["og:image:height"]))
        assert "Looking things up\n3" in picture.text["Description"]


@pytest.mark.parametrize("title", ["", "The block", "A title that is much longer than any so far"])
def test_a_picture_is_drawn_once_and_again_when_its_words_change(tmp_path, title):
    from social_card import write_card

    file = tmp_path / "folder" / "card.png"
    write_card(file, "The book", title, "3")
    first = file.stat().st_mtime_ns
    write_card(file, "The book", title, "3")
    assert file.stat().st_mtime_ns == first
    assert file.stat().st_size <= 60_000
    write_card(file, "The book", title, "4")
    with Image.open(file) as picture:
        assert picture.text["Description"] == f"The book\n{title}\n4"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Short.", "Short."),
        (
            f"A first sentence {'of some length ' * 6}stands alone. {'x ' * 99}",
            f"A first sentence {'of some length ' * 6}stands alone.",
        ),
        ("word " * 60, ("word " * 39).strip() + "…"),
    ],
)  # fmt: skip
def test_a_description_ends_well(text, short):
    from metadata import LENGTH, shortened

    assert shortened(text) == short
    assert len(short) <= LENGTH


@pytest.mark.parametrize(
    "address", ["example.org/", "https://example.org/book", "/book/", "ftp://example.org/"]
)
def test_an_address_that_would_make_wrong_links_stops_the_build(address):
    from metadata import check_address
    from sphinx.errors import ConfigError

    with pytest.raises(ConfigError, match=re.escape(repr(address))):
        check_address(None, SimpleNamespace(html_baseurl=address))
