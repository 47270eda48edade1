"""Texts by a model: on the page as text, in a still picture without it, and not in the notebook's text."""

import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow

from attend.widgets import TextSamples

SAMPLES = {"before": "one\n  two <b>", "after 10 steps, seed 3": "a very long line " * 20 + "é�"}


def test_the_repr_names_the_captions_and_not_the_texts():
    assert repr(TextSamples(SAMPLES)) == "TextSamples: texts by a model: before; after 10 steps, seed 3"


def test_no_text_and_what_is_no_text_are_refused():
    with pytest.raises(traitlets.TraitError, match="samples must hold at least one text; got none"):
        TextSamples({})
    with pytest.raises(traitlets.TraitError, match="samples"):
        TextSamples(SAMPLES).samples = [("a", 3)]


def test_without_a_page_there_is_a_picture_that_grows_with_the_text():
    widget = TextSamples(SAMPLES)
    figure = widget.picture()
    lines = [text.get_text() for text in figure.texts]
    assert lines[:3] == ["before", "one", "  two <b>"]
    assert max(map(len, lines)) <= 76
    assert figure.get_figheight() > TextSamples({"a": "b"}).picture().get_figheight()
    data, metadata = widget._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["image/png"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_stand_on_the_page_as_they_are(theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, TextSamples(SAMPLES), theme=theme)
    assert page.locator("pre").all_text_contents() == list(SAMPLES.values())
    assert page.locator("figcaption").all_text_contents() == list(SAMPLES)
    assert axe_violations(page) == []
    assert sideways_overflow(page) == 0
    set_traits(page, samples=[["new", "text"]])
    assert page.locator("pre").all_text_contents() == ["text"]
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
