"""The next token: what Python refuses and computes, and the page by mouse, touch and keyboard."""

import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.widgets.next_token import BARS, MOST_TOP_K, NextToken, distribution, passage

SETTINGS = ("passage", "position", "temperature", "top_k", "top_p", "draws", "seed")


def packed(seed=0, *, vocabulary=400, n=6, named=30, start=2, title="A text"):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, vocabulary, n)
    logits = 3 * rng.normal(size=(n, vocabulary))
    # At the prompt's end the text goes on with the second likeliest token.
    logits[1, ids[2]] = np.sort(logits[1])[-2:].mean()
    return passage(title, ids, logits, lambda i: f" w{i}", start=start, named=named)


PASSAGES = [packed(), packed(1, vocabulary=49152, n=4, start=1, title="Another")]


# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"passage": 2}, "passage must be a whole number from 0 to 1; got 2"),
        ({"position": 1}, "position must be a whole number from 2 to 6; got 1"),
        ({"position": 7}, "position must be a whole number from 2 to 6; got 7"),
        ({"temperature": 0.0}, "temperature must be a number from 0.05 to 5; got 0.0"),
        ({"temperature": float("nan")}, "temperature must be a number from 0.05 to 5; got nan"),
        ({"top_k": 0}, "top_k must be a whole number from 1 to 1000000; got 0"),
        ({"top_p": 0.0}, "top_p must be a number above 0, at most 1; got 0.0"),
        ({"top_p": 1.01}, "top_p must be a number above 0, at most 1; got 1.01"),
        ({"draws": 7}, "draws must be one of 0, 1, 100, 1000; got 7"),
        ({"seed": 10000}, "seed must be a whole number from 0 to 9999; got 10000"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        NextToken(PASSAGES, **traits)


def test_passages_that_are_none():
    with pytest.raises(traitlets.TraitError, match="passages must hold at least one passage; got none"):
        NextToken([])
    with pytest.raises(traitlets.TraitError, match=r"must come from .*; got one without steps"):
        NextToken([{name: value for name, value in PASSAGES[0].items() if name != "steps"}])
    for start in (0, 4):
        message = f"start: expected a whole number from 1 to 3, received {start}"
        with pytest.raises(ValueError, match=message):
            passage("A", np.arange(3), np.zeros((3, 5)), str, start=start)


def test_a_step_holds_the_likeliest_tokens_and_the_mass_of_all_others():
    rng = np.random.default_rng(3)
    logits = 4 * rng.normal(size=(2, 3000))
    step = passage("A", np.array([5, 9]), logits, str, named=50)["steps"][0]
    order = np.argsort(-logits[0])
    assert step["tokens"] == [str(i) for i in order[:50]]
    np.testing.assert_allclose(step["logits"], logits[0][order[:50]], atol=5.1e-4)
    assert step["next"] == order.tolist().index(9)
    heights, counts = np.array(step["tail"]).T
    assert counts.sum() == 2950
    assert (np.diff(heights) < 0).all()
    assert counts @ np.exp(heights) == pytest.approx(np.exp(logits[0][order[50:]]).sum(), rel=1e-3)
    probabilities = np.exp(logits[0]) / np.exp(logits[0]).sum()
    now = distribution(step)
    np.testing.assert_allclose(now.probabilities, probabilities[order[:50]], atol=1e-3)
    assert now.entropy == pytest.approx(-(probabilities * np.log2(probabilities)).sum(), abs=5e-3)


def test_the_first_position_is_the_prompt_s_end():
    assert NextToken(PASSAGES).position == 2
    assert NextToken(PASSAGES, passage=1).position == 1


@pytest.mark.parametrize("traits", [{}, {"passage": 1, "temperature": 0.3, "draws": 100}])
def test_without_a_page_there_is_a_picture_the_same_in_every_run(traits):
    widget, twin = NextToken(PASSAGES, **traits), NextToken(PASSAGES, **traits)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["text/plain"] == repr(widget) == f"NextToken: {widget.describe()}"


def test_alt_text_says_what_is_shown_without_digits_that_hang_on_the_machine():
    widget = NextToken(PASSAGES, temperature=0.5, top_k=2, top_p=0.9, draws=100, seed=7)
    best = ", ".join(name.replace(" ", "␣") for name in widget.step["tokens"][:3])
    assert widget.describe() == (
        "A text, the token after 2 of 6 at temperature 0.5, top-k 2, top-p 0.9; the likeliest of 400: "
        f"{best}; 100 drawn with seed 7"
    )
    assert NextToken(PASSAGES).describe() == (
        f"A text, the token after 2 of 6 at temperature 1; the likeliest of 400: {best}"
    )


# ---------------------------------------------------------------- the page


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return NextToken(PASSAGES, **{name: trait(page, name) for name in SETTINGS})


def check_page(page):
    """Bars, numbers, draws and readout say what Python says."""
    widget = python_s(page)
    now = widget.distribution
    numbers = page.locator(".attend-nt-number").all_inner_texts()
    shown = [0.0 if text == "cut" else float(text) for text in numbers]
    expected = [*now.probabilities[:BARS], now.probabilities[BARS:].sum() + now.rest_mass]
    np.testing.assert_allclose(shown, expected, atol=5.1e-4)
    widths = page.locator(".attend-nt-now").evaluate_all("n => n.map((b) => Number(b.getAttribute('width')))")
    ratio = np.array(widths[1:BARS]) / widths[0]
    np.testing.assert_allclose(ratio, now.probabilities[1:BARS] / now.probabilities[0], atol=1e-6)
    counts = [*widget.counts[:BARS], widget.counts[BARS:].sum()]
    shares = page.locator(".attend-nt-share").all_text_contents()
    assert shares == [f"{count} ×" if widget.draws else "" for count in counts]
    facts = page.locator(".attend-nt-facts").inner_text()
    assert f"entropy {now.entropy:.2f} bits" in facts
    vocabulary = widget.passages[widget.passage]["vocabulary"]
    title = page.locator(".attend-nt-title").inner_text().replace(",", "")
    start = f"All {vocabulary} tokens" if now.kept >= vocabulary else f"{now.kept} token"
    assert title.startswith(start)
    assert page.locator(".attend-nt-read").count() == widget.position


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def box(page, name):
    return page.get_by_role("spinbutton", name=f"{name}, number")


def test_every_slider_moves_the_numbers_as_python_has_them(page):
    mount(page, NextToken(PASSAGES, top_p=0.9, top_k=20, draws=100))
    check_page(page)
    names = {"Tokens read": "position", "Temperature": "temperature", "top-k": "top_k", "top-p": "top_p"}
    assert page.locator("input[type=range]:visible").count() == len(names)
    for name, key in names.items():
        before = trait(page, key)
        slider(page, name).press("ArrowRight")
        assert trait(page, key) > before, name
        check_page(page)
        assert page.evaluate("window.model.saved") > 0


def test_from_greedy_to_anything(page):
    mount(page, NextToken(PASSAGES))
    slider(page, "Temperature").press("Home")
    assert trait(page, "temperature") == 0.05
    assert page.locator(".attend-nt-number").first.inner_text() > "0.8"
    check_page(page)
    slider(page, "Temperature").press("End")
    assert trait(page, "temperature") == 5
    assert float(page.locator(".attend-nt-number").last.inner_text()) > 0.7
    check_page(page)
    slider(page, "top-k").press("Home")
    assert page.locator(".attend-nt-title").inner_text() == "1 token of 400 may be drawn"
    slider(page, "top-k").press("End")
    assert trait(page, "top_k") == MOST_TOP_K
    check_page(page)


@pytest.mark.parametrize(
    ("name", "key", "written", "value"),
    [
        ("Tokens read", "position", "5", 5), ("Temperature", "temperature", "1.7", 1.7),
        ("top-k", "top_k", "37", 37), ("top-p", "top_p", "0.55", 0.55),
    ],
)  # fmt: skip
def test_every_number_box_sets_its_value_while_the_reader_types(name, key, written, value, page):
    mount(page, NextToken(PASSAGES))
    box(page, name).fill(written)
    assert trait(page, key) == value
    assert box(page, name).input_value() == written
    check_page(page)


@pytest.mark.parametrize(
    ("name", "key", "written", "message"),
    [
        ("Tokens read", "position", "9", "Tokens read: expected a whole number from 2 to 6, got 9."),
        ("Temperature", "temperature", "0", "Temperature: expected a number from 0.05 to 5, got 0."),
        ("top-k", "top_k", "401", "top-k: expected a whole number from 1 to 400, got 401."),
        ("top-p", "top_p", "1.5", "top-p: expected a number above 0, at most 1, got 1.5."),
    ],
)
def test_a_bad_value_is_explained_in_place_and_the_widget_lives_on(name, key, written, message, page):
    mount(page, NextToken(PASSAGES, position=3))
    before = trait(page, key)
    box(page, name).fill(written)
    assert page.get_by_role("alert").filter(visible=True).inner_text() == message
    assert box(page, name).get_attribute("aria-invalid") == "true"
    assert trait(page, key) == before
    assert axe_violations(page) == []
    slider(page, name).press("ArrowLeft")
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    check_page(page)


def test_another_text_starts_at_its_prompt_s_end_and_all_tokens_stay_all(page):
    mount(page, NextToken(PASSAGES, position=6))
    page.get_by_label("Text", exact=True).select_option("1")
    assert (trait(page, "passage"), trait(page, "position")) == (1, 1)
    assert page.locator(".attend-nt-title").inner_text() == "All 49,152 tokens may be drawn"
    assert box(page, "top-k").input_value() == "49152"
    check_page(page)


def test_draws_by_keyboard_and_again(page):
    mount(page, NextToken(PASSAGES))
    assert page.get_by_text("Nothing drawn yet.", exact=True).is_visible()
    page.get_by_role("button", name="Draw again").focus()
    page.keyboard.press("Enter")
    assert (trait(page, "draws"), trait(page, "seed")) == (1, 1)
    assert page.locator(".attend-nt-drawn:not([hidden])").count() == 1
    check_page(page)
    page.get_by_role("radio", name="1000", exact=True).check()
    before = page.locator(".attend-nt-share").all_text_contents()
    check_page(page)
    page.get_by_role("button", name="Draw again").click()
    assert trait(page, "draws") == 1000
    assert page.locator(".attend-nt-share").all_text_contents() != before
    check_page(page)


def test_what_is_cut_is_marked_and_what_comes_next_too(page):
    mount(page, NextToken(PASSAGES, top_k=3))
    assert page.locator(".attend-nt-cut").count() == BARS + 1 - 3
    marked = page.locator(".attend-nt-next .attend-nt-name")
    widget = NextToken(PASSAGES)
    assert widget.step["next"] == 1
    assert marked.inner_text() == widget.step["tokens"][1].replace(" ", "␣")
    assert "the text itself goes on with" in page.locator(".attend-nt-facts").inner_text()
    set_traits(page, position=6)  # the last token: the text ends
    assert "the text itself" not in page.locator(".attend-nt-facts").inner_text()


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, NextToken(PASSAGES))
    set_traits(page, passage=1, position=3, temperature=1.5, top_k=50, draws=1000, seed=12)
    check_page(page)
    assert page.get_by_role("radio", name="1000", exact=True).is_checked()
    assert page.get_by_label("Text", exact=True).input_value() == "1"
    assert page.evaluate("window.model.saved") == 0


def test_the_table_says_what_the_picture_says(page):
    mount(page, NextToken(PASSAGES, temperature=0.7, draws=100))
    page.get_by_text("The same as a table").click()
    page.locator("tbody tr").first.wait_for()  # filled after the click, when the page says that it opened
    widget = python_s(page)
    cells = page.locator("tbody tr").nth(2).locator("th, td").all_inner_texts()
    step, now = widget.step, widget.distribution
    assert cells == [
        step["tokens"][2].replace(" ", "␣"), f"{step['logits'][2]:.2f}".replace("-", "−"),
        f"{distribution(step).probabilities[2]:.4f}", f"{now.probabilities[2]:.4f}", str(widget.counts[2]),
    ]  # fmt: skip
    assert page.locator("tbody tr").last.locator("th").inner_text() == "380 others"


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, NextToken(PASSAGES))
    slider(page, "top-k").press("Home")
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.includes('1 token of 400 may be drawn')"
    )


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, NextToken(PASSAGES))
    page.get_by_role("radio", name="100", exact=True).tap()
    assert trait(page, "draws") == 100
    page.get_by_role("button", name="Draw again").tap()
    assert trait(page, "seed") == 1
    check_page(page)
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, NextToken(PASSAGES, draws=1000, top_k=5), theme=theme)
    page.get_by_text("The same as a table").click()
    for number in (0, 1):
        set_traits(page, passage=number, position=2)
        assert axe_violations(page) == [], number
        assert sideways_overflow(page) == 0, number


def test_clean_up_leaves_nothing_behind(page):
    mount(page, NextToken(PASSAGES))
    assert page.evaluate("window.model.listening()") == len(SETTINGS)
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, temperature=2)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
