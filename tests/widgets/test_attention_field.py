"""Attention field: what Python refuses and computes, and the page by mouse, touch and keyboard."""

import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.brain.normalization import attended_response, gaussian_pool
from attend.widgets.attention_field import END, PLACES, RANGES, AttentionField

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"contrast_1": 101}, "contrast_1 must be a number from 0 to 100; got 101"),
        ({"contrast_2": -1}, "contrast_2 must be a number from 0 to 100; got -1"),
        ({"size_1": 0}, "size_1 must be a number from 1 to 60; got 0"),
        ({"size_2": float("nan")}, "size_2 must be a number from 1 to 60; got nan"),
        ({"attention_width": 201}, "attention_width must be a number from 1 to 200; got 201"),
        ({"attention_gain": -0.5}, "attention_gain must be a number from 0 to 10; got -0.5"),
        ({"sigma": 51}, "sigma must be a number from 0 to 50; got 51"),
        ({"receptive_width": 0.5}, "receptive_width must be a number from 1 to 40; got 0.5"),
        ({"pool_width": 4}, "pool_width must be a number from 5 to 200; got 4"),
        ({"position_1": 101}, "position_1 must be a whole number from -100 to 100; got 101"),
        ({"neuron": -101}, "neuron must be a whole number from -100 to 100; got -101"),
        ({"neuron": 0.5}, "'neuron' trait of an AttentionField instance expected an int, not the float 0.5"),
        ({"sigma": "2"}, "'sigma' trait of an AttentionField instance expected a float, not the str '2'"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        AttentionField(**traits)


def test_a_refused_value_changes_nothing():
    widget = AttentionField()
    with pytest.raises(traitlets.TraitError):
        widget.attention_gain = 11
    assert widget.attention_gain == 2


def test_responses_come_from_attend_brain_normalization():
    widget = AttentionField(contrast_2=10, attention_gain=3, neuron=-20)
    pool = gaussian_pool(np.arange(-100.0, 101.0), 20)
    for attended, field in ((True, widget.field), (False, np.ones(201))):
        response, suppression = attended_response(sum(widget.drives), field, 2.0, pool)
        np.testing.assert_array_equal(widget.responses(attended)[0], response)
        np.testing.assert_array_equal(widget.responses(attended)[1], suppression)
    curve = widget.curve()
    on_curve = (50 * curve.maximum + curve.half * curve.floor) / (50 + curve.half)
    assert on_curve == pytest.approx(widget.responses()[0][80], rel=1e-12)
    assert widget.curve(attended=False).half > curve.half


@pytest.mark.parametrize(
    "traits", [{}, {"attention_gain": 1}, {"position_1": -100, "neuron": 100, "size_1": 1}]
)
def test_without_a_page_there_is_a_picture_the_same_in_every_run(traits):
    widget, twin = AttentionField(**traits), AttentionField(**traits)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["text/plain"] == repr(widget) == f"AttentionField: {widget.describe()}"


def test_alt_text_says_what_is_chosen():
    assert AttentionField().describe() == (
        "two stimuli at -40 and 40, attention at -40, width 30, gain 2; "
        "the neuron at -40 responds with 3.16, without attention 2.79"
    )
    assert "no attention; the neuron" in AttentionField(attention_gain=1).describe()


# ---------------------------------------------------------------- the page

LABELS = {
    "contrast_1": "Contrast 1, %", "position_1": "Position 1", "size_1": "Size 1",
    "contrast_2": "Contrast 2, %", "position_2": "Position 2", "size_2": "Size 2",
    "attention_position": "Centre", "attention_width": "Width", "attention_gain": "Gain",
    "neuron": "Neuron at", "sigma": "σ, %", "receptive_width": "Receptive field", "pool_width": "Pool",
}  # fmt: skip


def slider(page, name):
    return page.get_by_role("slider", name=LABELS[name], exact=True)


def box(page, name):
    return page.get_by_role("spinbutton", name=f"{LABELS[name]}, number", exact=True)


def readout(page):
    return page.locator(".attend-af-readout").inner_text()


def shown_response(page):
    return float(page.locator(".attend-af-formula").inner_text().split("= ")[-1])


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return AttentionField(**{name: trait(page, name) for name in (*RANGES, *PLACES)})


def agree(page):
    widget = python_s(page)
    response = widget.responses()[0][widget.neuron + END]
    assert shown_response(page) == pytest.approx(response, abs=5.1e-3)


def open_tables(page):
    page.get_by_text("The same as tables").click()
    page.locator("tbody tr").first.wait_for()  # filled after the click, when the page says that it opened


def test_it_opens_with_python_s_numbers(page):
    mount(page, AttentionField())
    agree(page)
    assert page.get_by_role("slider").count() == 13
    assert "Contrast gain: attention moves the curve to the left" in readout(page)


@pytest.mark.parametrize("name", LABELS)
def test_every_slider_moves_the_numbers_as_python_has_them(name, page):
    mount(page, AttentionField(neuron=-35, attention_width=20, position_2=-10))
    before = (trait(page, name), page.locator(".attend-af-pictures").inner_html())
    slider(page, name).press("ArrowRight")
    assert trait(page, name) > before[0]
    assert float(box(page, name).input_value()) == trait(page, name)
    assert page.locator(".attend-af-pictures").inner_html() != before[1]
    agree(page)
    assert page.evaluate("window.model.saved") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("contrast_1", 12.5), ("position_1", -70), ("size_2", 8), ("attention_gain", 0.5), ("sigma", 0),
     ("pool_width", 60), ("neuron", 38)],
)  # fmt: skip
def test_every_number_box_sets_its_value_while_the_reader_types(name, value, page):
    mount(page, AttentionField())
    box(page, name).fill("")
    box(page, name).press_sequentially(str(value))
    assert trait(page, name) == value
    assert box(page, name).input_value() == str(value)
    agree(page)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Wide field, small stimulus", "Contrast gain: attention moves the curve to the left"),
        ("Narrow field, large stimulus", "Response gain: attention scales the curve up"),
        ("Attention on the rival", "Contrast gain, the other way"),
        ("No attention", "No attention: both curves are the same."),
    ],
)
def test_starting_points_by_keyboard(name, words, page):
    mount(page, AttentionField(sigma=9))
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    assert words in readout(page)
    agree(page)


def heights(page, kind):
    path = page.locator(f".attend-af-along path.attend-af-{kind}").get_attribute("d")
    return np.array([float(point.split(" ")[1]) for point in re.split("[ML]", path)[1:]])


def test_the_line_s_curves_are_python_s_numbers(page):
    mount(page, AttentionField(contrast_2=20, attention_width=10))
    widget = python_s(page)
    drawn = {
        "attended": widget.responses()[0], "plain": widget.responses(attended=False)[0],
        "attention": widget.field, "drive": sum(widget.drives),
    }  # fmt: skip
    for kind, values in drawn.items():
        slope, shift = np.polyfit(values, heights(page, kind), 1)
        assert slope < 0, kind
        np.testing.assert_allclose(slope * values + shift, heights(page, kind), atol=0.11, err_msg=kind)


def test_the_contrast_curve_is_python_s_and_marks_the_halfway_contrasts(page):
    mount(page, AttentionField())
    path = page.locator(".attend-af-against path.attend-af-attended").get_attribute("d")
    points = np.array([[float(n) for n in point.split(" ")] for point in re.split("[ML]", path)[1:]])
    curve = python_s(page).curve()
    contrast = np.logspace(-1, 2, len(points))
    response = contrast * curve.maximum / (contrast + curve.half)
    slope, shift = np.polyfit(response, points[:, 1], 1)
    assert slope < 0
    np.testing.assert_allclose(slope * response + shift, points[:, 1], atol=0.11)
    marks = page.locator(".attend-af-half").evaluate_all(
        "nodes => nodes.map((n) => Number(n.getAttribute('x1')))"
    )
    halves = [curve.half, python_s(page).curve(attended=False).half]
    np.testing.assert_allclose(marks, np.interp(np.log10(halves), np.log10(contrast), points[:, 0]), atol=0.5)


def spot(page, place, y):
    """Where on the screen a position of the line stands, `y` pixels below the picture's top."""
    area = page.locator(".attend-af-along svg").bounding_box()
    left, right = area["x"] + 46, area["x"] + area["width"] - 14
    return left + (right - left) * (place + END) / (2 * END), area["y"] + y


ATTENTION_ROW, DRIVE_ROW, RESPONSE_ROW = 50, 130, 260


def test_dragging_moves_what_the_row_shows(page):
    mount(page, AttentionField())

    def drag(begin, end, y):
        page.mouse.move(*spot(page, begin, y))
        page.mouse.down()
        for share in (0.5, 1.0):
            page.mouse.move(*spot(page, begin + share * (end - begin), y))
        page.mouse.up()

    drag(-40, 20, ATTENTION_ROW)
    assert trait(page, "attention_position") == pytest.approx(20, abs=1)
    drag(-40, 10, DRIVE_ROW)
    assert trait(page, "position_1") == pytest.approx(10, abs=1)
    drag(42, -60, DRIVE_ROW)  # past stimulus 1: the drag keeps the stimulus that it began with
    assert (trait(page, "position_1"), trait(page, "position_2")) == pytest.approx((10, -60), abs=1)
    drag(-40, 300, RESPONSE_ROW)
    assert trait(page, "neuron") == 100
    page.mouse.move(*spot(page, 0, RESPONSE_ROW))
    assert trait(page, "neuron") == 100, "a pointer that is up moves nothing"
    agree(page)


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("attention_gain", "11", "Gain: expected a number from 0 to 10, got 11."),
        ("attention_width", "0", "Width: expected a number from 1 to 200, got 0."),
        ("sigma", "-1", "σ, %: expected a number from 0 to 50, got −1."),
        ("position_1", "0.5", "Position 1: expected a whole number from −100 to 100, got 0.5."),
        ("contrast_2", "", "Contrast 2, %: expected a number from 0 to 100, got nothing"),
    ],
)
def test_bad_input_is_explained_in_place_and_the_last_good_state_stays(name, written, message, page):
    mount(page, AttentionField())
    before, words = trait(page, name), readout(page)
    box(page, name).fill(written)
    assert message in page.get_by_role("alert").inner_text()
    assert box(page, name).get_attribute("aria-invalid") == "true"
    assert (trait(page, name), readout(page)) == (before, words)
    slider(page, "size_1").press("ArrowRight")
    assert trait(page, "size_1") == 3.5, "the rest of the widget is alive"
    assert page.get_by_role("alert").count() == 1
    slider(page, name).press("ArrowRight")
    assert page.get_by_role("alert").count() == 0
    agree(page)


@pytest.mark.parametrize(
    "traits",
    [
        {"sigma": 0, "contrast_1": 0, "contrast_2": 0}, {"sigma": 0, "contrast_2": 0}, {"attention_gain": 0},
        {"position_1": -100, "neuron": 100, "pool_width": 5, "receptive_width": 1, "size_1": 1},
    ],
)  # fmt: skip
def test_the_edges_are_drawn_and_told_without_a_number_that_is_none(traits, page):
    mount(page, AttentionField(**traits))
    open_tables(page)
    everything = page.locator("main").inner_html()
    for wrong in ("NaN", "Infinity", "undefined", "not a number"):
        assert wrong not in everything
    agree(page)


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, AttentionField())
    set_traits(page, attention_position=40, neuron=40, attention_gain=5)
    assert box(page, "attention_gain").input_value() == "5"
    agree(page)
    assert page.evaluate("window.model.saved") == 0


def test_the_tables_say_what_the_pictures_say(page):
    mount(page, AttentionField())
    open_tables(page)
    response = page.locator("tbody tr", has=page.get_by_text("response R", exact=True)).first
    widget = python_s(page)
    expected = [f"{widget.responses(attended)[0][60]:.2f}" for attended in (True, False)]
    assert response.locator("td").all_inner_texts() == expected
    slider(page, "attention_gain").press("ArrowRight")
    expected[0] = f"{python_s(page).responses()[0][60]:.2f}"
    assert response.locator("td").all_inner_texts() == expected, "an open table follows"
    assert page.locator("tbody").nth(1).locator("tr").count() == 21


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, AttentionField())
    slider(page, "neuron").press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.startsWith('Neuron at −39')"
    )


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, AttentionField())
    page.get_by_role("button", name="Narrow field, large stimulus").tap()
    assert trait(page, "size_1") == 25
    page.touchscreen.tap(*spot(page, 30, RESPONSE_ROW))
    assert trait(page, "neuron") == pytest.approx(30, abs=1)
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1000])
def test_no_violation_and_no_sideways_scroll(theme, width, page):
    page.set_viewport_size({"width": width, "height": 800})
    mount(page, AttentionField(), theme=theme)
    open_tables(page)
    assert axe_violations(page) == []
    assert sideways_overflow(page) == 0
    box(page, "sigma").fill("99")
    assert axe_violations(page) == []


def test_clean_up_leaves_nothing_behind(page):
    mount(page, AttentionField())
    assert page.evaluate("window.model.listening()") == 13
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, neuron=3)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
