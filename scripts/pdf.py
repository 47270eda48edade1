"""Print the built site as one PDF: ``python scripts/pdf.py _build/html``.

The pages are joined in the order of the table of contents into one HTML page, which Chromium prints: first to
learn on which page each heading falls, then with these numbers in the table of contents. The bookmarks are
added afterwards. Whatever the site can do that paper cannot is left out or explained: a widget is its still
picture, code that only draws figures is not shown, and solutions stand at the end of their chapter.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import BeautifulSoup, NavigableString, Tag
from playwright.sync_api import Page, Route, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "book" / "_ext"))

import browser  # noqa: E402
import downloads  # noqa: E402
import pdf_fonts  # noqa: E402

ADDRESS = "http://book.invalid/"  # answered from the disk; nothing is asked of a network
PAPER = {"A4": 210.0, "Letter": 215.9}
SIDE_MARGIN = 16.0  # as in the site's @page rule
PIXELS_PER_MM = 96 / 25.4
_URL_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_ID_LISTS = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")

STYLE = """
@page { @top-center { font: 9pt "Book Sans"; color: dimgray; } @bottom-center { font: 9pt "Book Sans"; } }
@page plain { @top-center { content: none; } @bottom-center { content: none; } }
@page contents { @top-center { content: "Contents"; } }
body[data-theme][data-theme] {
  --font-stack: "Book Serif", "Book Chinese", "Attend Math", serif;
  --font-stack--ui: "Book Sans", "Book Chinese", sans-serif;
  --font-stack--monospace: "Book Mono", "Book Chinese", "DejaVu Sans Mono", monospace;
}
article h1, article h2, article h3, strong, b { font-weight: 600; }
article { break-before: page; }
.pdf-title, .pdf-part { page: plain; break-before: page; }
.pdf-title { height: 250mm; display: flex; flex-direction: column; }
.pdf-title svg { width: 26mm; height: 26mm; margin: 42mm 0 16mm; print-color-adjust: exact; }
.pdf-title h1 { font: 600 40pt/1.1 var(--font-stack); margin: 0; }
.pdf-title .subtitle { font: 20pt/1.3 var(--font-stack); margin: 4mm 0 14mm; }
.pdf-title .author { font: 13pt var(--font-stack--ui); margin: 0; }
.pdf-title .imprint { font: 9pt/1.5 var(--font-stack--ui); margin: auto 0 0; color: var(--attend-muted); }
.pdf-part { height: 240mm; }
.pdf-part h1 { font: 600 32pt/1.2 var(--font-stack); padding-top: 80mm; margin: 0; }
.pdf-contents { page: contents; break-before: page; font: 10.5pt/1.4 var(--font-stack--ui); }
.pdf-contents h1 { font: 600 21pt var(--font-stack); margin: 0 0 6mm; }
.pdf-contents h2 { font: 600 11pt var(--font-stack--ui); color: var(--attend-muted); margin: 5mm 0 1mm; break-after: avoid; }
.pdf-contents p { display: flex; gap: 3mm; margin: 0.6mm 0; break-inside: avoid; }
.pdf-contents .chapter { font-weight: 600; margin-top: 2.2mm; break-after: avoid; }
.pdf-contents .section { padding-left: 6mm; font-size: 9.5pt; }
.pdf-contents a { color: black; text-decoration: none; flex: 1; }
.pdf-contents .number { font-variant-numeric: tabular-nums; min-width: 9mm; text-align: right; }
article a.external[href^="http"]::after { content: none; }
article a.reference { text-decoration-color: var(--attend-line); }
.pdf-solution { font-family: var(--font-stack--ui); font-size: 9.5pt; }
.pdf-answers li > p { margin: 0 0 1mm; }
"""


@dataclass
class Heading:
    """A line of the contents and a bookmark: a part, a chapter or a section."""

    title: str
    target: str
    children: list[Heading] = field(default_factory=list)


@dataclass
class Book:
    """The joined page, and what its contents and bookmarks say."""

    html: str
    outline: list[Heading]
    sheets: list[str]


# ---------------------------------------------------------------- joining the pages


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text_of(node: Tag) -> str:
    """Return an element's text without the sign that links to it."""
    return " ".join("".join(part for part in node.strings if part != "#").split())


def order(site: Path, start: str) -> list[tuple[str | None, list[str]]]:
    """Return the parts of the table of contents with their pages; the first page belongs to no part."""
    tree = soup(site / start).select_one(".sidebar-tree")
    parts: list[tuple[str | None, list[str]]] = [(None, [start])]
    for node in tree.find_all(["p", "a"]) if tree else []:
        if node.name == "p":
            parts.append((text_of(node), []))
        elif not node.get("href", "#").startswith("#"):
            page = (PurePosixPath(start).parent / node["href"]).as_posix()
            parts[-1][1].append(str(PurePosixPath(*_normal(page))))
    return [(title, pages) for title, pages in parts if pages]


def _normal(path: str) -> list[str]:
    """Return a path's steps without ``.`` and ``..``."""
    steps: list[str] = []
    for step in PurePosixPath(path).parts:
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    return steps


def prefix(page: str) -> str:
    return re.sub(r"\W+", "-", page.removesuffix(".html"))


def anchor(page: str, fragment: str = "") -> str:
    return f"{prefix(page)}--{fragment}" if fragment else prefix(page)


def join(site: Path, start: str, title: str, author: str, imprint: list[str]) -> Book:
    """Return the whole book as one page of HTML with unique ids and links within itself."""
    parts = order(site, start)
    known = {page for _, pages in parts for page in pages}
    outline, bodies, running, sheets = [], [], [], []
    for part, pages in parts:
        chapters = outline
        if part is not None:
            heading = Heading(part, f"part-{len(outline)}")
            outline.append(heading)
            chapters = heading.children
            bodies.append(f'<section class="pdf-part" id="{heading.target}"><h1>{escape(part)}</h1></section>')
        for page in pages:
            tree = soup(site / page)
            for sheet in tree.select('link[rel="stylesheet"]'):
                path = "/".join(_normal(f"{PurePosixPath(page).parent}/{sheet['href'].partition('?')[0]}"))
                if path not in sheets:
                    sheets.append(path)
            article = adapt(tree, page, known)
            name = text_of(article.h1) if article.h1 else page
            sections = [
                Heading(text_of(section), section.parent["id"])
                for section in article.find_all("h2")
                if section.parent.get("id")
            ]
            chapters.append(Heading(name, anchor(page), sections))
            running.append((anchor(page), name))
            bodies.append(str(article))
    rules = "".join(
        f"@page {name}{{@top-center{{content:{_css_string(text)}}}}}#{name}{{page:{name}}}"
        for name, text in running
    )
    main, _, sub = title.partition(": ")
    icon = (site / "_static" / "icon.svg").read_text(encoding="utf-8")
    lines = "<br>".join(escape(line) for line in imprint)
    front = (
        f'<section class="pdf-title">{icon}<h1>{escape(main)}</h1><p class="subtitle">{escape(sub)}</p>'
        f'<p class="author">{escape(author)}</p><p class="imprint">{lines}</p></section>'
    )
    links = "".join(f'<link rel="stylesheet" href="site/{sheet}">' for sheet in sheets)
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{links}'
        f'<link rel="stylesheet" href="fonts.css"><style>{STYLE}{rules}</style></head><body data-theme="light">'
        f"{front}{contents(outline)}{''.join(bodies)}</body></html>"
    )
    return Book(html, outline, sheets)


def _css_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("<", "\\3c ") + '"'


def contents(outline: list[Heading]) -> str:
    """Return the table of contents, its page numbers still to be filled in."""

    def line(heading: Heading, kind: str) -> str:
        return (
            f'<p class="{kind}"><a href="#{heading.target}">{escape(heading.title)}</a>'
            f'<span class="number" data-target="{heading.target}">000</span></p>'
        )

    def chapter(heading: Heading) -> str:
        return line(heading, "chapter") + "".join(line(section, "section") for section in heading.children)

    rows = []
    for heading in outline:
        if heading.target.startswith("part-"):
            # The link gives the part's page a name in the PDF, which its bookmark needs.
            rows.append(f'<h2><a href="#{heading.target}">{escape(heading.title)}</a></h2>')
            rows += map(chapter, heading.children)
        else:
            rows.append(chapter(heading))
    return f'<nav class="pdf-contents"><h1>Contents</h1>{"".join(rows)}</nav>'


def adapt(tree: BeautifulSoup, page: str, known: set[str]) -> Tag:
    """Return a page's article as it stands in the book: for paper, with ids and links of the joined page."""
    article = tree.select_one("article")
    for node in article.select(".page-tools, .headerlink, noscript, script, .attend-offline-copy"):
        node.decompose()
    for node in article.select(".attend-downloads, .attend-no-print"):
        node.decompose()
    address = tree.select_one('link[rel="canonical"]')
    for widget in article.select(".attend-widget[data-widget]") if address else []:
        widget["data-address"] = f" at {address['href']}"
    move_solutions(tree, article)
    for fold in article.find_all("details"):
        if fold.find_parent(class_="tag_hide-input") or fold.find_parent(class_="attend-quiz-static"):
            continue
        fold["open"] = ""
    for node in article.find_all(True):
        if node.get("id"):
            node["id"] = anchor(page, node["id"])
        for name in _ID_LISTS:
            if node.get(name):
                value = node[name] if isinstance(node[name], str) else " ".join(node[name])
                node[name] = " ".join(anchor(page, item) for item in value.split())
        for name, value in node.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                node[name] = _URL_REFERENCE.sub(lambda found: f"url(#{anchor(page, found[1])})", value)
        if node.get("src") and not urlsplit(node["src"]).scheme:
            node["src"] = "site/" + "/".join(_normal(f"{PurePosixPath(page).parent}/{node['src']}"))
            node.attrs.pop("loading", None)
        for name in ("href", "xlink:href"):
            if node.get(name) is not None:
                redirect(node, name, page, known)
    article["id"] = anchor(page)
    del article["role"]
    return article


def redirect(node: Tag, name: str, page: str, known: set[str]) -> None:
    """Point a link into the joined page; one that leads to a file beside the site loses its link."""
    parts = urlsplit(node[name])
    if parts.scheme or parts.netloc:
        return
    path = unquote(parts.path)
    target = "/".join(_normal(f"{PurePosixPath(page).parent}/{path}")) if path else page
    if target in known:
        node[name] = f"#{anchor(target, unquote(parts.fragment))}"
    elif node.name == "a":
        node.name = "span"
        del node[name]


def move_solutions(tree: BeautifulSoup, article: Tag) -> None:
    """Gather the chapter's folded solutions, and the answers to its quiz, in a section at its end."""
    moved: list[Tag] = []
    for number, fold in enumerate(article.find_all("details"), start=1):
        summary = fold.find("summary")
        label = summary.select_one(".collapsed") or summary if summary else None
        if label is None or not text_of(label).startswith("Solution"):
            continue
        exercise = fold.find_parent("section")
        box = tree.new_tag("section", id=f"solution-{number}")
        title = tree.new_tag("h3")
        name = exercise.find(["h2", "h3", "h4"]) if exercise else None
        title.string = text_of(name) if name else text_of(label)
        link = tree.new_tag("p", attrs={"class": "pdf-solution"})
        target = tree.new_tag("a", href=f"#solution-{number}")
        target.string = text_of(label)
        link.append(target)
        fold.replace_with(link)
        summary.decompose()
        box.append(title)
        box.extend(list(fold.contents))
        moved.append(box)
    moved += [quiz_answers(tree, quiz, number) for number, quiz in enumerate(article.select(".attend-quiz-static"))]
    if not moved:
        return
    section = tree.new_tag("section", id="solutions")
    heading = tree.new_tag("h2")
    heading.string = "Solutions"
    section.append(heading)
    section.extend(moved)
    (article.find("section") or article).append(section)


def quiz_answers(tree: BeautifulSoup, quiz: Tag, number: int) -> Tag:
    """Turn a quiz's choices into a plain list, and return its right answers with their reasons."""
    box = tree.new_tag("section", id=f"quiz-answers-{number}", attrs={"class": "pdf-answers"})
    heading = tree.new_tag("h3")
    heading.string = "Check yourself"
    answers = tree.new_tag("ol")
    box.extend([heading, answers])
    for question in quiz.select("ol > li"):
        answer = tree.new_tag("li")
        choices = tree.new_tag("ul")
        folds = question.find_all("details")
        for fold in folds:
            summary = fold.find("summary").extract()
            right = fold.find("strong")
            if len(folds) == 1 or (right and right.get_text().startswith("Right")):
                reason = tree.new_tag("p")
                if len(folds) > 1:
                    if right:
                        right.decompose()
                    chosen = tree.new_tag("strong")
                    chosen.extend(list(BeautifulSoup(summary.decode_contents(), "html.parser").contents))
                    reason.extend([chosen, NavigableString(".")])
                for paragraph in fold.find_all("p"):
                    reason.append(NavigableString(" "))
                    reason.extend(list(paragraph.contents))
                answer.append(reason)
            if len(folds) > 1:
                choice = tree.new_tag("li")
                choice.extend(list(summary.contents))
                choices.append(choice)
            fold.decompose()
        if choices.contents:
            question.append(choices)
        answers.append(answer)
    return box


# ---------------------------------------------------------------- printing


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


def make(site: Path, target: Path, start: str, title: str, author: str, paper: str, imprint: list[str]) -> list[str]:
    """Write the PDF; return a line for each element that is wider than its page."""
    book = join(site, start, title, author, imprint)
    width = paper_width(paper)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        work = Path(folder)
        chromium = playwright.chromium.launch(**browser.launch_options())
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
        places = pages_of(PdfReader(first))
        numbers = {name: str(number) for name, (number, _) in places.items()}
        page.evaluate(
            "(numbers) => document.querySelectorAll('[data-target]').forEach("
            "(node) => (node.textContent = numbers[node.dataset.target] ?? ''))",
            numbers,
        )
        page.pdf(path=last, **options)
        chromium.close()
        writer = PdfWriter(clone_from=last)
    places = pages_of(PdfReader(writer_bytes(writer)))
    add_bookmarks(writer, book.outline, places)
    writer.add_metadata({"/Title": title, "/Author": author})
    writer.page_mode = "/UseOutlines"
    writer.write(target)
    return cut


def writer_bytes(writer: PdfWriter):
    from io import BytesIO

    buffer = BytesIO()
    writer.write(buffer)
    return buffer


def add_bookmarks(writer: PdfWriter, outline: list[Heading], places: dict[str, tuple[int, float]]) -> None:
    """Give the PDF a tree of bookmarks: parts, chapters, sections."""

    def add(heading: Heading, parent: object) -> None:
        number, top = places[heading.target]
        item = writer.add_outline_item(
            heading.title, number - 1, parent=parent, fit=Fit.xyz(left=0, top=top, zoom=0), is_open=parent is None
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
    cut = make(site, target, start, settings["title"], settings["author"], options.paper, imprint)
    downloads.record(site, downloads.PDF, state, "The whole book as a PDF, for reading and printing")
    import offline

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
