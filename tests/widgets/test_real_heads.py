"""Real heads: what Python refuses and keeps, and the page by mouse, touch and keyboard."""

import re

import heads_of_chance as chance
import numpy as np
import pytest
import traitlets
from heads_of_chance import TOKENS, two_texts
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.widgets import RealHeads
from attend.widgets.real_heads import ALPHABET

TRAITS = ("example", "layer", "head", "query", "measure", "lowest", "view")

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"example": 2}, "example must be a whole number from 0 to 1; got 2"),
        ({"layer": 3}, "layer must be a whole number from 0 to 2; got 3"),
        ({"head": -1}, "head must be a whole number from 0 to 3; got -1"),
        ({"query": 6}, "query must be a whole number from 0 to 5; got 6"),
        ({"measure": "induction"}, "measure must be one of token before, first token; got 'induction'"),
        ({"view": "table"}, "view must be one of matrix, lines; got 'table'"),
        ({"layer": 0.5}, "'layer' trait of a RealHeads instance expected an int, not the float 0.5"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        two_texts(**traits)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokens": ["a", ""]}, "tokens: expected texts, none of them empty, received ['a', '']"),
        ({"tokens": []}, "tokens: expected 1 to 64, received 0"),
        ({"weights": np.ones((3, 4, 6, 5)) / 5}, "expected shape (layers, heads, 6, 6) for 6 tokens"),
        ({"weights": np.ones((3, 4, 6, 6))}, "no negative numbers and rows that add up to one"),
        ({"weights": np.full((3, 4, 6, 6), np.nan)}, "weights: expected finite numbers"),
        ({"causal": True}, "expected zeros after each query, because causal is True"),
        ({"scores": {}}, "scores: expected at least one measure, received none"),
        ({"scores": {"x": np.zeros((4, 3))}}, "scores['x']: expected numbers from 0 to 1, shape (3, 4)"),
        ({"scores": {"x": np.full((3, 4), 2.0)}}, "scores['x']: expected numbers from 0 to 1"),
    ],
)
def test_arrays_that_do_not_fit_are_named(changes, message):
    right = {"tokens": TOKENS, "weights": chance.weights(), "scores": chance.scores(), "name": "x"}
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        RealHeads(**{**right, **changes})


def test_an_unknown_trait_is_named():
    with pytest.raises(TypeError, match="RealHeads has no trait 'colour'"):
        two_texts().__class__(TOKENS, chance.weights(), chance.scores(), name="x", colour=1)
    widget = two_texts(layer=0)
    with pytest.raises(TypeError, match="RealHeads has no trait 'colour'"):
        widget.set(layer=1, colour="red")
    assert widget.layer == 0


@pytest.mark.parametrize(("example", "causal"), [(0, False), (1, True)])
def test_weights_come_back_with_two_decimals(example, causal):
    sizes = {0: {}, 1: {"layers": 5, "heads": 2, "n": 4, "seed": 1}}[example]
    given = chance.weights(causal=causal, **sizes)
    np.testing.assert_allclose(two_texts(example=example).weights, given.round(2), rtol=0, atol=1e-12)
    assert len(ALPHABET) == len(set(ALPHABET)) == 101


def test_another_text_keeps_what_fits():
    widget = two_texts(layer=2, head=3, query=5, measure="first token")
    widget.example = 1
    assert (widget.layer, widget.head, widget.query) == (2, 1, 3)
    assert widget.measure == "token before"


def test_without_a_page_there_is_a_picture_the_same_in_every_run():
    widget, twin = two_texts(layer=1, head=2, query=4), two_texts(layer=1, head=2, query=4)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    row, scores = widget.weights[1, 2, 4], widget.scores
    layer, head = np.unravel_index(scores.argmax(), scores.shape)
    assert repr(widget) == (
        f"RealHeads: Small: too wide: 3 layers of 4 heads; token before is highest in layer {layer}, head "
        f"{head} ({scores.max():.2f}); in layer 1, head 2, wide puts {row.max():.2f} on "
        f"{TOKENS[row.argmax()]}"
    )


# ---------------------------------------------------------------- the page


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return two_texts(**{name: trait(page, name) for name in TRAITS})


def check_page(page):
    """Title, scores, the heads that come first and the strongest key say what Python says."""
    widget = python_s(page)
    known, heads = widget._examples[widget.example], widget.scores.shape[1]
    assert page.locator(".attend-real-title").inner_text() == f"Layer {widget.layer}, head {widget.head}"
    index = widget.layer * heads + widget.head
    told = ", ".join(f"{name} {known['scores'][name][index]:.2f}" for name in known["measures"])
    assert page.locator(".attend-real-close .attend-aw-small").inner_text().endswith(f": {told}.")
    first = [f"L{i // heads}H{i % heads} {widget.scores.ravel()[i]:.2f}" for i in widget._order()[:5]]
    assert page.locator(".attend-real-top button:visible").all_inner_texts() == first
    row = widget.weights[widget.layer, widget.head, widget.query]
    readout = page.locator(".attend-aw-readout:visible").inner_text()
    assert readout.endswith(f"weight {row.max():.2f}")
    assert readout.split(" → ")[1].startswith(known["tokens"][row.argmax()])


def test_a_head_is_chosen_in_the_grid_by_mouse(page):
    mount(page, two_texts())
    check_page(page)
    canvas = page.locator(".attend-real-grid canvas")
    box = canvas.bounding_box()
    pitch = (box["width"] - 24) / 4, (box["height"] - 24) / 3
    canvas.click(position={"x": 24 + 2.4 * pitch[0], "y": 24 + 1.4 * pitch[1]})
    assert (trait(page, "layer"), trait(page, "head")) == (1, 2)
    check_page(page)
    assert page.evaluate("window.model.saved") > 0


def test_thumbnails_are_painted_with_the_weights(page):
    mount(page, two_texts())
    widget = two_texts()
    layer, head, query, key = np.unravel_index(widget.weights.argmax(), widget.weights.shape)
    low = np.argwhere(widget.weights[layer, head] < 0.02)[0]

    def colour(i, j):
        return page.evaluate(
            """([layer, head, i, j]) => {
              const canvas = document.querySelector(".attend-real-grid canvas");
              const dense = canvas.width / canvas.getBoundingClientRect().width;
              const side = 44;
              const at = (k, cell, extra) => 24 + k * (side + extra) + ((cell + 0.5) / 6) * side;
              const place = [at(head, j, 6), at(layer, i, 9)].map((x) => Math.round(x * dense));
              return [...canvas.getContext("2d").getImageData(...place, 1, 1).data].slice(0, 3);
            }""",
            [int(layer), int(head), int(i), int(j)],
        )

    assert sum(colour(query, key)) < sum(colour(*low)) - 150  # dark against pale


def test_the_grid_by_keyboard(page):
    mount(page, two_texts())
    grid = page.locator(".attend-real-grid")
    grid.focus()
    for key, expected in (
        ("ArrowRight", (0, 1)), ("ArrowDown", (1, 1)), ("End", (1, 3)), ("ArrowRight", (1, 3)),
        ("PageDown", (2, 3)), ("Home", (2, 0)), ("ArrowUp", (1, 0)), ("ArrowLeft", (1, 0)),
    ):  # fmt: skip
        grid.press(key)
        assert (trait(page, "layer"), trait(page, "head")) == expected, key
        check_page(page)
    assert "Layer 1, head 0" in grid.get_attribute("aria-label")


def test_heads_are_ordered_by_any_score_either_way(page):
    mount(page, two_texts())
    page.get_by_label("Order heads by").select_option("first token")
    check_page(page)
    page.get_by_label("First", exact=True).select_option("lowest")
    check_page(page)
    page.locator(".attend-real-top button").nth(1).click()
    second = python_s(page)._order()[1]
    assert (trait(page, "layer"), trait(page, "head")) == (second // 4, second % 4)
    assert page.locator(".attend-real-top button").nth(1).get_attribute("aria-pressed") == "true"
    check_page(page)


def test_the_table_has_every_score_and_sorts(page):
    mount(page, two_texts())
    page.get_by_text("All heads as a table").click()
    page.locator("tbody tr").first.wait_for()
    widget = python_s(page)
    cells = [row.split("\t") for row in page.locator("tbody tr").all_inner_texts()]
    scores = widget._examples[0]["scores"]
    order = widget._order()
    assert [row[0] for row in cells] == [f"L{i // 4}H{i % 4}" for i in order]
    for column, name in enumerate(("token before", "first token"), 1):
        assert [row[column] for row in cells] == [f"{scores[name][i]:.2f}" for i in order]
    page.get_by_role("button", name="first token").click()
    assert (trait(page, "measure"), trait(page, "lowest")) == ("first token", False)
    page.get_by_role("button", name="first token").press("Enter")
    assert trait(page, "lowest") is True
    header = page.get_by_role("columnheader", name="first token")
    assert header.get_attribute("aria-sort") == "ascending"
    lowest = python_s(page)._order()[0]
    assert page.locator("tbody tr").first.locator("th").inner_text() == f"L{lowest // 4}H{lowest % 4}"
    page.locator("tbody tr").nth(3).get_by_role("button").click()
    check_page(page)
    assert page.locator("tr.attend-aw-asks").count() == 1


def test_a_text_of_another_size_is_shown_whole(page):
    mount(page, two_texts(layer=2, head=3, query=5, measure="first token"))
    page.get_by_label("Model and text").select_option("Deep: abca")
    assert [trait(page, name) for name in ("example", "layer", "head", "query")] == [1, 2, 1, 3]
    assert trait(page, "measure") == "token before"
    assert page.get_by_label("Order heads by").locator("option").all_inner_texts() == [
        "token before", "induction",
    ]  # fmt: skip
    check_page(page)


def test_a_query_is_chosen_in_the_matrix_and_the_lines(page):
    mount(page, two_texts(layer=1))
    matrix = page.locator(".attend-aw-matrix")
    matrix.focus()
    matrix.press("ArrowDown")
    assert trait(page, "query") == 1
    page.get_by_role("radio", name="Lines").check()
    assert trait(page, "view") == "lines"
    lines = page.locator(".attend-aw-lines")
    lines.focus()
    lines.press("ArrowDown")
    assert trait(page, "query") == 2
    lines.press("Home")
    row = python_s(page).weights[1, 0, 2]
    assert page.locator(".attend-aw-readout:visible").inner_text() == f"was → [CLS]: weight {row[0]:.2f}"
    page.locator(".attend-real-top button").first.click()
    check_page(page)  # another head, and the key that was pointed at is let go


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, two_texts())
    set_traits(page, example=1, layer=4, head=1, query=2, measure="induction", lowest=True)
    page.wait_for_function("document.querySelector('.attend-real-title').textContent === 'Layer 4, head 1'")
    check_page(page)
    assert page.evaluate("window.model.saved") == 0


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, two_texts())
    page.locator(".attend-real-grid").press("ArrowDown")
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.startsWith('Layer 1, head 0:')"
    )
    assert "attends most to" in page.locator("[aria-live=polite]").inner_text()


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, two_texts())
    page.locator(".attend-real-grid canvas").tap(position={"x": 30, "y": 90})
    assert (trait(page, "layer"), trait(page, "head")) == (1, 0)
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, two_texts(), theme=theme)
    page.get_by_text("All heads as a table").click()
    for traits in ({}, {"view": "lines"}, {"example": 1}):
        set_traits(page, **traits)
        page.wait_for_timeout(50)
        assert axe_violations(page) == [], traits
        assert sideways_overflow(page) == 0, traits


def test_clean_up_leaves_nothing_behind(page):
    mount(page, two_texts())
    assert page.evaluate("window.model.listening()") == len(TRAITS)
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, layer=1)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
