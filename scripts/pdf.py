"""Print the built site as one PDF: ``python scripts/pdf.py _build/html``.

The pages are joined in the order of the table of contents into one HTML page, which Chromium prints: first to
learn on which page each heading falls, then with these numbers in the table of contents. The bookmarks are
added afterwards.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from playwright.sync_api import Browser, Page, Route, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit

# It remarks on the file that Chromium wrote and on the one it writes itself; both open everywhere.
logging.getLogger("pypdf").setLevel(logging.ERROR)
ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "book" / "_ext"))

import browser  # noqa: E402
import downloads  # noqa: E402
import offline  # noqa: E402
import pdf_fonts  # noqa: E402
import pdf_pages  # noqa: E402
from pdf_pages import Book, Heading  # noqa: E402

ADDRESS = "http://book.invalid/"  # answered from the disk; nothing is asked of a network
PAPER = {"A4": 210.0, "Letter": 215.9}
SIDE_MARGIN = 16.0  # as in the site's @page rule
PIXELS_PER_MM = 96 / 25.4

FIT = """(width) => {
  // Formulas and tables that are wider than the page become smaller, until they fit.
  for (const formula of document.querySelectorAll(".math-scroll > math, article math[display=block]")) {
    const room = (formula.closest(".math-scroll") ?? formula.parentElement).clientWidth;
    const wide = formula.getBoundingClientRect().width;
    if (wide > room) formula.style.fontSize = `${(0.98 * room) / wide}em`;
  }
  for (const table of document.querySelectorAll("article table")) {
    for (let size = 8.5; size >= 6 && table.getBoundingClientRect().width > width + 1; size -= 0.5) {
      table.style.fontSize = `${size}pt`;
    }
  }
}"""

CUT = """(width) => {
  const inside = (node) => node.closest("math, svg") && !node.matches("math, svg");
  return [...document.querySelectorAll("body *")]
    .filter((node) => node.getClientRects().length && !inside(node))
    .filter((node) => node.getBoundingClientRect().right > width + 1.5)
    .map((node) => `${node.closest("article")?.id ?? "front"}: ${node.outerHTML.slice(0, 100)}`);
}"""


def paper_width(paper: str) -> int:
    """Return the width of the text in CSS pixels."""
    return int((PAPER[paper] - 2 * SIDE_MARGIN) * PIXELS_PER_MM)


def open_book(page: Page, book: Book, site: Path, work: Path) -> None:
    """Show the joined page, all its files answered from the disk."""
    (work / "book.html").write_text(book.html, encoding="utf-8")
    (work / "fonts.css").write_text(pdf_fonts.style_sheet(work, set(book.html)), encoding="utf-8")

    def answer(route: Route) -> None:
        path = unquote(urlsplit(route.request.url).path).lstrip("/")
        file = site / path.removeprefix("site/") if path.startswith("site/") else work / path
        route.fulfill(path=file) if file.is_file() else route.abort()

    page.route("**/*", answer)
    page.goto(f"{ADDRESS}book.html", wait_until="load")
    page.evaluate("document.fonts.ready")


def pages_of(reader: PdfReader) -> dict[str, tuple[int, float]]:
    """Return for every named place of a PDF its page, counted from 1, and its height on the page."""
    found = {}
    for name, place in reader.named_destinations.items():
        number = reader.get_destination_page_number(place)
        found[unquote(name.lstrip("/"))] = (number + 1, float(place.top or 0))
    return found


def make(chromium: Browser, book: Book, site: Path, target: Path, paper: str) -> list[str]:
    """Write the PDF; return a line for each element that is wider than its page."""
    width = paper_width(paper)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        page = chromium.new_page(viewport={"width": width, "height": 1000}, color_scheme="light")
        page.set_default_timeout(600_000)
        page.emulate_media(media="print")
        open_book(page, book, site, work)
        page.evaluate(FIT, width)
        cut = page.evaluate(CUT, width)
        first, last = work / "first.pdf", work / "last.pdf"
        # The order of reading and the headings are part of the file, for those who listen to it.
        options = {"format": paper, "prefer_css_page_size": False, "print_background": False, "tagged": True}
        page.pdf(path=first, **options)
        numbers = {name: str(number) for name, (number, _) in pages_of(PdfReader(first)).items()}
        page.evaluate(
            "(numbers) => document.querySelectorAll('[data-target]').forEach("
            "(node) => (node.textContent = numbers[node.dataset.target] ?? ''))",
            numbers,
        )
        page.pdf(path=last, **options)
        page.close()
        places = pages_of(PdfReader(last))
        writer = PdfWriter(clone_from=BytesIO(last.read_bytes()))
    add_bookmarks(writer, book.outline, places)
    writer.add_metadata({"/Title": book.title, "/Author": book.author})
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    return cut


def add_bookmarks(writer: PdfWriter, outline: list[Heading], places: dict[str, tuple[int, float]]) -> None:
    """Give the PDF a tree of bookmarks: parts, chapters, sections."""

    def add(heading: Heading, parent: object) -> None:
        number, top = places[heading.target]
        item = writer.add_outline_item(
            title=heading.title,
            page_number=number - 1,
            parent=parent,
            fit=Fit.xyz(left=0, top=top, zoom=0),
            is_open=parent is None,
        )
        for child in heading.children:
            add(child, item)

    for heading in outline:
        add(heading, None)


def main() -> int:
    parser = argparse.ArgumentParser(description="Print the built site as one PDF.")
    parser.add_argument("site", type=Path)
    parser.add_argument("--paper", choices=PAPER, default="A4")
    options = parser.parse_args()
    site = options.site.resolve()
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    start = f"{yaml.safe_load((ROOT / '_toc.yml').read_text(encoding='utf-8'))['root']}.html"
    if not (site / start).is_file():
        parser.error(f"{site} holds no {start}; build the book first with `make book SERVE=0`")
    began = time.monotonic()
    state = downloads.version(downloads.files(site))
    imprint = [
        f"Made from the state {state} of the book's pages, {settings['copyright']}.",
        "Text and figures: Creative Commons Attribution 4.0. Code: MIT.",
        "Interactive figures are shown as still pictures, and solutions stand at the end of each chapter.",
    ]
    target = site / downloads.PDF
    print("Printing the book (two passes)", flush=True)
    book = pdf_pages.join(site, start, settings["title"], settings["author"], imprint)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.launch_options())
        cut = make(chromium, book, site, target, options.paper)
        chromium.close()
    downloads.record(site, downloads.PDF, state, "The whole book as a PDF, for reading and printing")
    offline.finish(site)
    pages = len(PdfReader(target).pages)
    print(
        f"{target}: {pages} pages, {downloads.megabytes(target.stat().st_size)}, "
        f"{time.monotonic() - began:.0f} s"
    )
    for line in cut:
        print(f"wider than the page: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
