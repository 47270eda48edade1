"""The sentence widget: the numbers of AttentionWeights on the words themselves, by mouse and by keyboard."""

import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, trait
from playwright.sync_api import expect

from attend.widgets import AttentionSentence, AttentionWeights
from attend.widgets.attention_sentence import DEFAULT_SENTENCE

PHONE = {"viewport": {"width": 375, "height": 700}, "has_touch": True, "is_mobile": True}
WORDS = DEFAULT_SENTENCE.split()


# ---------------------------------------------------------------- Python


def test_its_numbers_are_those_of_attention_weights():
    small, large = AttentionSentence(query=7), AttentionWeights(DEFAULT_SENTENCE, query=7)
    np.testing.assert_array_equal(small.weights, large.weights)
    assert repr(small) == (
        "AttentionSentence: attention over 11 words, scaled dot score, temperature 1, no mask: "
        "it attends most to tired, 0.16, then to animal, 0.15."
    )


def test_errors_name_it():
    with pytest.raises(TypeError, match="AttentionSentence has no trait 'numbers'"):
        AttentionSentence(numbers=True)
    with pytest.raises(traitlets.TraitError, match="query must be the index of a token, 0 to 10, got 11"):
        AttentionSentence(query=11)


def test_a_still_page_has_every_word_with_its_weight_and_no_picture():
    widget = AttentionSentence("a <b> cat's", mask="causal", query=1)
    data, _ = widget._repr_mimebundle_()
    assert "image/png" not in data
    page = data["text/html"]
    assert re.findall(r'chip-word">([^<]*)<', page) == ["a", "b", "cat&#x27;s"]
    assert re.findall(r'chip-number">([^<]*)<', page) == [
        *(f"{w:.2f}" for w in widget.weights[1, :2]),
        "masked",
    ]
    assert re.findall(r'<rect width="(\d+)"', page) == [*(f"{100 * w:.0f}" for w in widget.weights[1])]
    assert widget.sentence_about(1) in page
    assert "style=" not in page


# ---------------------------------------------------------------- the page


def chip(page, index):
    return page.locator(".attend-aw-chip").nth(index)


def settle(page):
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")


def assert_shows(page, widget):
    """Every word, number and arc on the page is what Python computes."""
    settle(page)
    row, seen = widget.weights[widget.query], widget.visible[widget.query]
    chips = page.locator(".attend-aw-chip")
    assert chips.locator(".attend-aw-chip-word").all_inner_texts() == widget.tokens
    numbers = [f"{w:.2f}" if s else "masked" for w, s in zip(row, seen, strict=True)]
    assert chips.locator(".attend-aw-chip-number").all_inner_texts() == numbers
    assert page.locator(".attend-as-says").inner_text() == widget.sentence_about(widget.query)
    widths = page.eval_on_selector_all(
        ".attend-as-arcs path", "(arcs) => arcs.map((arc) => Number(arc.getAttribute('stroke-width')))"
    )
    np.testing.assert_allclose(widths, np.sort(0.75 + 16 * row[seen]), atol=0.0051)


def test_a_click_makes_a_word_ask(page):
    mount(page, AttentionSentence())
    assert_shows(page, AttentionSentence())
    chip(page, 7).click()
    page.mouse.move(0, 0)
    assert_shows(page, AttentionSentence(query=7))
    assert trait(page, "query") == 7
    assert chip(page, 7).get_attribute("aria-checked") == "true"
    expect(page.locator(".attend-live")).to_have_text(AttentionSentence().sentence_about(7))


def test_resting_on_a_word_shows_its_weights_and_changes_nothing(page):
    mount(page, AttentionSentence())
    chip(page, 10).hover()
    assert_shows(page, AttentionSentence(query=10))
    assert trait(page, "query") == 1
    page.mouse.move(0, 0)
    assert_shows(page, AttentionSentence())


def test_by_keyboard_alone(page):
    mount(page, AttentionSentence())
    page.keyboard.press("Tab")
    expect(chip(page, 1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(chip(page, 9)).to_be_focused()
    assert_shows(page, AttentionSentence(query=9))
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your sentence")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("two cats")
    assert_shows(page, AttentionSentence("two cats", query=0))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert_shows(page, AttentionSentence())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="Table of the weights")).to_be_focused()


def test_the_readers_sentence_and_what_is_wrong_with_it(page):
    mount(page, AttentionSentence(query=8))
    field = page.get_by_label("Your sentence")
    field.fill("the cat ate zorblax")
    assert_shows(page, AttentionSentence("the cat ate zorblax", query=3))
    page.locator("summary").click()
    said = "Not on the map: zorblax; its vector is made from the letters alone"
    expect(page.locator(".attend-as-origin")).to_contain_text(said)
    field.fill(" ,, ")
    expect(page.get_by_role("alert")).to_contain_text("Type at least one word")
    assert trait(page, "tokens") == ["the", "cat", "ate", "zorblax"]
    page.get_by_role("button", name="Another sentence").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(field).to_have_value(DEFAULT_SENTENCE)


def test_the_table_has_every_number(page):
    widget = AttentionSentence("cat mouse table", mask="causal", query=1)
    mount(page, widget)
    page.locator("summary").click()
    expect(page.get_by_role("table")).to_be_visible()
    rows = [row.locator("th, td").all_inner_texts() for row in page.locator("tbody tr").all()]
    expected = [
        [word, f"{score:.3f}".replace("-", "−"), f"{weight:.3f}" if seen else "masked"]
        for word, score, weight, seen in zip(
            widget.tokens, widget.scores[1], widget.weights[1], widget.visible[1], strict=True
        )
    ]
    assert rows == expected
    chip(page, 0).click()
    settle(page)
    assert page.locator("tbody tr").nth(1).locator("td").last.inner_text() == "masked"
    assert "“cat” asks" in page.locator("caption").inner_text()


def test_python_can_set_what_is_shown_and_nobody_is_told(page):
    mount(page, AttentionSentence())
    set_traits(page, tokens=["a", "b"], query=0, vectors=[[1, 0], [0, 2]], mask="causal")
    assert_shows(page, AttentionSentence("a b", query=0, vectors=[[1, 0], [0, 2]], mask="causal"))
    page.wait_for_timeout(500)
    assert page.locator(".attend-live").inner_text() == ""


def test_arcs_follow_the_words_when_the_page_grows_narrow(page):
    mount(page, AttentionSentence())
    page.set_viewport_size({"width": 420, "height": 800})
    settle(page)
    settle(page)
    ends = page.evaluate(
        """() => {
          const ground = document.querySelector(".attend-as-stage").getBoundingClientRect();
          const middles = [...document.querySelectorAll(".attend-aw-chip")].map((chip) => {
            const edge = chip.getBoundingClientRect();
            return edge.left + edge.width / 2 - ground.left;
          });
          return [...document.querySelectorAll(".attend-as-arcs path")].map((arc) => {
            const [x] = arc.getAttribute("d").match(/[-.\\d]+ [-.\\d]+$/)[0].split(" ").map(Number);
            return Math.min(...middles.map((middle) => Math.abs(middle - x)));
          });
        }"""
    )
    assert len(ends) == 11
    assert sorted(ends)[-2] < 0.2  # all but the loop, which ends beside the middle
    assert page.locator(".attend-as").evaluate("(root) => root.classList.contains('attend-as-lines')")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sentence", [DEFAULT_SENTENCE, "one", " ".join(f"word{i}" for i in range(64))])
def test_on_a_phone_nothing_is_lost_and_axe_finds_nothing(open_page, theme, sentence):
    page = open_page(**PHONE, reduced_motion="reduce")
    mount(page, AttentionSentence(sentence), theme=theme)
    page.locator("summary").click()
    settle(page)
    assert axe_violations(page) == []
    assert sideways_overflow(page) == 0
    sizes = [node.bounding_box() for node in page.locator("button, input, summary").all()]
    assert min(min(size["width"], size["height"]) for size in sizes) >= 24


def test_it_leaves_nothing_behind(page):
    mount(page, AttentionSentence())
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    set_traits(page, query=3)
