"""Join the pages of the built site into one page of HTML: the book as paper can hold it.

Ids get the name of their page, and links between pages become links within the one page. Whatever the site
can do that paper cannot is left out or explained: a widget is its still picture, code that only draws figures
is not shown, and solutions stand at the end of their chapter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag

MAP = "search.html"  # a page at the top of the site with the whole table of contents beside it
STYLE = Path(__file__).with_name("pdf.css")
_URL_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_ID_LISTS = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")


@dataclass
class Heading:
    """A line of the contents and a bookmark: a part, a chapter or a section."""

    title: str
    target: str
    children: list[Heading] = field(default_factory=list)


@dataclass
class Book:
    """The joined page, and what its contents and bookmarks say."""

    title: str
    author: str
    html: str
    outline: list[Heading]


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text_of(node: Tag) -> str:
    """Return an element's text without the sign that links to it."""
    return " ".join("".join(part for part in node.strings if part != "#").split())


def order(site: Path, start: str) -> list[tuple[str | None, list[str]]]:
    """Return the parts of the table of contents with their pages; the first page belongs to no part."""
    tree = soup(site / MAP).select_one(".sidebar-tree")
    parts: list[tuple[str | None, list[str]]] = [(None, [start])]
    for node in tree.find_all(["p", "a"]) if tree else []:
        if node.name == "p":
            parts.append((text_of(node), []))
        elif not node.get("href", "#").startswith("#"):
            parts[-1][1].append(normpath(node["href"]))
    return [(title, pages) for title, pages in parts if pages]


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
            bodies.append(
                f'<section class="pdf-part" id="{heading.target}"><h1>{escape(part)}</h1></section>'
            )
        for page in pages:
            tree = soup(site / page)
            for sheet in tree.select('link[rel="stylesheet"]'):
                path = normpath(f"{PurePosixPath(page).parent}/{sheet['href'].partition('?')[0]}")
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
    style = STYLE.read_text(encoding="utf-8")
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
        f'<link rel="stylesheet" href="fonts.css"><style>{style}{rules}</style></head>'
        f'<body data-theme="light">'
        f"{front}{contents(outline)}{''.join(bodies)}</body></html>"
    )
    return Book(title, author, html, outline)


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
    seen: set[str] = set()
    for node in article.find_all(True):
        if node.get("id") in seen:  # a numbered equation's box and the formula in it have one name
            del node["id"]
        elif node.get("id"):
            seen.add(node["id"])
            node["id"] = anchor(page, node["id"])
        for name in _ID_LISTS:
            if node.get(name):
                value = node[name] if isinstance(node[name], str) else " ".join(node[name])
                node[name] = " ".join(anchor(page, item) for item in value.split())
        for name, value in node.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                node[name] = _URL_REFERENCE.sub(lambda found: f"url(#{anchor(page, found[1])})", value)
        if node.get("src") and not urlsplit(node["src"]).scheme:
            node["src"] = "site/" + normpath(f"{PurePosixPath(page).parent}/{node['src']}")
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
    target = normpath(f"{PurePosixPath(page).parent}/{path}") if path else page
    if target in known:
        node[name] = f"#{anchor(target, unquote(parts.fragment))}"
    elif node.name == "a":
        # Within a drawing, HTML's <span> would end the drawing.
        node.name = "g" if node.find_parent("svg") else "span"
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
    moved += [
        quiz_answers(tree, quiz, number) for number, quiz in enumerate(article.select(".attend-quiz-static"))
    ]
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
