"""The book as one PDF: order, contents, bookmarks, links and fonts, on a book of a few of its pages."""

from __future__ import annotations

import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built_site import ROOT, SITE
from printed import foot
from pypdf import PdfReader
from pypdf.generic import Destination

sys.path.append(str(ROOT / "scripts"))

import pdf
import pdf_fonts
import pdf_pages

START = "book/index.html"
PAGES = ["book/how-to-use.html", "book/attention/similarity.html", "book/appendices/glossary.html"]
TITLE = "Attention: from the Brain to the Transformer"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A copy of the site whose table of contents has a few pages."""
    copy = tmp_path_factory.mktemp("small") / "site"
    shutil.copytree(SITE, copy, ignore=shutil.ignore_patterns("attention-book.*"))
    tree = BeautifulSoup((copy / pdf_pages.MAP).read_text(encoding="utf-8"), "html.parser")
    for item in tree.select(".sidebar-tree li"):
        if item.a["href"] not in PAGES:
            item.decompose()
    (copy / pdf_pages.MAP).write_text(str(tree), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def book(site) -> pdf_pages.Book:
    return pdf_pages.join(site, START, TITLE, "Its authors", ["Imprint"])


@pytest.fixture(scope="module")
def made(browser, site, book, tmp_path_factory) -> tuple[PdfReader, list[str]]:
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    cut = pdf.make(browser, book, site, target, "A4")
    return PdfReader(target), cut


def flat(outline: list) -> list[Destination]:
    return [item for part in outline for item in (flat(part) if isinstance(part, list) else [part])]


def squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text)


def test_the_joined_page_has_unique_ids_and_no_dead_link(book):
    tree = BeautifulSoup(book.html, "html.parser")
    ids = [node["id"] for node in tree.find_all(id=True)]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    links = [node["href"] for node in tree.select("body [href]")]
    assert [link for link in links if link.startswith("#") and link[1:] not in ids] == []
    assert {link.partition(":")[0] for link in links if not link.startswith("#")} <= {
        "http",
        "https",
        "mailto",
    }
    assert any(link.startswith("#book-appendices-glossary--") for link in links)


def test_pages_come_in_the_order_of_the_contents(book):
    tree = BeautifulSoup(book.html, "html.parser")
    assert [node["id"] for node in tree.find_all("article")] == [
        pdf_pages.anchor(page) for page in (START, *PAGES)
    ]


def test_solutions_and_answers_stand_at_the_end_of_their_chapter(book):
    chapter = BeautifulSoup(book.html, "html.parser").find(id="book-attention-similarity")
    last = chapter.find_all("h2")[-1]
    assert last.get_text() == "Solutions"
    solutions = last.parent
    assert "return raised / raised.sum" in solutions.get_text()
    assert "Only differences count." in solutions.get_text()
    exercise = chapter.find(id="book-attention-similarity--a-softmax-that-holds")
    assert "raised" not in exercise.get_text()
    assert solutions.find(id=exercise.select_one(".pdf-solution a")["href"][1:]) is not None
    assert "Right." not in chapter.select_one(".attend-quiz-static").get_text()


def test_bookmarks_lead_to_their_headings(book, made):
    reader, _ = made

    def titles(headings: list[pdf_pages.Heading]) -> list[str]:
        return [text for heading in headings for text in (heading.title, *titles(heading.children))]

    found = flat(reader.outline)
    assert [item.title for item in found] == titles(book.outline)
    for item in found:
        text = squeezed(reader.pages[reader.get_destination_page_number(item)].extract_text())
        assert squeezed(item.title) in text, item.title


def test_the_contents_name_the_pages(book, made):
    reader, _ = made
    places = pdf.pages_of(reader)
    printed = squeezed("".join(page.extract_text() for page in reader.pages[1:4]))
    for chapter in (
        item for part in book.outline for item in (part.children if "part-" in part.target else [part])
    ):
        for heading in (chapter, *chapter.children):
            assert squeezed(f"{heading.title}{places[heading.target][0]}") in printed, heading.title
    assert foot(reader.pages[9]) == "10"


def test_links_lead_to_places_within_the_file(made):
    reader, _ = made
    places, targets = reader.named_destinations, []
    for page in reader.pages:
        for note in page.get("/Annots") or []:
            link = note.get_object()
            if link.get("/Dest") is not None:
                targets.append(str(link["/Dest"]))
    assert len(targets) > 100
    assert [target for target in targets if target not in places and target.lstrip("/") not in places] == []


def test_every_font_is_embedded(made):
    reader, _ = made
    loose, names = set(), set()
    for page in reader.pages:
        for reference in (page["/Resources"].get("/Font") or {}).values():
            font = reference.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            name = str(font.get("/BaseFont", inner.get("/Name", "")))
            names.add(name.partition("+")[2])
            kept = inner.get("/FontDescriptor", {})
            kept = kept.get_object() if hasattr(kept, "get_object") else kept
            if inner["/Subtype"] != "/Type3" and not any(f"/FontFile{n}" in kept for n in ("", "2", "3")):
                loose.add(name)
    assert loose == set()
    for family in ("SourceSerif4", "SourceSans3", "SourceCodePro", "NotoSansCJK"):
        assert any(name.startswith(family) for name in names), (family, names)


def test_nothing_is_wider_than_the_page(made):
    assert made[1] == []


def test_what_is_wider_than_the_page_is_named(browser):
    page = browser.new_page(viewport={"width": 600, "height": 500})
    page.set_content(
        "<article id=a><p>short</p><pre style='display:inline-block'>" + "x" * 300 + "</pre></article>"
    )
    assert [line.partition(":")[0] for line in page.evaluate(pdf.CUT, 600)] == ["a"]
    page.close()


def test_the_file_says_what_it_is(made):
    reader, _ = made
    assert reader.metadata.title == TITLE
    assert reader.metadata.author == "Its authors"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/PageMode"] == "/UseOutlines"


def test_a_face_keeps_the_characters_that_are_used():
    face = next(face for face in pdf_fonts.FACES if face.family == pdf_fonts.CHINESE)
    assert pdf_fonts.make(face, {"\ue000"}) is None
    few, more = (len(pdf_fonts.make(face, set(text))) for text in ("注意", "注意力机制与变换器"))
    assert few < more < 20_000
