"""Pages on paper: the text alone, black on white, nothing cut, in both usual sizes."""

from __future__ import annotations

import sys

import pytest
from built_site import ROOT, SITE
from printed import foot
from pypdf import PdfReader

sys.path.append(str(ROOT / "scripts"))

import pdf

CHAPTER = "book/attention/similarity.html"


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_nothing_is_cut_and_nothing_but_the_text_is_there(visit, path, paper):
    width = pdf.paper_width(paper)
    options = {"color_scheme": "dark", "viewport": {"width": width, "height": 1000}}
    page = visit(**options).open((SITE / path).as_uri()).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(pdf.CUT, width) == []
    boxed = page.evaluate(
        "[...document.querySelectorAll('article *')].filter((node) => !node.closest('math, svg')"
        " && node.clientWidth && node.scrollWidth > node.clientWidth + 1"
        " && getComputedStyle(node).overflowX !== 'visible').map((node) => node.outerHTML.slice(0, 100))"
    )
    assert boxed == []
    frame = "aside, header, footer, .page-tools, .copy-button, .headerlink, .skip-to-content, .sidebar-toggle"
    assert page.locator(frame).locator("visible=true").count() == 0
    colours = page.evaluate("[getComputedStyle(document.body)].map((s) => [s.color, s.backgroundColor])[0]")
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_a_widget_is_its_still_picture_and_comes_back(visit, base):
    page = visit().open(base + CHAPTER).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    widget = page.locator(".attend-widget[data-widget=attention_weights]").first
    assert widget.locator(":scope > img").is_visible()
    assert widget.locator(":scope > [data-live]").is_hidden()
    line = widget.evaluate("(node) => getComputedStyle(node, '::after').content")
    assert base + CHAPTER in line.replace('" "', "").replace('"', "")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert widget.locator(":scope > img").count() == 0
    assert widget.locator(":scope > [data-live]").is_visible()


def test_folded_parts_are_printed_as_the_reader_left_them(visit, base):
    page = visit().open(base + CHAPTER).page
    page.emulate_media(media="print")
    code = page.locator(".tag_hide-input details").first
    solution = page.locator(".tag_hide-cell details").first
    assert code.is_hidden()
    assert solution.locator("summary").is_visible()
    assert "Open it before you print" in solution.locator("summary").evaluate(
        "(node) => getComputedStyle(node, '::after').content"
    )
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    assert code.locator("pre").is_visible()
    assert solution.locator("pre").first.is_visible()


@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("Letter", (612, 792))])
def test_pages_have_the_size_asked_for_and_a_number(visit, base, tmp_path, paper, size):
    page = visit(color_scheme="dark").open(base + CHAPTER).page
    page.pdf(path=tmp_path / "chapter.pdf", format=paper, prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "chapter.pdf").pages
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == pytest.approx(size, abs=1)
    assert [foot(sheet) for sheet in pages] == [str(i + 1) for i in range(len(pages))]
