"""Heads side by side: what Python refuses and gives back, and the page by mouse, touch and keyboard."""

import json
import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.attention import softmax
from attend.widgets import AttentionHeads
from attend.widgets.attention_heads import AVERAGE

QUERIES, KEYS = ["un", "deux", "trois", "un"], ["one", "two", "three", "four", "five"]


def example(heads=4, layers=None, queries=QUERIES, keys=KEYS, seed=0, **more):
    rng = np.random.default_rng(seed)
    shape = (heads,) if layers is None else (layers, heads)
    weights = softmax(2 * rng.normal(size=(*shape, len(queries), len(keys))))
    return {"queries": queries, "weights": weights, "keys": keys, **more}


def whole():
    """A widget with everything: parts and answers, and a second example of other size and two layers."""
    parts = np.random.default_rng(1).normal(size=(4, 4, 6))
    answers = [f"answer {mask}" for mask in range(16)]
    widget = AttentionHeads(**example(name="across", contributions=parts, outcomes=answers))
    return widget.add(**example(3, 2, ["x", "y"], ["x", "y"], name="inside", causal=True))


# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"queries": []}, ValueError, "queries: expected 1 to 256 tokens, received 0"),
        ({"queries": ["a", "", "b", "c"]}, TypeError, "queries: expected texts, none of them empty"),
        ({"queries": ["a"]}, ValueError, "weights: expected shape (heads, 1, 5), or layers before it"),
        ({"keys": None}, ValueError, "weights: expected shape (heads, 4, 4), or layers before it"),
        ({"weights": np.full((2, 4, 5), np.nan)}, ValueError, "weights: expected finite numbers"),
        ({"weights": np.full((2, 4, 5), -0.1)}, ValueError, "weights: expected numbers from 0 to 1"),
        ({"weights": np.full((2, 4, 5), 0.3)}, ValueError, "weights: expected rows that sum to one"),
        ({"contributions": np.ones((4, 3, 6))}, ValueError, "contributions: expected shape (4, 4, m)"),
        ({"outcomes": ["a"] * 15}, ValueError, "outcomes: expected 16 texts for 4 heads in each of 1 layers"),
        ({"layer_names": ["a", "b"]}, ValueError, "layer_names: expected 1 names, one a layer, received 2"),
        ({"haed": 1}, TypeError, "AttentionHeads has no trait 'haed'"),
        ({"head": 4}, traitlets.TraitError, "head must be a whole number from -1 to 3; got 4"),
        ({"query": 4}, traitlets.TraitError, "query must be a whole number from 0 to 3; got 4"),
        ({"layer": 1}, traitlets.TraitError, "layer must be a whole number from 0 to 0; got 1"),
        ({"example": 1}, traitlets.TraitError, "example must be a whole number from 0 to 0; got 1"),
        ({"off": [4]}, traitlets.TraitError, "off must hold different whole numbers from 0 to 3; got [4]"),
        ({"off": [1, 1]}, traitlets.TraitError, "off must hold different whole numbers from 0 to 3"),
    ],
)
def test_what_does_not_fit_is_named_with_what_was_expected(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        AttentionHeads(**{**example(), **arguments})


def test_too_many_heads_for_outcomes_are_refused():
    with pytest.raises(ValueError, match="outcomes: expected at most 8 heads, received 9"):
        AttentionHeads(**example(9, outcomes=["a"] * 512))


def test_weights_and_contributions_come_back_to_a_step():
    given, parts = example(3, 2), np.random.default_rng(2).normal(size=(2, 3, 4, 7))
    widget = AttentionHeads(**given, contributions=parts, layer=1)
    np.testing.assert_allclose(widget.weights, given["weights"][1], atol=0.5 / 255)
    np.testing.assert_allclose(widget.contributions, parts[1], atol=np.abs(parts).max() / 250)
    assert AttentionHeads(**given).contributions is None
    assert AttentionHeads(**given).outcome is None


def test_a_tensor_will_do_and_many_heads_stay_small():
    import torch

    widget = AttentionHeads([f"t{i}" for i in range(20)], torch.full((30, 9, 20, 20), 0.05))
    assert widget.weights.shape == (9, 20, 20)
    assert len(json.dumps(widget._examples)) < 150_000


def test_another_example_keeps_what_it_can():
    widget = whole()
    widget.head, widget.query, widget.off = 3, 3, [0, 3]
    assert widget.outcome == "answer 9"
    widget.example = 1
    assert (widget.head, widget.query, widget.off, widget.layer) == (2, 1, [0], 0)
    assert widget.weights.shape == (3, 2, 2)


@pytest.mark.parametrize("order", [1, -1])
def test_a_page_s_message_is_taken_as_a_whole_whatever_its_order(order):
    widget = whole()
    widget.head, widget.query, widget.off = 3, 3, [0, 3]
    there = {"example": 1, "layer": 1, "head": 2, "query": 1, "off": [2]}
    for message in (there, {"example": 0, "layer": 0, "head": 3, "query": 2, "off": [0, 3]}):
        widget.set_state(dict(list(message.items())[::order]))
        assert {name: getattr(widget, name) for name in message} == message


def test_what_it_says_and_shows_is_the_same_in_every_run():
    widget = AttentionHeads(**example(), off=[2])
    best = [KEYS[row.argmax()] for row in widget.weights[:, 0]]
    assert repr(widget) == (
        f"AttentionHeads: 4 heads side by side, 1 of them off; un puts most weight in head 1 on {best[0]}, "
        f"head 2 on {best[1]}, head 3 on {best[2]} and head 4 on {best[3]}"
    )
    (data, metadata), (twin, _) = (AttentionHeads(**example())._repr_mimebundle_() for _ in range(2))
    assert data["image/png"] == twin["image/png"]
    assert metadata["image/png"]["alt"] == AttentionHeads(**example()).describe()


@pytest.mark.filterwarnings("error")
def test_letters_that_the_picture_s_font_lacks_are_left_out():
    AttentionHeads(["三", "四"], np.eye(2)[None])._repr_mimebundle_()


# ---------------------------------------------------------------- the page


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    widget = whole()
    widget.example = trait(page, "example")
    for name in ("layer", "head", "query", "off"):
        setattr(widget, name, trait(page, name))
    return widget


def number(text):
    return float(text.replace("−", "-"))


def pixels(page, selector):
    """What a canvas holds, as an array (rows, columns, 4)."""
    shape, data = page.locator(selector).evaluate(
        "(c) => [[c.height, c.width, 4], [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]"
    )
    return np.reshape(data, shape)


def check_page(page):
    """The cards, the close map, the answer and the strips say what Python says."""
    widget = python_s(page)
    known = widget._examples[widget.example]
    on = [head for head in range(known["heads"]) if head not in widget.off]
    average = widget.weights[on].mean(axis=0) if on else np.zeros(widget.weights.shape[1:])
    maps = [*widget.weights, average]
    looks = page.locator(".attend-heads-look").all_inner_texts()
    assert len(looks) == known["heads"] + 1
    for text, weights in zip(looks, maps, strict=True):
        row = weights[widget.query]
        if row.max() == 0:
            assert text == "no head is on"
        else:
            assert text.split()[1] == known["keys"][row.argmax()]
            assert number(text.split()[2]) == pytest.approx(row.max(), abs=5.1e-3)
    chosen = maps[widget.head]
    row = chosen[widget.query]
    title = page.locator(".attend-heads-title").inner_text()
    if row.max() > 0:
        assert title.endswith(f"looks most at {known['keys'][row.argmax()]}, {row.max():.2f}.")
    checked = page.get_by_role("checkbox").evaluate_all("nodes => nodes.map((n) => n.checked)")
    assert [head for head, is_on in enumerate(checked) if not is_on] == widget.off
    if known["features"]:
        parts = widget.contributions[:, widget.query]
        output = parts[on].sum(axis=0)
        for head, text in enumerate(page.locator(".attend-heads-share:visible").all_inner_texts()):
            if head in widget.off:
                assert text == "off"
            else:
                assert number(text.split()[0]) == pytest.approx(
                    100 * parts[head] @ output / (output @ output), abs=0.51
                )
        answer = page.locator(".attend-heads-answer").inner_text()
        assert re.search(rf": {widget.outcome}\.", answer)


def card(page, head):
    return page.locator(".attend-heads-pick").nth(head)


def test_a_head_is_chosen_by_its_map_and_seen_closely(page):
    mount(page, whole())
    check_page(page)
    for head in (2, 4, 1):
        card(page, head).click()
        assert trait(page, "head") == (AVERAGE if head == 4 else head)
        assert card(page, head).get_attribute("aria-pressed") == "true"
        assert page.locator("[aria-pressed=true]").count() == 1
        check_page(page)
    shown, small = (
        pixels(page, ".attend-heads-close .attend-heads-map"),
        pixels(page, ".attend-heads-pick canvas >> nth=1"),
    )
    np.testing.assert_array_equal(shown, small)


def test_the_pixels_are_the_weights_in_the_head_s_colour(page):
    mount(page, whole())
    data = pixels(page, ".attend-heads-close .attend-heads-map")
    low, high = (
        np.array(
            page.evaluate(
                "(name) => [1, 3, 5].map((at) => parseInt(getComputedStyle(document.body)"
                ".getPropertyValue(`--attend-${name}`).trim().slice(at, at + 2), 16))",
                name,
            )
        )
        for name in ("weight-low", "head-1")
    )
    wanted = low + (high - low) * whole().weights[0][..., None]
    np.testing.assert_allclose(data[..., :3], wanted, atol=1)
    assert (data[..., 3] == 255).all()


def test_switching_heads_changes_answer_average_and_shares(page):
    mount(page, whole())
    card(page, 4).click()
    before = pixels(page, ".attend-heads-close .attend-heads-map")
    page.get_by_role("checkbox", name="Head 2").uncheck()
    assert trait(page, "off") == [1]
    assert page.locator(".attend-heads-answer").inner_text() == (
        "Answer with head 2 off: answer 2. With all heads: answer 0."
    )
    assert (pixels(page, ".attend-heads-close .attend-heads-map") != before).any()
    check_page(page)
    page.get_by_role("checkbox", name="Head 1").press("Space")
    assert trait(page, "off") == [0, 1]
    check_page(page)
    for head in (3, 4):
        page.get_by_role("checkbox", name=f"Head {head}").uncheck()
    assert page.locator(".attend-heads-title").inner_text() == "No head is on."
    check_page(page)
    page.get_by_role("button", name="All heads on").click()
    assert trait(page, "off") == []
    assert page.get_by_role("button", name="All heads on").is_disabled()
    check_page(page)


def test_the_strips_add_up(page):
    mount(page, whole())
    strips = page.locator(".attend-heads-strips canvas")
    assert strips.count() == 5
    total = strips.nth(4).evaluate("(c) => [...c.getContext('2d').getImageData(0, 0, 6, 1).data]")
    for head in range(1, 4):
        page.get_by_role("checkbox", name=f"Head {head + 1}").uncheck()
    alone = strips.nth(4).evaluate("(c) => [...c.getContext('2d').getImageData(0, 0, 6, 1).data]")
    first = strips.nth(0).evaluate("(c) => [...c.getContext('2d').getImageData(0, 0, 6, 1).data]")
    assert alone == first != total


def test_rows_and_cells_by_arrow_keys_and_by_click(page):
    mount(page, whole())
    canvas = page.locator(".attend-heads-close")
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "Home", "ArrowRight"):
        page.keyboard.press(key)
    assert trait(page, "query") == 2
    value = whole().weights[0, 2, 1]
    assert page.locator(".attend-heads-cell-line").inner_text() == f"trois → two: {value:.2f}"
    label = canvas.get_attribute("aria-label")
    assert "trois is row 3 of 4" in label
    assert f"two: {value:.2f}" in label
    check_page(page)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert page.locator(".attend-heads-cell-line").inner_text().startswith("trois → five")
    box = page.locator(".attend-heads-close .attend-heads-map").bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.95 * box["height"])
    assert trait(page, "query") == 3
    assert page.locator(".attend-heads-cell-line").inner_text().startswith("un (4) → two")
    check_page(page)


def test_examples_queries_and_layers_from_lists(page):
    mount(page, whole())
    assert not page.get_by_label("Layer", exact=True).is_visible()
    page.get_by_label("Query", exact=True).select_option(label="deux")
    assert trait(page, "query") == 1
    check_page(page)
    page.get_by_label("Example", exact=True).select_option(label="inside")
    assert trait(page, "example") == 1
    assert page.locator(".attend-heads-answer").is_hidden()
    assert page.locator(".attend-heads-strips").is_hidden()
    check_page(page)
    page.get_by_label("Layer", exact=True).select_option(label="layer 2")
    assert trait(page, "layer") == 1
    check_page(page)
    page.locator(".attend-heads-atlas").focus()
    for key in ("ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert (trait(page, "layer"), trait(page, "head")) == (0, 2)
    box = page.locator(".attend-heads-atlas").bounding_box()
    page.mouse.click(box["x"] + 45, box["y"] + 45)
    assert (trait(page, "layer"), trait(page, "head")) == (1, 1)
    assert "layer 2, head 2" in page.locator(".attend-heads-atlas").get_attribute("aria-label")
    check_page(page)


def test_what_comes_later_is_clear_in_a_causal_example(page):
    widget = whole()
    widget.example = 1
    mount(page, widget)
    data = pixels(page, ".attend-heads-close .attend-heads-map")
    np.testing.assert_array_equal(data[..., 3], [[255, 0], [255, 255]])


def test_an_example_that_is_smaller_takes_the_choices_along(page):
    mount(page, whole())
    set_traits(page, head=3, query=3, off=[0, 3])
    page.get_by_label("Example", exact=True).select_option(label="inside")
    assert [trait(page, name) for name in ("head", "query", "off")] == [2, 1, [0]]
    check_page(page)


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, whole())
    set_traits(page, head=AVERAGE, query=2, off=[1, 2])
    check_page(page)
    assert page.get_by_label("Query", exact=True).input_value() == "2"
    further = [*whole()._examples, *AttentionHeads(**example(2, name="third"))._examples]
    set_traits(page, _examples=further)
    assert page.get_by_label("Example", exact=True).locator("option").all_inner_texts() == [
        "across", "inside", "third",
    ]  # fmt: skip
    assert page.evaluate("window.model.saved") == 0


def test_the_theme_s_colours_are_taken_up(page):
    mount(page, whole())
    light = pixels(page, ".attend-heads-close .attend-heads-map")
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_function(
        "(old) => document.querySelector('.attend-heads-close .attend-heads-map').getContext('2d')"
        ".getImageData(0, 0, 1, 1).data[0] !== old",
        arg=int(light[0, 0, 0]),
    )


def test_the_table_says_what_the_picture_says(page):
    mount(page, whole())
    page.get_by_text("The same as a table").click()
    page.locator("tbody tr").first.wait_for()
    cells = [row.split("\t") for row in page.locator("tbody").inner_text().splitlines()]
    shown = np.array([[number(cell) for cell in row[1:5]] for row in cells[:5]])
    np.testing.assert_allclose(shown.T, whole().weights[:, 0], atol=5.1e-3)
    assert cells[5][0] == "share of the output, %"
    page.get_by_label("Query", exact=True).select_option(label="trois")
    assert "Weights of trois" in page.locator("caption").inner_text()


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, whole())
    page.get_by_role("checkbox", name="Head 1").uncheck()
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.includes('answer 1.')", timeout=3000
    )


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, whole())
    page.get_by_role("checkbox", name="Head 3").tap()
    assert trait(page, "off") == [2]
    card(page, 1).tap()
    assert trait(page, "head") == 1
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("shown", [0, 1, 2])
def test_no_violation_and_no_sideways_scroll(shown, theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    widget = whole().add([f"word{i}" for i in range(64)], np.full((8, 64, 64), 1 / 64))
    mount(page, widget, theme=theme)
    set_traits(page, example=shown, off=[0])
    page.get_by_text("The same as a table").click()
    page.locator("tbody tr").first.wait_for()
    assert axe_violations(page) == []
    assert sideways_overflow(page) == 0


def test_clean_up_leaves_nothing_behind(page):
    mount(page, whole())
    assert page.evaluate("window.model.listening()") == 6
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, off=[3])
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
