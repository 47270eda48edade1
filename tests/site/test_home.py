"""The first page: what it shows in the first screen, that nothing jumps, and where its drawings come from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from built_site import ROOT
from playwright.sync_api import expect

HOME = "book/index.html"
SIZES = [(1200, 800), (768, 1000), (375, 700)]
CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell

# Adds up how far things on the page have moved by themselves.
WATCH = """
window.moved = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize(("width", "height"), [(1200, 800), (375, 700)])
def test_the_first_screen_has_the_promise_and_the_whole_figure(visit, base, width, height):
    page = visit(viewport={"width": width, "height": height}).open(base + HOME).page
    for part in ("h1", "h1 ~ p", ".attend-aw-chip >> nth=-1", ".attend-as-says"):
        box = page.locator(f"article {part}").first.bounding_box()
        assert box["y"] + box["height"] <= height, part
    promise = page.locator("article h1 ~ p").first.inner_text()
    assert len(re.findall(r"[.?]( |$)", promise)) <= 3


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_moves_when_the_figure_starts(visit, base, width, height):
    seen = visit(viewport={"width": width, "height": height})
    seen.page.add_init_script(WATCH)
    page = seen.open(base + HOME).page
    page.wait_for_timeout(300)
    assert page.evaluate("window.moved") < 0.01
    assert page.locator(".attend-widget[data-state=live]").count() == 1


def test_no_sidebar_but_a_way_to_every_chapter(visit, base):
    page = visit().open(base + HOME).page
    assert page.locator(".sidebar-drawer, .toc-drawer").count() == 0
    page.get_by_role("navigation").get_by_role("link", name="Chapters").click()
    expect(page.locator("#the-map-of-the-book")).to_be_in_viewport()
    for link in ("Search", "How to use"):
        expect(page.get_by_role("navigation").get_by_role("link", name=link)).to_be_visible()


def test_the_map_has_the_table_of_contents_chapters_in_order_and_a_drawing_each(visit, base):
    page = visit().open(base + HOME).page
    found = page.eval_on_selector_all(
        "#the-map-of-the-book li a", "(links) => links.map((link) => link.getAttribute('href'))"
    )
    chapters = re.findall(r"file: book/((?:brain|attention|transformer|code|challenges)/.*)", toc())
    assert [Path(link).with_suffix("").as_posix() for link in found] == chapters
    assert page.locator("#the-map-of-the-book li .motif").count() == len(chapters)


def toc() -> str:
    return (ROOT / "_toc.yml").read_text(encoding="utf-8")


def test_the_theme_can_be_chosen(visit, base):
    page = visit(color_scheme="light").open(base + HOME).page
    page.get_by_role("button", name="color theme").click()
    assert page.evaluate("document.body.dataset.theme") == "dark"


# ---------------------------------------------------------------- the extension, without the site


def test_every_chapter_of_the_map_can_be_drawn():
    from motifs import HIGH, MOTIFS, WIDE, motif

    notebook = json.loads((ROOT / "book" / "index.ipynb").read_text(encoding="utf-8"))
    text = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"])
    chapters = re.findall(r"^\d+\. \[.*\]\((.*)\.ipynb\)", text, re.MULTILINE)
    assert chapters == list(MOTIFS)
    for chapter in chapters:
        drawing = motif(chapter)
        assert drawing.startswith("<svg")
        assert "nan" not in drawing
        # What is drawn from a function's numbers stays on its sheet.
        for path in re.findall(r' d="M([\d. -]+)"', drawing):
            numbers = [float(number) for number in path.split()]
            assert 0 <= min(numbers[::2]) <= max(numbers[::2]) <= WIDE, chapter
            assert 0 <= min(numbers[1::2]) <= max(numbers[1::2]) <= HIGH, chapter
    assert motif("brain/elsewhere") == ""


def test_only_a_page_that_asks_for_it_has_the_layout_and_drawings_stand_in_numbered_lists(tmp_path):
    shutil.copy(ROOT / "_config.yml", tmp_path)
    book = tmp_path / "book"
    (book / "brain").mkdir(parents=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "requirements.txt").write_text("")
    for name in ("_ext", "_static", "_templates"):
        (book / name).symlink_to(ROOT / "book" / name)
    (book / "references.bib").write_text("")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n- file: book/brain/neurons\n"
    )
    text = "# Book\n\n1. [Neurons](brain/neurons.md) What?\n1. Nothing here\n\n- [Again](brain/neurons.md)\n"
    metadata = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=[TEXT(text)], metadata={**metadata, "layout": "home"}),
        book / "index.ipynb",
    )
    (book / "brain" / "neurons.md").write_text("# Neurons\n\n1. [Again](neurons.md)\n")
    program = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run(
        [program, "build", tmp_path, "-W", "--keep-going"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    home, chapter = (
        (tmp_path / "_build/html/book" / page).read_text() for page in ("index.html", "brain/neurons.html")
    )
    assert 'class="page home"' in home
    assert re.search(r'<li><p><svg class="motif".*?</svg><a [^>]*>', home)
    assert home.count('class="motif"') == 1
    assert "How to use" not in home  # no link to a page that this book lacks
    assert 'class="page home"' not in chapter
    assert 'class="motif"' not in chapter
