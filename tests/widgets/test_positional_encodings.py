"""Positional encodings: what Python refuses and computes, and the page by mouse, touch and keyboard."""

import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend import position, style
from attend.widgets.positional_encodings import SCHEMES, VIEWS, PositionalEncodings

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"scheme": "learned"}, "scheme must be one of sinusoidal, rope, alibi, none; got 'learned'"),
        ({"view": "table"}, "view must be one of heat map, waves, similarity, dials; got 'table'"),
        ({"d_model": 7}, "d_model must be an even number from 2 to 512; got 7"),
        ({"d_model": 0}, "d_model must be an even number from 2 to 512; got 0"),
        ({"d_model": 514}, "d_model must be an even number from 2 to 512; got 514"),
        ({"base": 1}, "base must be above 1 and at most 1e+09; got 1.0"),
        ({"base": float("nan")}, "base must be above 1 and at most 1e+09; got nan"),
        ({"length": 0}, "length must be a whole number from 1 to 512; got 0"),
        ({"length": 513}, "length must be a whole number from 1 to 512; got 513"),
        (
            {"length": 2.5},
            "'length' trait of a PositionalEncodings instance expected an int, not the float 2.5",
        ),
        ({"position": 64}, "position must be a whole number from 0 to 63 (length - 1); got 64"),
        ({"position": -1}, "position must be a whole number from 0 to 63 (length - 1); got -1"),
        ({"offset": -64}, "offset must be a whole number from -63 to 63 (length - 1); got -64"),
        ({"dimension": 32}, "dimension must be a whole number from 0 to 31 (d_model - 1); got 32"),
        ({"dimensions": []}, "dimensions must be 1 to 5 different whole numbers; got []"),
        ({"dimensions": [1, 1]}, "dimensions must be 1 to 5 different whole numbers; got [1, 1]"),
        ({"dimensions": [0, 40]}, "dimensions must be a whole number from 0 to 31 (d_model - 1); got 40"),
        ({"num_heads": 0}, "num_heads must be a whole number from 1 to 64; got 0"),
        ({"head": 4}, "head must be a whole number from 0 to 3 (num_heads - 1); got 4"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        PositionalEncodings(**traits)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("length", 8, "length must be more than 10, which position uses, or set position first; got 8"),
        ("d_model", 6, "d_model must be more than 12, which dimension or dimensions uses"),
        ("num_heads", 2, "num_heads must be more than 3, which head uses"),
    ],
)
def test_a_size_that_leaves_something_outside_is_refused_and_nothing_changes(name, value, message):
    widget = PositionalEncodings(head=3)
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(widget, name, value)
    assert getattr(widget, name) == before


def test_what_is_left_out_fits_small_sizes():
    widget = PositionalEncodings(length=3, d_model=4)
    assert (widget.position, widget.offset, widget.dimension, widget.dimensions) == (2, 2, 3, [0])


def test_encoding_and_similarity_come_from_attend_position():
    chosen = {"length": 20, "d_model": 8, "base": 100.0, "position": 7}
    sinusoidal = position.sinusoidal(20, 8, 100.0)
    widget = PositionalEncodings(**chosen)
    np.testing.assert_array_equal(widget.encoding, sinusoidal)
    np.testing.assert_allclose(widget.similarity, sinusoidal @ sinusoidal[7], atol=1e-12)

    rope = PositionalEncodings(scheme="rope", **chosen)
    np.testing.assert_allclose(rope.encoding[:, 0::2], sinusoidal[:, 1::2], atol=1e-12)
    np.testing.assert_allclose(rope.encoding[:, 1::2], sinusoidal[:, 0::2], atol=1e-12)
    np.testing.assert_allclose(rope.similarity, widget.similarity / 4, atol=1e-12)

    alibi = PositionalEncodings(scheme="alibi", num_heads=8, head=2, **chosen)
    np.testing.assert_array_equal(alibi.encoding, position.alibi_bias(8, 20, 20)[2])
    np.testing.assert_array_equal(alibi.similarity, position.alibi_bias(8, 20, 20)[2, 7])

    nothing = PositionalEncodings(scheme="none", **chosen)
    assert not nothing.encoding.any()
    assert not nothing.similarity.any()
    with pytest.raises(AttributeError):
        nothing.encoding = np.zeros(3)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("view", VIEWS)
def test_without_a_page_there_is_a_picture_or_a_sentence_the_same_in_every_run(scheme, view):
    widget, twin = (PositionalEncodings(scheme=scheme, view=view, length=9, d_model=6) for _ in range(2))
    assert repr(widget) == repr(twin)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    if "image/png" in data:
        assert data["image/png"] == twin_data["image/png"]
        assert metadata["image/png"]["alt"] == widget.describe()
        assert "text/html" not in data
    else:
        assert data["text/html"].startswith("<p>Nothing ")
    assert data["text/plain"] == repr(widget) == f"PositionalEncodings: {widget.describe()}"


def test_alt_text_says_what_is_chosen():
    assert PositionalEncodings(view="dials").describe() == (
        "dials of sinusoidal encoding, 64 positions by 32 dimensions, base 10000; position 10, offset 5"
    )


# ---------------------------------------------------------------- the page


def as_number(text):
    return float(re.findall(r"−?\d+(?:\.\d+)?", text)[-1].replace("−", "-"))


def formula(page):
    return page.locator(".attend-pe-formula").inner_text()


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def box(page, name):
    return page.get_by_role("spinbutton", name=f"{name}, number")


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return PositionalEncodings(**{name: trait(page, name) for name in PositionalEncodings.class_own_traits()})


def expected(page):
    """The number in which the readout must end, from Python."""
    widget = python_s(page)
    if widget.view == "heat map":
        column = widget.position + widget.offset if widget.scheme == "alibi" else widget.dimension
        return widget.encoding[widget.position, column]
    value = widget.similarity[widget.position + widget.offset]
    return value / (widget.d_model / 2) if widget.scheme == "sinusoidal" else value


CONTROLS = {
    "sinusoidal": ["Position", "Offset", "Length", "d_model", "Base"],
    "rope": ["Position", "Offset", "Length", "d_model", "Base"],
    "alibi": ["Position", "Offset", "Length", "Heads", "Head"],
}


@pytest.mark.parametrize("scheme", CONTROLS)
@pytest.mark.parametrize("view", ["heat map", "similarity"])
def test_every_slider_moves_the_numbers_as_python_has_them(scheme, view, page):
    mount(page, PositionalEncodings(scheme=scheme, view=view, position=20, offset=-6))
    names = [*CONTROLS[scheme], "Dimension"] if view == "heat map" and scheme != "alibi" else CONTROLS[scheme]
    assert page.get_by_role("slider").count() == len(names)
    assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5)
    for name in names:
        key = name.lower() if name != "Heads" else "num_heads"
        before = trait(page, key)
        slider(page, name).press("ArrowRight")
        assert trait(page, key) > before, name
        assert float(box(page, name).input_value()) == trait(page, key)
        assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5), name
        assert page.evaluate("window.model.saved") > 0


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("Position", "position", 33), ("Offset", "offset", -9), ("Dimension", "dimension", 17),
        ("Length", "length", 40), ("d_model", "d_model", 128), ("Base", "base", 1.5),
    ],
)  # fmt: skip
def test_every_number_box_sets_its_value_while_the_reader_types(name, key, value, page):
    mount(page, PositionalEncodings())
    box(page, name).fill("")
    box(page, name).press_sequentially(str(value))
    assert trait(page, key) == value
    assert box(page, name).input_value() == str(value)
    assert page.evaluate("document.activeElement.type") == "number"
    assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5)


def test_schemes_and_views_switch_by_keyboard(page):
    mount(page, PositionalEncodings())
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert trait(page, "scheme") == "rope"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert trait(page, "view") == "similarity"
    assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5)


def test_the_heat_map_by_keyboard_keeps_its_focus(page):
    mount(page, PositionalEncodings())
    heat_map = page.get_by_role("application")
    heat_map.focus()
    for key, moved in [
        ("ArrowDown", (11, 4)), ("ArrowRight", (11, 5)), ("ArrowUp", (10, 5)), ("ArrowLeft", (10, 4)),
        ("PageDown", (20, 4)), ("PageUp", (10, 4)), ("End", (10, 31)), ("ArrowRight", (10, 31)),
        ("Home", (10, 0)),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert (trait(page, "position"), trait(page, "dimension")) == moved, key
        assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "application"
    assert "Position 10, dimension 0" in heat_map.get_attribute("aria-label")


def cell_centre(page, row, column, rows, columns):
    area = page.locator("canvas").bounding_box()
    return area["x"] + (column + 0.5) * area["width"] / columns, area["y"] + (row + 0.5) * area[
        "height"
    ] / rows


def test_hovering_shows_a_cell_and_a_click_chooses_it(page):
    widget = PositionalEncodings()
    mount(page, widget)
    page.mouse.move(*cell_centre(page, 40, 11, 64, 32))
    assert page.locator(".attend-pe-title").inner_text().startswith("Position 40, dimension 11")
    assert as_number(formula(page)) == pytest.approx(widget.encoding[40, 11], abs=5.1e-5)
    assert "wavelength" in page.locator(".attend-pe-facts").inner_text()
    assert trait(page, "position") == 10
    page.mouse.move(5, 5)
    assert page.locator(".attend-pe-title").inner_text().startswith("Position 10, dimension 4")
    page.mouse.click(*cell_centre(page, 40, 11, 64, 32))
    assert (trait(page, "position"), trait(page, "dimension")) == (40, 11)


def test_a_click_on_alibi_s_map_chooses_query_and_key(page):
    mount(page, PositionalEncodings(scheme="alibi"))
    page.mouse.click(*cell_centre(page, 30, 12, 64, 64))
    assert (trait(page, "position"), trait(page, "offset")) == (30, -18)
    assert as_number(formula(page)) == -4.5


def rgb(token, shade):
    return [int(style.TOKENS[token][shade][start : start + 2], 16) for start in (1, 3, 5)]


def painted(page, row, column, rows, columns):
    return page.evaluate(
        """([row, column, rows, columns]) => {
            const canvas = document.querySelector("canvas");
            const [x, y] = [(column + 0.5) * canvas.width / columns, (row + 0.5) * canvas.height / rows];
            return [...canvas.getContext("2d").getImageData(x, y, 1, 1).data].slice(0, 3);
        }""",
        [row, column, rows, columns],
    )


def test_the_map_is_painted_from_the_numbers_in_the_page_s_colours(page):
    widget = PositionalEncodings(length=12, d_model=6)
    mount(page, widget)
    for shade, theme in ((0, "light"), (1, "dark"), (0, "light")):
        page.evaluate("(theme) => { document.body.dataset.theme = theme; }", theme)
        page.wait_for_function(
            "(zero) => getComputedStyle(document.body).getPropertyValue('--attend-score-zero') === zero",
            arg=style.TOKENS["score-zero"][shade],
        )
        page.wait_for_timeout(50)
        for row, column in [(0, 0), (0, 1), (5, 0), (11, 3), (7, 1)]:
            value = widget.encoding[row, column]
            end = rgb("score-negative" if value < 0 else "score-positive", shade)
            zero = rgb("score-zero", shade)
            mixed = [z + (e - z) * abs(value) for z, e in zip(zero, end, strict=True)]
            np.testing.assert_allclose(painted(page, row, column, 12, 6), mixed, atol=1.01)


def test_waves_show_python_s_values_and_follow_the_pointer(page):
    mount(page, PositionalEncodings(view="waves", dimensions=[0, 3, 9]))
    chart = page.locator(".attend-pe-picture > svg")

    def agree():
        widget = python_s(page)
        facts = page.locator(".attend-pe-facts li").all_inner_texts()
        assert [fact.split(":")[0].strip() for fact in facts] == [f"dimension {n}" for n in widget.dimensions]
        shown = [as_number(fact) for fact in facts]
        np.testing.assert_allclose(shown, widget.encoding[widget.position, widget.dimensions], atol=5.1e-5)

    agree()
    area = chart.bounding_box()
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + 100)
    assert 28 <= trait(page, "position") <= 34
    agree()
    page.mouse.down()
    for share in (0.6, 0.7, 0.8):
        page.mouse.move(area["x"] + area["width"] * share, area["y"] + 100)
    page.mouse.up()
    assert 46 <= trait(page, "position") <= 52, "a drag goes on although the chart is drawn anew"
    page.mouse.move(area["x"] + 100, area["y"] + 100)
    assert 46 <= trait(page, "position") <= 52, "a pointer that is up moves nothing"
    agree()
    page.get_by_label("Dimensions").fill("1 30")
    assert trait(page, "dimensions") == [1, 30]
    agree()
    assert chart.locator("path").count() == 2
    assert "Position" not in chart.get_attribute("aria-label")
    assert "dimension 30" in chart.get_attribute("aria-label")


def test_alibi_s_waves_are_the_heads_slopes(page):
    mount(page, PositionalEncodings(scheme="alibi", view="waves", num_heads=4, position=20, offset=7))
    facts = page.locator(".attend-pe-facts li").all_inner_texts()
    np.testing.assert_allclose(
        [as_number(fact) for fact in facts], position.alibi_bias(4, 64, 64)[:, 20, 27], atol=5.1e-5
    )


def test_the_similarity_chart_takes_an_offset_and_draws_python_s_curve(page):
    mount(page, PositionalEncodings(view="similarity"))
    chart = page.locator(".attend-pe-picture > svg")
    area = chart.bounding_box()
    page.mouse.click(area["x"] + area["width"] * 0.25, area["y"] + 120)
    assert -40 <= trait(page, "offset") <= -25
    page.mouse.click(area["x"] + area["width"] * 0.75, area["y"] + 120)
    assert 25 <= trait(page, "offset") <= 40
    assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5)
    # The drawn heights and Python's values are the same up to one straight line's scale and shift.
    heights = page.locator(".attend-pe-bead").evaluate_all(
        "nodes => nodes.map((n) => Number(n.getAttribute('cy')))"
    )
    values = python_s(page).similarity
    slope, shift = np.polyfit(values, heights, 1)
    assert slope < 0
    np.testing.assert_allclose(slope * values + shift, heights, atol=1e-6)


def test_dials_turn_by_the_same_angle_whatever_the_position(page):
    mount(page, PositionalEncodings(view="dials", position=0))
    turns = page.locator(".attend-pe-dial").all_inner_texts()
    assert len(turns) == 8
    assert as_number(formula(page).split(" rad")[0]) == pytest.approx(
        5 * position.frequencies(32)[2], abs=5.1e-5
    )
    hands = page.locator(".attend-pe-dials .attend-pe-hand circle")

    def angles():
        points = hands.evaluate_all(
            "nodes => nodes.map((n) => ['cx', 'cy'].map((k) => Number(n.getAttribute(k))))"
        )
        x, y = np.array(points).T
        shifted, at = np.arctan2(50 - y, x - 50).reshape(-1, 2).T
        return at, shifted

    before, _ = angles()
    box(page, "Position").fill("37")
    assert page.locator(".attend-pe-dial").all_inner_texts() == turns
    at, shifted = angles()
    assert not np.allclose(at, before)
    pairs = [int(re.search(r"pair (\d+)", text)[1]) for text in turns]
    speeds = position.frequencies(32)[pairs]
    np.testing.assert_allclose(np.exp(1j * (shifted - at)), np.exp(5j * speeds), atol=1e-9)
    np.testing.assert_allclose(np.exp(1j * at), np.exp(37j * speeds), atol=1e-9)
    slider(page, "Dimension").press("End")
    assert "pair 15" in page.locator(".attend-pe-dial-chosen").inner_text()


@pytest.mark.parametrize(("scheme", "view"), [("none", "heat map"), ("none", "dials"), ("alibi", "dials")])
def test_nothing_to_draw_is_said_plainly(scheme, view, page):
    mount(page, PositionalEncodings(scheme=scheme, view=view))
    assert page.locator(".attend-pe-statement").inner_text().startswith("Nothing ")
    assert page.get_by_role("slider").count() == 0


def test_without_position_the_similarity_is_flat(page):
    mount(page, PositionalEncodings(scheme="none", view="similarity"))
    heights = page.locator(".attend-pe-bead").evaluate_all("nodes => nodes.map((n) => n.getAttribute('cy'))")
    assert len(heights) == 64
    assert len(set(heights)) == 1


@pytest.mark.parametrize(
    ("name", "key", "written", "message"),
    [
        ("Length", "length", "0", "Length: expected a whole number from 1 to 512, got 0."),
        ("Length", "length", "", "got nothing that reads as a number."),
        ("d_model", "d_model", "31", "d_model: expected an even number from 2 to 512, got 31."),
        ("Base", "base", "1", "Base: expected a number above 1"),
        ("Position", "position", "64", "Position: expected a whole number from 0 to 63, got 64."),
        ("Offset", "offset", "1.5", "Offset: expected a whole number from −63 to 63, got 1.5."),
    ],
)
def test_bad_input_is_explained_in_place_and_the_last_good_state_stays(name, key, written, message, page):
    mount(page, PositionalEncodings())
    before, shown = trait(page, key), formula(page)
    box(page, name).fill(written)
    assert message in page.get_by_role("alert").inner_text()
    assert box(page, name).get_attribute("aria-invalid") == "true"
    assert (trait(page, key), formula(page)) == (before, shown)
    assert box(page, name).input_value() == written

    slider(page, "Dimension").press("ArrowRight")
    assert trait(page, "dimension") == 5, "the rest of the widget is alive"
    assert page.get_by_role("alert").count() == 1
    slider(page, name).press("ArrowRight")
    assert page.get_by_role("alert").count() == 0
    assert box(page, name).get_attribute("aria-invalid") is None
    assert float(box(page, name).input_value()) == trait(page, key)


def test_bad_dimensions_are_explained_in_place(page):
    mount(page, PositionalEncodings(view="waves"))
    field = page.get_by_label("Dimensions")
    field.fill("0, 99")
    assert "from 0 to 31, got “99”" in page.get_by_role("alert").inner_text()
    assert trait(page, "dimensions") == [0, 4, 8, 12]
    field.fill("5")
    assert page.get_by_role("alert").count() == 0
    assert trait(page, "dimensions") == [5]


def test_a_shorter_sequence_takes_position_and_offset_along(page):
    mount(page, PositionalEncodings(position=60, offset=-50))
    box(page, "Length").fill("8")
    assert (trait(page, "position"), trait(page, "offset")) == (7, -7)
    assert python_s(page).length == 8
    assert slider(page, "Position").get_attribute("max") == "7"


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, PositionalEncodings())
    set_traits(page, position=30, scheme="rope", d_model=64, dimension=40)
    assert float(box(page, "Position").input_value()) == 30
    assert page.get_by_role("radio", name="RoPE").is_checked()
    assert as_number(formula(page)) == pytest.approx(expected(page), abs=5.1e-5)
    assert page.evaluate("window.model.saved") == 0


def test_the_table_says_what_the_picture_says(page):
    mount(page, PositionalEncodings(view="similarity"))
    page.get_by_text("The same as a table").click()
    rows = page.locator("tbody tr")
    rows.first.wait_for()  # the table is filled after the click, when the page says that it opened
    assert rows.count() == 64
    cells = rows.nth(15).locator("th, td").all_inner_texts()
    dot = PositionalEncodings().similarity[15]
    assert cells == ["5", "15", f"{dot:.4f}", f"{dot / 16:.4f}"]
    slider(page, "Position").press("ArrowRight")
    assert rows.nth(15).locator("th").inner_text() == "4", "an open table follows"
    page.get_by_role("radio", name="Heat map").check()
    assert "dimension 4" in page.locator("thead").inner_text()


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, PositionalEncodings())
    slider(page, "Position").press("ArrowRight")
    live = page.locator("[aria-live=polite]")
    page.wait_for_function("document.querySelector('[aria-live=polite]').textContent.includes('Position 11')")
    assert "{" not in live.inner_text()


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    widget = PositionalEncodings()
    mount(page, widget)
    page.get_by_role("radio", name="RoPE").tap()
    assert trait(page, "scheme") == "rope"
    page.get_by_role("radio", name="Sinusoidal").tap()
    x, y = cell_centre(page, 20, 3, 64, 32)
    page.touchscreen.tap(x, y)
    assert abs(trait(page, "position") - 20) <= 1
    assert trait(page, "dimension") == 3
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_violation_and_no_sideways_scroll_in_any_view(scheme, theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, PositionalEncodings(scheme=scheme), theme=theme)
    page.get_by_text("The same as a table").click()
    for view in VIEWS:
        set_traits(page, view=view)
        assert axe_violations(page) == [], view
        assert sideways_overflow(page) == 0, view


def test_no_violation_while_a_problem_is_shown(page):
    mount(page, PositionalEncodings())
    box(page, "Length").fill("0")
    assert axe_violations(page) == []


def test_the_largest_sizes_scroll_in_their_own_box(page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, PositionalEncodings(length=512, d_model=512, dimension=400))
    assert sideways_overflow(page) == 0
    area, canvas = (
        page.locator(name).first.bounding_box() for name in (".attend-pe .attend-scroll", "canvas")
    )
    assert canvas["width"] == 1024
    middle = canvas["x"] + canvas["width"] * 400.5 / 512
    assert area["x"] < middle < area["x"] + area["width"], "the chosen cell is in sight"


def test_clean_up_leaves_nothing_behind(page):
    mount(page, PositionalEncodings())
    assert page.evaluate("window.model.listening()") == 11
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, position=3)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
