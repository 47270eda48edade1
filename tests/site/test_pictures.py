"""Every picture says in words what it shows."""

import re
from html.parser import HTMLParser

from built_site import SITE

FEWEST_WORDS = 4


class Pictures(HTMLParser):
    """The alternative texts of a page's pictures, None where there is none; decorative ones left out."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str | None] = []
        self.page = text
        self.names_last = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if found.get("aria-hidden") == "true" or found.get("role") in ("presentation", "none"):
            return
        if tag == "img":
            self.texts.append(found.get("alt"))
        elif tag == "svg" and "role" in found:
            named = [self._text_of(name) for name in (found.get("aria-labelledby") or "").split()]
            self.texts.append(found.get("aria-label") or " ".join(named) or None)
        self.names_last = tag == "title" and bool(self.texts) and self.texts[-1] is None

    def handle_data(self, data: str) -> None:
        if self.names_last:  # a drawing's title
            self.texts[-1], self.names_last = data, False

    def _text_of(self, name: str) -> str:
        return re.search(rf'\sid="{re.escape(name)}"[^>]*>([^<]*)<', self.page)[1]


def poor(text: str | None) -> bool:
    """Say whether a picture's text is missing, or too short to say what is seen."""
    return text is None or len(text.split()) < FEWEST_WORDS


def test_pictures_have_words(path):
    pictures = Pictures((SITE / path).read_text(encoding="utf-8"))
    assert [text for text in pictures.texts if poor(text)] == []


def test_a_picture_without_words_is_seen():
    page = '<img src="a.png"><img alt="A line"><img alt="A line that falls from left to right">'
    assert [poor(text) for text in Pictures(page).texts] == [True, True, False]
    drawn = '<svg role="img" aria-labelledby="t d"><title id="t">A block</title><desc id="d">Two parts</desc>'
    assert Pictures(drawn).texts == ["A block Two parts"]
    assert Pictures('<svg role="img"><title>A block of two</title>').texts == ["A block of two"]
    assert Pictures('<svg aria-hidden="true" role="img"></svg><img alt="" role="presentation">').texts == []
