"""Picture recall: what Python refuses and computes, and the page by mouse, touch and keyboard."""

import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.brain import memory
from attend.brain.glyphs import letter_pictures
from attend.widgets.picture_recall import HALVES, PictureRecall, noisy_cells

TRAITS = ("stored", "letter", "noise", "draw", "hidden", "flipped", "memory", "beta", "steps")

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"stored": 0}, "stored must be a whole number from 1 to 10; got 0"),
        ({"stored": 11}, "stored must be a whole number from 1 to 10; got 11"),
        ({"stored": 3, "letter": "F"}, "F"),
        ({"letter": "E"}, "letter must be one of J, W, K, O, F, L; got 'E'"),
        ({"letter": ""}, "letter must be one of J, W, K, O, F, L; got ''"),
        ({"letter": "JW"}, "letter must be one of J, W, K, O, F, L; got 'JW'"),
        ({"noise": 0.51}, "noise must be a number from 0 to 0.5; got 0.51"),
        ({"noise": float("nan")}, "noise must be a number from 0 to 0.5; got nan"),
        ({"beta": 0.0}, "beta must be a number from 0.001 to 10; got 0.0"),
        ({"beta": 11.0}, "beta must be a number from 0.001 to 10; got 11.0"),
        ({"steps": -1}, "steps must be a whole number from 0 to 30; got -1"),
        ({"steps": 31}, "steps must be a whole number from 0 to 30; got 31"),
        ({"draw": 10000}, "draw must be a whole number from 0 to 9999; got 10000"),
        ({"hidden": "middle"}, "hidden must be one of nothing, top half, bottom half, left half, right half"),
        ({"memory": "human"}, "memory must be one of modern, classical; got 'human'"),
        ({"flipped": [100]}, "flipped must be a whole number from 0 to 99; got 100"),
        ({"flipped": [3, 3]}, "flipped must name each cell once; got [3, 3]"),
        ({"steps": 1.5}, "'steps' trait of a PictureRecall instance expected an int, not the float 1.5"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        PictureRecall(**traits)


def test_a_memory_that_would_lose_the_letter_is_refused_and_nothing_changes():
    widget = PictureRecall(letter="F")
    message = "stored must be at least 5, or set letter first: F would be left out; got 4"
    with pytest.raises(traitlets.TraitError, match=message):
        widget.stored = 4
    assert widget.stored == 6


def test_the_cue_is_the_letter_with_noise_then_hidden_then_turned_by_hand():
    letter = letter_pictures("K")[0]
    np.testing.assert_array_equal(PictureRecall(letter="K", noise=0.0).cue, letter)
    noisy = PictureRecall(letter="K", noise=0.13, draw=5)
    assert np.flatnonzero(noisy.cue != letter).tolist() == sorted(noisy_cells(5)[:13])
    more = PictureRecall(letter="K", noise=0.4, draw=5)
    assert set(np.flatnonzero(noisy.cue != letter)) < set(np.flatnonzero(more.cue != letter))
    for half, cells in zip(HALVES[1:], (slice(0, 5), slice(5, 10), (slice(None), slice(0, 5)),
                                        (slice(None), slice(5, 10))), strict=True):  # fmt: skip
        hidden = PictureRecall(letter="K", noise=0.0, hidden=half).cue.reshape(10, 10)
        assert not hidden[cells].any()
        assert (hidden == 0).sum() == 50
    by_hand = PictureRecall(letter="K", noise=0.0, hidden="top half", flipped=[3, 99]).cue
    assert by_hand[3] == 1
    assert by_hand[99] == -letter[99]


def test_different_draws_take_different_cells_all_of_them_about_equally():
    taken = np.array([noisy_cells(draw)[:20] for draw in range(500)])
    assert len({tuple(row) for row in taken}) == 500
    counts = np.bincount(taken.ravel(), minlength=100)
    assert counts.sum() == 500 * 20
    assert 60 < counts.min() <= counts.max() < 145  # 100 expected, standard deviation 9


def test_states_weights_and_energies_come_from_attend_brain_memory():
    widget = PictureRecall(stored=10, letter="X", steps=3, beta=0.03)
    state = widget.cue
    for step in range(3):
        np.testing.assert_array_equal(widget.states[step], state)
        state, weights = memory.modern_update(state, widget.patterns, 0.03)
    np.testing.assert_array_equal(widget.recalled, state)
    np.testing.assert_array_equal(widget.weights, weights)
    assert (np.diff(widget.energies) <= 1e-12).all()
    assert len(widget.energies) == 4
    widget.memory = "classical"
    weights = memory.hopfield_weights(widget.patterns)
    state = widget.cue
    for _ in range(3):
        state = memory.hopfield_sweep(state, weights)
    np.testing.assert_array_equal(widget.recalled, state)
    assert widget.energies[0] == memory.hopfield_energy(widget.cue, weights)
    assert widget.energies[-1] == memory.hopfield_energy(state, weights)
    assert (np.diff(widget.energies) <= 0).all()
    widget.steps = 0
    np.testing.assert_array_equal(widget.recalled, widget.cue)


@pytest.mark.parametrize("traits", [{}, {"memory": "classical", "hidden": "left half"}, {"flipped": [1, 2]}])
def test_without_a_page_there_is_a_picture_the_same_in_every_run(traits):
    widget, twin = PictureRecall(**traits), PictureRecall(**traits)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["text/plain"] == repr(widget) == f"PictureRecall: {widget.describe()}"


def test_alt_text_says_what_is_shown():
    assert PictureRecall(hidden="top half", flipped=[4]).describe() == (
        "modern Hopfield network with β = 0.1 that holds JWKOFL; cue: J with 20 of 100 cells flipped and the "
        "top half hidden, 1 flipped by hand; after 1 step, 100 of 100 cells are as in J"
    )


# ---------------------------------------------------------------- the page


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return PictureRecall(**{name: trait(page, name) for name in TRAITS})


def number(text):
    return float(text.replace("−", "-"))


def shown(page):
    """The numbers beside the bars."""
    return [number(text) for text in page.locator(".attend-recall-number:visible").all_inner_texts()]


def check_page(page):
    """The bars, the recalled picture, the board and the readout say what Python says."""
    widget = python_s(page)
    classical = widget.memory == "classical"
    values = widget.overlaps if classical else widget.weights
    np.testing.assert_allclose(shown(page), values, atol=5.1e-3 if classical else 5.1e-4)
    ink = page.locator(".attend-recall-recalled .attend-recall-ink").evaluate_all(
        "nodes => nodes.map((n) => Number(n.getAttribute('fill-opacity')))"
    )
    np.testing.assert_allclose(ink, (widget.recalled + 1) / 2, atol=5.1e-4)
    pressed = page.locator(".attend-recall-cell").evaluate_all(
        "nodes => nodes.map((n) => n.getAttribute('aria-pressed') === 'true')"
    )
    np.testing.assert_array_equal(pressed, widget.cue > 0)
    facts = page.locator(".attend-recall-facts").inner_text()
    assert widget.describe().split("; after ")[1].split(", ")[1].split(" cells")[0] + " cells have" in facts
    energy = re.search(r"energy (−?[\d.]+)", facts).group(1)
    assert number(energy) == pytest.approx(widget.energies[-1], abs=0.5 if classical else 5.1e-3)


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def box(page, name):
    return page.get_by_role("spinbutton", name=f"{name}, number")


def cell(page, row, column):
    return page.locator(".attend-recall-cell").nth(10 * row + column)


@pytest.mark.parametrize("kind", ["modern", "classical"])
def test_every_slider_moves_the_numbers_as_python_has_them(kind, page):
    mount(page, PictureRecall(memory=kind, letter="W", steps=2))
    check_page(page)
    names = {"Stored letters": "stored", "Noise, % of cells": "noise"}
    if kind == "modern":
        names["β"] = "beta"
    assert page.locator("input[type=range]:visible").count() == len(names)
    for name, key in names.items():
        before = trait(page, key)
        slider(page, name).press("ArrowRight")
        assert trait(page, key) > before, name
        check_page(page)
        assert page.evaluate("window.model.saved") > 0


def test_beta_from_the_average_to_one_letter(page):
    mount(page, PictureRecall(stored=10, letter="E", hidden="bottom half", noise=0.0))
    slider(page, "β").press("Home")
    assert trait(page, "beta") == 0.001
    assert max(shown(page)) < 0.12
    check_page(page)
    slider(page, "β").press("End")
    assert trait(page, "beta") == 10
    assert shown(page)[9] == 1
    assert page.get_by_text("This is E.", exact=True).is_visible()
    check_page(page)


@pytest.mark.parametrize(
    ("name", "key", "written", "value"),
    [
        ("Stored letters", "stored", "9", 9), ("Noise, % of cells", "noise", "35", 0.35),
        ("β", "beta", "0.025", 0.025),
    ],
)  # fmt: skip
def test_every_number_box_sets_its_value_while_the_reader_types(name, key, written, value, page):
    mount(page, PictureRecall())
    box(page, name).fill("")
    box(page, name).press_sequentially(written)
    assert trait(page, key) == value
    assert box(page, name).input_value() == written
    check_page(page)


@pytest.mark.parametrize(
    ("name", "key", "written", "message"),
    [
        ("Stored letters", "stored", "12", "Stored letters: expected a whole number from 1 to 10, got 12."),
        (
            "Noise, % of cells",
            "noise",
            "80",
            "Noise, % of cells: expected a whole number from 0 to 50, got 80.",
        ),
        ("β", "beta", "-1", "β: expected a number from 0.001 to 10, got −1."),
    ],
)
def test_a_bad_value_is_explained_in_place_and_the_widget_lives_on(name, key, written, message, page):
    mount(page, PictureRecall())
    before = trait(page, key)
    box(page, name).fill(written)
    assert page.get_by_role("alert").filter(visible=True).inner_text() == message
    assert box(page, name).get_attribute("aria-invalid") == "true"
    assert trait(page, key) == before
    assert axe_violations(page) == []
    slider(page, name).press("ArrowLeft")
    assert page.get_by_role("alert").filter(visible=True).count() == 0
    check_page(page)


def test_letters_halves_and_memories_are_chosen_by_keyboard(page):
    mount(page, PictureRecall(flipped=[3]))
    page.get_by_label("Letter", exact=True).select_option("O")
    assert (trait(page, "letter"), trait(page, "flipped")) == ("O", [])
    check_page(page)
    page.get_by_label("Hide").select_option("left half")
    assert trait(page, "hidden") == "left half"
    assert cell(page, 0, 0).inner_text() == "?"
    check_page(page)
    page.get_by_role("radio", name="Modern").focus()
    page.keyboard.press("ArrowRight")
    assert trait(page, "memory") == "classical"
    assert not slider(page, "β").is_visible()
    check_page(page)


def test_fewer_letters_take_the_chosen_one_along(page):
    mount(page, PictureRecall(letter="L"))
    box(page, "Stored letters").fill("3")
    assert (trait(page, "stored"), trait(page, "letter")) == (3, "K")
    assert page.get_by_label("Letter", exact=True).input_value() == "K"
    off = page.get_by_label("Letter", exact=True).locator("option:disabled").all_inner_texts()
    assert off == list("OFLAXHE")
    check_page(page)


def test_cells_flip_by_click_and_by_keyboard_with_one_tab_stop(page):
    mount(page, PictureRecall(noise=0.0))
    assert page.locator(".attend-recall-cell[tabindex='0']").count() == 1
    cell(page, 4, 2).click()
    assert trait(page, "flipped") == [42]
    assert cell(page, 4, 2).inner_text() == "•"
    assert cell(page, 4, 2).get_attribute("aria-label") == "row 5, column 3: ink, flipped"
    mark, ground = cell(page, 4, 2).evaluate(
        "(n) => ['color', 'backgroundColor'].map((name) => getComputedStyle(n)[name])"
    )
    assert mark == "rgb(255, 255, 255)", "a dot on ink, which axe does not look at, is as light as paper"
    assert mark != ground
    check_page(page)
    for key in ("ArrowRight", "ArrowDown", "Space"):
        page.keyboard.press(key)
    assert trait(page, "flipped") == [42, 53]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("row 6, column 4")
    page.keyboard.press("Enter")
    assert trait(page, "flipped") == [42]
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.tabIndex") == 0
    assert page.locator(".attend-recall-cell[tabindex='0']").count() == 1
    page.get_by_role("button", name="Undo flips").click()
    assert trait(page, "flipped") == []
    check_page(page)


def test_step_run_and_back(page):
    mount(page, PictureRecall(memory="classical", stored=10, letter="H", steps=0))
    assert page.get_by_text("The cue, before any step", exact=True).is_visible()
    page.get_by_role("button", name="Step").click()
    assert trait(page, "steps") == 1
    check_page(page)
    page.get_by_role("button", name="Run").click()
    settled = trait(page, "steps")
    assert page.get_by_text("another sweep changes nothing").is_visible()
    states = PictureRecall(memory="classical", stored=10, letter="H", steps=settled + 1).states
    np.testing.assert_array_equal(states[-1], states[-2])
    assert not np.array_equal(states[settled - 1], states[settled])
    check_page(page)
    page.get_by_role("button", name="Back to the cue").click()
    assert trait(page, "steps") == 0
    check_page(page)


def test_more_steps_than_are_shown_are_refused_in_place(page):
    mount(page, PictureRecall(steps=30))
    page.get_by_role("button", name="Step").click()
    alert = page.get_by_role("alert").filter(visible=True)
    assert alert.inner_text() == ("Steps: expected at most 30, got 31. Go back to the cue to start again.")
    assert trait(page, "steps") == 30
    page.get_by_role("button", name="Back to the cue").click()
    assert alert.count() == 0
    assert trait(page, "steps") == 0


def test_other_noise_takes_other_cells(page):
    mount(page, PictureRecall())
    before = PictureRecall().cue
    page.get_by_role("button", name="Other noise").click()
    assert trait(page, "draw") == 1
    assert not np.array_equal(python_s(page).cue, before)
    check_page(page)


def test_wrong_cells_of_the_recalled_picture_carry_a_dot(page):
    mount(page, PictureRecall(stored=10, memory="classical", letter="K", noise=0.3, steps=4))
    widget = python_s(page)
    wrong = np.sign(widget.recalled) != widget.target
    assert wrong.any()
    hidden = page.locator(".attend-recall-recalled circle").evaluate_all(
        "nodes => nodes.map((n) => n.hasAttribute('hidden'))"
    )
    np.testing.assert_array_equal(np.logical_not(hidden), wrong)


def test_the_energy_is_drawn_from_python_s_numbers(page):
    for traits in ({"steps": 6, "beta": 0.02}, {"memory": "classical", "steps": 2, "noise": 0.4}):
        widget = PictureRecall(stored=10, letter="A", **traits)
        mount(page, widget)
        path = page.locator(".attend-recall-path").get_attribute("d")
        heights = np.array([float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", path)])
        energies = widget.energies
        span = (heights - heights.min()) / np.ptp(heights)
        np.testing.assert_allclose(span, (energies.max() - energies) / np.ptp(energies), atol=2e-3)
        assert (np.diff(heights) >= -0.05).all(), "down the page is down in energy"


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, PictureRecall())
    set_traits(page, memory="classical", stored=8, letter="X", steps=2, hidden="top half")
    check_page(page)
    assert page.get_by_role("radio", name="Classical").is_checked()
    assert page.get_by_label("Hide").input_value() == "top half"
    assert page.evaluate("window.model.saved") == 0


def test_the_table_says_what_the_picture_says(page):
    mount(page, PictureRecall())
    page.get_by_text("The same as a table").click()
    page.locator("tbody tr").first.wait_for()  # filled after the click, when the page says that it opened
    cells = page.locator("tbody tr").nth(4).locator("th, td").all_inner_texts()
    widget = PictureRecall()
    product = widget.patterns[4] @ widget.cue
    assert cells == [
        "F", f"{product:.1f}", f"{0.1 * product:.2f}",
        f"{widget.weights[4]:.4f}", f"{widget.overlaps[4]:.3f}",
    ]  # fmt: skip
    page.get_by_role("radio", name="Classical").check()
    assert page.locator("thead").inner_text().split() == ["letter", "overlap", "cells", "that", "agree"]


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, PictureRecall())
    page.get_by_role("button", name="Step").click()
    page.wait_for_function(
        "document.querySelector('[aria-live=polite]').textContent.includes('After 2 steps')"
    )
    assert "This is J" in page.locator("[aria-live=polite]").inner_text()


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    mount(page, PictureRecall(noise=0.0))
    cell(page, 9, 9).tap()
    assert trait(page, "flipped") == [99]
    page.get_by_role("radio", name="Classical").tap()
    assert trait(page, "memory") == "classical"
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["modern", "classical"])
def test_no_violation_and_no_sideways_scroll(kind, theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, PictureRecall(memory=kind, stored=10), theme=theme)
    page.get_by_text("The same as a table").click()
    for half in ("nothing", "left half"):
        set_traits(page, hidden=half)
        assert axe_violations(page) == [], half
        assert sideways_overflow(page) == 0, half


def test_clean_up_leaves_nothing_behind(page):
    mount(page, PictureRecall())
    assert page.evaluate("window.model.listening()") == 9
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, steps=3)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
