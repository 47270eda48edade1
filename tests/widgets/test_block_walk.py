"""Block walk: what Python refuses and computes, and the page by mouse, touch and keyboard."""

import gzip
import json
import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.nn import translator
from attend.widgets.block_walk import CODES, STEPS, BlockWalk, tokens_of, unpack

TRAITS = ("number", "token", "head", "block", "step", "residual", "normalised", "feature", "factor")


@pytest.fixture(scope="module")
def model():
    return translator.load()


# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"number": -1}, "number must be a whole number from 0 to 999999; got -1"),
        ({"number": 1_000_000}, "number must be a whole number from 0 to 999999; got 1000000"),
        ({"number": 7, "token": 2}, "token must be a whole number from 0 to 1; got 2"),
        ({"token": -1}, "token must be a whole number from 0 to 6; got -1"),
        ({"head": 4}, "head must be a whole number from 0 to 3; got 4"),
        ({"block": 2}, "block must be a whole number from 0 to 1; got 2"),
        ({"step": 12}, "step must be a whole number from 0 to 11; got 12"),
        ({"feature": 64}, "feature must be a whole number from -1 to 63; got 64"),
        ({"factor": 10.5}, "factor must be a number from -10 to 10; got 10.5"),
        ({"factor": float("nan")}, "factor must be a number from -10 to 10; got nan"),
        ({"residual": 2}, "'residual' trait of a BlockWalk instance expected a boolean, not the int 2"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message, model):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        BlockWalk(model, **traits)


def test_the_weights_are_the_model_s_to_half_a_level_and_fit_the_budget(model):
    widget = BlockWalk(model)
    weights, state = unpack(widget._tensors), model.state_dict()
    assert len(weights) == 25
    for name, found in weights.items():
        full = "source_embedding.tokens.weight" if name == "embedding" else f"transformer.encoder.{name}"
        exact = state[full].numpy()
        assert found.shape == exact.shape
        assert np.abs(found - exact).max() <= 0.5001 * np.abs(exact).max() / 31
    assert {code for tensor in widget._tensors.values() for code in tensor["codes"]} <= set(CODES)
    assert len(gzip.compress(json.dumps(widget._tensors).encode(), 9)) < 60_000


def test_what_is_changed_changes_the_block(model):
    trained = BlockWalk(model, token=1).trace
    cut = BlockWalk(model, token=1, residual=False).trace
    np.testing.assert_array_equal(cut["middle"], cut["attended"])
    np.testing.assert_array_equal(cut["output"], cut["change"])
    np.testing.assert_allclose(trained["output"], trained["input"] + trained["attended"] + trained["change"])
    raw = BlockWalk(model, token=1, normalised=False).trace
    np.testing.assert_array_equal(raw["normed"], raw["input"])
    np.testing.assert_array_equal(raw["read"], raw["middle"])
    scaled = BlockWalk(model, token=1, feature=3, factor=-2.0).trace["input"]
    assert scaled[1, 3] == -2 * trained["input"][1, 3]
    scaled[1, 3] = trained["input"][1, 3]
    np.testing.assert_array_equal(scaled, trained["input"])


def test_without_a_page_there_is_a_picture_the_same_in_every_run(model):
    widget, twin = BlockWalk(model, step=4), BlockWalk(model, step=4)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["text/plain"] == repr(widget) == f"BlockWalk: {widget.describe()}"


def test_alt_text_says_what_is_shown(model):
    widget = BlockWalk(model, token=1, head=2, block=1, step=3, residual=False, feature=4, factor=2.0)
    best = widget.tokens[int(widget.trace["weights"][2, 1].argmax())]
    assert widget.describe() == (
        "“hundred” of “three hundred forty two thousand seventeen” on its way through block 2 of the "
        "translator, without the residual, input feature 4 times 2; step 4 of 12, scores; "
        f"head 3 looks most at “{best}”"
    )


# ---------------------------------------------------------------- the page


def python_s(page, model):
    return BlockWalk(model, **{name: trait(page, name) for name in TRAITS})


def number(text):
    return float(text.replace("−", "-"))


def table(page):
    """The open table's columns of numbers, without the places."""
    rows = page.locator(".attend-walk-table tbody tr")
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    return [[number(c.split(" ")[-1]) for c in column if c] for column in zip(*cells, strict=True)]


def check_page(page, model):
    """The last strip of the shown step is Python's vector."""
    widget = python_s(page, model)
    trace, mine = widget.trace, slice(16 * widget.head, 16 * widget.head + 16)
    last = {
        0: trace["input"][widget.token], 1: trace["normed"][widget.token],
        2: trace["value"][widget.token, mine],
        3: trace["scores"][widget.head, widget.token], 4: trace["weights"][widget.head, widget.token],
        5: trace["merged"][widget.token, mine], 6: trace["attended"][widget.token],
        7: trace["middle"][widget.token], 8: trace["read"][widget.token], 9: trace["hidden"][widget.token],
        10: trace["change"][widget.token], 11: trace["output"][widget.token],
    }[widget.step]  # fmt: skip
    np.testing.assert_allclose(table(page)[-1], last, atol=5.1e-4)
    title = page.locator(".attend-walk-title").inner_text()
    assert title == f"{widget.step + 1} of 12: {STEPS[widget.step]}"
    cells = page.locator(".attend-walk-vector").last.locator("rect[fill-opacity]")
    depth = cells.evaluate_all("nodes => nodes.map((n) => Number(n.getAttribute('fill-opacity')))")
    np.testing.assert_allclose(depth, np.abs(last) / (np.abs(last).max() or 1), atol=1e-4)


def open_table(page):
    page.get_by_text("The same as a table").click()
    page.locator(".attend-walk-table tbody tr").first.wait_for()


def test_next_and_back_walk_through_all_steps(page, model):
    mount(page, BlockWalk(model, head=3))
    open_table(page)
    assert page.get_by_role("button", name="Back").is_disabled()
    for step in range(12):
        assert trait(page, "step") == step
        check_page(page, model)
        if step < 11:
            page.get_by_role("button", name="Next").click()
    assert page.get_by_role("button", name="Next").is_disabled()
    page.get_by_role("button", name="Back").click()
    assert trait(page, "step") == 10
    assert page.evaluate("window.model.saved") > 0


def test_arrow_keys_walk_and_choose(page, model):
    mount(page, BlockWalk(model))
    open_table(page)
    page.get_by_role("radio", name="1 input").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert trait(page, "step") == 2
    check_page(page, model)
    page.get_by_role("radio", name="three").focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "token") == 1
    page.get_by_role("group", name="Head").get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "head") == 1
    page.get_by_role("group", name="Block").get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "block") == 1
    check_page(page, model)


def test_another_number_brings_other_tokens(page, model):
    mount(page, BlockWalk(model, token=6))
    open_table(page)
    page.get_by_label("Number", exact=True).fill("21")
    assert (trait(page, "number"), trait(page, "token")) == (21, 2)
    labels = page.get_by_role("group", name="Token").locator("label").all_inner_texts()
    assert labels == tokens_of(21)
    check_page(page, model)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("1000000", "Number: expected a whole number from 0 to 999999, got 1000000."),
        ("many", "Number: expected a whole number from 0 to 999999, got “many”."),
        ("", "Number: expected a whole number from 0 to 999999, got nothing that reads as a number."),
    ],
)
def test_a_bad_number_is_explained_in_place_and_the_widget_lives_on(written, message, page, model):
    mount(page, BlockWalk(model))
    page.get_by_label("Number", exact=True).fill(written)
    assert page.get_by_role("alert").filter(visible=True).inner_text() == message
    assert trait(page, "number") == 342_017
    page.get_by_label("Number", exact=True).fill("60")
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    assert trait(page, "number") == 60


def effect(page):
    return page.locator(".attend-walk-effect").inner_text()


def test_the_switches_have_true_consequences(page, model):
    mount(page, BlockWalk(model, step=11, token=2))
    open_table(page)
    assert effect(page).endswith("as it was trained.")
    trained = BlockWalk(model, token=2).trace["output"][2]
    for name in ("Residual: add to what was there", "Normalisation"):
        page.get_by_label(name).uncheck()
        check_page(page, model)
        output = python_s(page, model).trace["output"][2]
        share = np.linalg.norm(output - trained) / np.linalg.norm(trained)
        shown = number(re.search(r"off by ([\d.]+) %", effect(page)).group(1))
        assert shown == pytest.approx(100 * share, abs=0.51)
        page.get_by_role("button", name="As trained").click()
        assert effect(page).endswith("as it was trained.")
    check_page(page, model)


def test_an_input_feature_is_scaled(page, model):
    mount(page, BlockWalk(model, token=1))
    open_table(page)
    page.get_by_label("Scale an input").select_option("feature 5")
    page.get_by_role("spinbutton", name="Factor, number").fill("-3")
    assert (trait(page, "feature"), trait(page, "factor")) == (5, -3)
    check_page(page, model)
    assert "input feature 5 times −3" in effect(page)
    page.get_by_role("spinbutton", name="Factor, number").fill("11")
    alert = page.get_by_role("alert").filter(visible=True)
    assert alert.inner_text() == "Factor: expected a number from −10 to 10, got 11."
    assert trait(page, "factor") == -3


def test_cells_are_read_by_keyboard_and_by_pointing(page, model):
    mount(page, BlockWalk(model, token=1))
    value = BlockWalk(model, token=1).trace["input"][1]
    strip = page.get_by_role("slider", name=re.compile("^x, 64 cells"))
    strip.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    text = f"x, feature 33: {value[33]:.3f}".replace("-", "−")
    assert strip.get_attribute("aria-valuetext") == text
    assert page.locator(".attend-walk-cell-text").first.inner_text() == text
    box = strip.locator("svg").bounding_box()
    page.mouse.move(box["x"] + 3.5 * box["width"] / 32, box["y"] + 0.25 * box["height"])
    assert strip.get_attribute("aria-valuenow") == "3"
    page.keyboard.press("End")
    assert strip.get_attribute("aria-valuenow") == "63"
    assert trait(page, "step") == 0, "keys on a strip do not walk"


def test_python_s_changes_show_and_are_not_sent_back(page, model):
    mount(page, BlockWalk(model))
    open_table(page)
    set_traits(page, number=70_015, token=0, step=4, head=1, block=1, normalised=False)
    check_page(page, model)
    assert page.get_by_label("Number", exact=True).input_value() == "70015"
    assert not page.get_by_label("Normalisation").is_checked()
    assert page.evaluate("window.model.saved") == 0


def test_the_live_region_speaks_once_the_hand_rests(page, model):
    mount(page, BlockWalk(model))
    page.get_by_role("button", name="Next").click()
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.includes('2 of 12: norm')"
    )


def test_touch_at_phone_width(open_page, model):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, BlockWalk(model))
    page.get_by_role("button", name="Next").tap()
    assert trait(page, "step") == 1
    page.get_by_role("slider", name=re.compile("^x")).tap()
    assert page.locator(".attend-walk-cell-text").first.inner_text().startswith("x, feature")
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(theme, page, model):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, BlockWalk(model, number=999_999), theme=theme)
    open_table(page)
    for step in (0, 2, 4, 9, 11):
        set_traits(page, step=step, residual=step != 11)
        assert axe_violations(page) == [], step
        assert sideways_overflow(page) == 0, step


def test_clean_up_leaves_nothing_behind(page, model):
    mount(page, BlockWalk(model))
    assert page.evaluate("window.model.listening()") == 9
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    set_traits(page, step=3)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
