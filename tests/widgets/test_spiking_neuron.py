"""The spiking neuron: what Python refuses and computes, and the page by mouse, touch and keyboard."""

import re

import numpy as np
import pytest
import traitlets
from page import axe_violations, mount, set_traits, sideways_overflow, small_targets, trait

from attend.brain import neuron
from attend.widgets.spiking_neuron import SpikingNeuron, normal_draws

# ---------------------------------------------------------------- Python


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"current": -0.1}, "current must be a number from 0 to 5; got -0.1"),
        ({"current": 5.1}, "current must be a number from 0 to 5; got 5.1"),
        ({"current": float("nan")}, "current must be a number from 0 to 5; got nan"),
        ({"tau": 1.0}, "tau must be a number from 2 to 50; got 1"),
        ({"threshold": -65.0}, "threshold must be a number from -60 to -40; got -65"),
        ({"refractory": 0.0}, "refractory must be a number from 0.5 to 10; got 0"),
        ({"noise": 11.0}, "noise must be a number from 0 to 10; got 11"),
        ({"draw": -1}, "draw must be a whole number from 0 to 9999; got -1"),
        ({"draw": 10_000}, "draw must be a whole number from 0 to 9999; got 10000"),
        ({"draw": 1.5}, "'draw' trait of a SpikingNeuron instance expected an int, not the float 1.5"),
        ({"compare": "tanh"}, "compare must be one of relu, softplus, sigmoid; got 'tanh'"),
    ],
)
def test_a_bad_trait_is_named_with_its_value_and_what_was_expected(traits, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        SpikingNeuron(**traits)


def test_trace_and_curve_come_from_the_neuron_of_the_book():
    cell = {"tau": 12.0, "threshold": -52.0, "refractory": 3.0}
    widget = SpikingNeuron(current=1.7, noise=2.5, draw=5, **cell)
    size = neuron.noise_size(2.5, 0.1, 12.0, 10.0)
    voltage, spike_times = neuron.integrate_and_fire(1.7 + size * normal_draws(2500, 5), 0.1, **cell)
    np.testing.assert_array_equal(widget.trace[0], voltage)
    np.testing.assert_array_equal(widget.trace[1], spike_times)
    np.testing.assert_array_equal(widget.curve[1], neuron.noisy_firing_rate(widget.curve[0], 2.5, **cell))
    assert widget.rate == neuron.noisy_firing_rate(np.array([1.7]), 2.5, **cell)[0]
    assert widget.time[[0, -1]] == pytest.approx([0.1, 250.0])


def test_a_fit_says_how_far_off_it_stays():
    widget = SpikingNeuron(compare="sigmoid")
    current, rate = widget.curve
    fit = widget.fit()
    fitted = fit.scale * neuron.sigmoid((current - fit.middle) / fit.width)
    assert fit.off == pytest.approx(np.sqrt(np.mean((fitted - rate) ** 2)), rel=1e-12)
    assert fit == widget.fit("sigmoid") != widget.fit("relu")


def test_noise_is_normally_distributed_and_each_draw_another():
    draws = np.array([normal_draws(20_001, draw) for draw in (0, 1, 2)])
    assert draws.shape == (3, 20_001)
    np.testing.assert_allclose(draws.mean(axis=1), 0, atol=0.03)
    np.testing.assert_allclose(draws.std(axis=1), 1, atol=0.02)
    assert (np.abs(draws) < 1).mean() == pytest.approx(0.6827, abs=0.01)
    together = np.corrcoef(np.concatenate([draws, draws[:1, ::-1]]))
    later = [np.corrcoef(draws[0, :-lag], draws[0, lag:])[0, 1] for lag in (1, 2, 3)]
    assert np.abs(together[~np.eye(4, dtype=bool)]).max() < 0.03
    assert np.abs(later).max() < 0.03


@pytest.mark.parametrize("traits", [{}, {"noise": 4.0, "compare": "sigmoid"}, {"current": 0.5}])
def test_without_a_page_there_is_a_picture_the_same_in_every_run(traits):
    widget, twin = SpikingNeuron(**traits), SpikingNeuron(**traits)
    (data, metadata), (twin_data, _) = widget._repr_mimebundle_(), twin._repr_mimebundle_()
    assert data["image/png"] == twin_data["image/png"]
    assert metadata["image/png"]["alt"] == widget.describe()
    assert data["text/plain"] == repr(widget) == f"SpikingNeuron: {widget.describe()}"


def test_alt_text_says_what_is_shown():
    assert SpikingNeuron(compare="sigmoid").describe() == (
        "a neuron under 2 nA, tau 10 ms, threshold -50 mV, refractory time 2 ms, no noise: 15 spikes "
        "in 250 ms, 63.0 Hz by the formula; the closest sigmoid is off by 9.6 Hz"
    )
    assert "noise of 3 mV" in SpikingNeuron(noise=3.0).describe()


# ---------------------------------------------------------------- the page


def slider(page, name):
    return page.get_by_role("slider", name=name, exact=True)


def box(page, name):
    return page.get_by_role("spinbutton", name=f"{name}, number")


def shown_rate(page):
    return float(page.locator("p.attend-sn-formula").inner_text().split("= ")[-1].split()[-2])


def python_s(page):
    """The Python widget with the traits that the page holds now; it refuses a state that is not valid."""
    return SpikingNeuron(**{name: trait(page, name) for name in SpikingNeuron.class_own_traits()})


def rows(page, table):
    return page.locator("table").nth(table).locator("tbody tr")


def spike_count(page):
    return page.locator(".attend-sn-spikes").get_attribute("d").count("M")


def open_tables(page):
    page.get_by_text("The same as tables").click()
    page.locator("tbody tr").first.wait_for()  # filled after the click, when the page says that it opened


def test_the_picture_the_readout_and_the_tables_agree_with_python(page):
    mount(page, SpikingNeuron(noise=3.0, current=1.6))
    open_tables(page)
    widget = python_s(page)
    count = int((~np.isnan(widget.trace[1])).sum())
    assert spike_count(page) == rows(page, 0).count() == count > 3
    assert shown_rate_under_noise(page) == pytest.approx(widget.rate, abs=5.1e-3)
    assert page.locator(".attend-sn-facts").inner_text().startswith(f"{count} spikes in 250 ms")
    cells = rows(page, 1).nth(8).locator("th, td").all_inner_texts()
    assert cells[0] == "2.00"
    assert float(cells[1]) == pytest.approx(widget.curve[1][40], abs=5.1e-3)


def shown_rate_under_noise(page):
    return float(page.locator("p.attend-sn-formula").inner_text().split(": ")[-1].split()[0])


@pytest.mark.parametrize("name", ["Current, nA", "τ, ms", "Threshold, mV", "Refractory, ms"])
def test_each_slider_moves_the_rate_to_python_s(name, page):
    mount(page, SpikingNeuron(current=2.5))
    before = shown_rate(page)
    for key in ("ArrowRight", "ArrowRight", "PageUp", "ArrowLeft"):
        slider(page, name).press(key)
        assert shown_rate(page) == pytest.approx(python_s(page).rate, abs=5.1e-3)
    assert shown_rate(page) != before
    assert spike_count(page) == (~np.isnan(python_s(page).trace[1])).sum()


def test_by_keyboard_alone_from_silence_to_spikes(page):
    mount(page, SpikingNeuron(current=1.45))
    assert "stays silent" in page.locator(".attend-sn-title").inner_text()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "range"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert trait(page, "current") == pytest.approx(1.55)
    assert "fires at" in page.locator(".attend-sn-title").inner_text()
    assert spike_count(page) > 0


def test_dragging_on_the_curve_chooses_the_current(page):
    mount(page, SpikingNeuron())
    svg = page.locator(".attend-sn-rates svg").bounding_box()
    at = lambda current: svg["x"] + 46 + (svg["width"] - 60) * current / 5  # noqa: E731
    page.mouse.move(at(1.0), svg["y"] + 150)
    page.mouse.down()
    assert trait(page, "current") == 1.0
    page.mouse.move(at(3.25), svg["y"] + 20, steps=5)
    assert trait(page, "current") == 3.25
    page.mouse.move(svg["x"] + svg["width"] + 50, svg["y"] + 20)
    assert trait(page, "current") == 5.0, "past the end is the end"
    page.mouse.up()
    page.mouse.move(at(2.0), svg["y"] + 150)
    assert trait(page, "current") == 5.0
    assert float(box(page, "Current, nA").input_value()) == 5.0
    assert shown_rate(page) == pytest.approx(python_s(page).rate, abs=5.1e-3)


def test_the_dot_stands_on_the_curve_at_the_chosen_current(page):
    mount(page, SpikingNeuron(current=3.0, noise=10.0, draw=3))  # the count in 250 ms is another rate
    dot = page.locator(".attend-sn-dot")
    x, y = (float(dot.get_attribute(name)) for name in ("cx", "cy"))
    width = float(page.locator(".attend-sn-rates svg").get_attribute("width"))
    assert x == pytest.approx(46 + (width - 60) * 3 / 5)
    drawn = page.locator(".attend-sn-rates path.attend-sn-formula").get_attribute("d")
    points = np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", drawn)[1:]])
    assert y == pytest.approx(points[np.abs(points[:, 0] - x).argmin(), 1], abs=0.1)
    ends = points[:, 1]
    assert (np.diff(ends) <= 0).all(), "the curve never falls"


def test_another_function_is_drawn_and_spelled_out(page):
    mount(page, SpikingNeuron())
    drawn = {}
    for name, start in (
        ("softplus", "Closest softplus:"),
        ("sigmoid", "Closest sigmoid:"),
        ("ReLU", "Closest ReLU:"),
    ):
        page.get_by_role("radio", name=name).check()
        assert page.locator(".attend-sn-verdict").inner_text().startswith(start)
        drawn[name] = page.locator(".attend-sn-rates path.attend-sn-fit").get_attribute("d")
    assert trait(page, "compare") == "relu"
    assert len(set(drawn.values())) == 3


def test_noise_is_drawn_again_at_the_press_of_a_button(page):
    mount(page, SpikingNeuron(current=1.4))
    button = page.get_by_role("button", name="Draw the noise again")
    assert button.count() == 0
    box(page, "Noise, mV").fill("4")
    before = page.locator(".attend-sn-voltage").get_attribute("d")
    button.press("Enter")
    assert trait(page, "draw") == 1
    assert page.locator(".attend-sn-voltage").get_attribute("d") != before
    assert spike_count(page) == (~np.isnan(python_s(page).trace[1])).sum()
    set_traits(page, draw=9999)
    button.click()
    assert trait(page, "draw") == 0


@pytest.mark.parametrize(
    ("name", "key", "written", "message"),
    [
        ("Current, nA", "current", "6", "Current, nA: expected a number from 0 to 5, got 6."),
        ("Current, nA", "current", "", "got nothing that reads as a number."),
        ("τ, ms", "tau", "0", "τ, ms: expected a number from 2 to 50, got 0."),
        ("Threshold, mV", "threshold", "-70", "Threshold, mV: expected a number from −60 to −40, got −70."),
        ("Refractory, ms", "refractory", "0", "Refractory, ms: expected a number from 0.5 to 10, got 0."),
        ("Noise, mV", "noise", "-1", "Noise, mV: expected a number from 0 to 10, got −1."),
    ],
)
def test_bad_input_is_explained_in_place_and_the_last_good_state_stays(name, key, written, message, page):
    mount(page, SpikingNeuron())
    before, shown = trait(page, key), shown_rate(page)
    box(page, name).fill(written)
    assert message in page.get_by_role("alert").inner_text()
    assert box(page, name).get_attribute("aria-invalid") == "true"
    assert (trait(page, key), shown_rate(page)) == (before, shown)
    page.get_by_role("radio", name="sigmoid").check()
    assert trait(page, "compare") == "sigmoid", "the rest of the widget is alive"
    assert page.get_by_role("alert").count() == 1
    slider(page, name).press("ArrowRight")
    assert page.get_by_role("alert").count() == 0
    assert float(box(page, name).input_value()) == trait(page, key)


def test_python_s_changes_show_and_are_not_sent_back(page):
    mount(page, SpikingNeuron())
    set_traits(page, current=3.5, tau=20, compare="sigmoid")
    assert float(box(page, "Current, nA").input_value()) == 3.5
    assert page.get_by_role("radio", name="sigmoid").is_checked()
    assert shown_rate(page) == pytest.approx(python_s(page).rate, abs=5.1e-3)
    assert page.evaluate("window.model.saved") == 0


def test_open_tables_follow(page):
    mount(page, SpikingNeuron())
    open_tables(page)
    assert rows(page, 0).count() == 15
    slider(page, "Current, nA").press("Home")
    assert rows(page, 0).first.locator("th").inner_text() == "none"
    assert rows(page, 1).count() == 21


def test_the_live_region_speaks_once_the_hand_rests(page):
    mount(page, SpikingNeuron())
    slider(page, "Current, nA").press("ArrowRight")
    page.wait_for_function("document.querySelector('[aria-live=polite]').textContent.includes('At 2.05 nA')")


def test_touch_at_phone_width(open_page):
    page = open_page(viewport={"width": 375, "height": 900}, has_touch=True, is_mobile=True)
    mount(page, SpikingNeuron(noise=2.0))
    page.get_by_role("radio", name="softplus").tap()
    assert trait(page, "compare") == "softplus"
    page.get_by_role("button", name="Draw the noise again").tap()
    assert trait(page, "draw") == 1
    svg = page.locator(".attend-sn-rates svg").bounding_box()
    page.touchscreen.tap(svg["x"] + 46 + (svg["width"] - 60) * 0.5, svg["y"] + 150)
    assert trait(page, "current") == pytest.approx(2.5, abs=0.05)
    assert small_targets(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_no_violation_and_no_sideways_scroll(noise, theme, page):
    page.set_viewport_size({"width": 375, "height": 800})
    mount(page, SpikingNeuron(noise=noise), theme=theme)
    open_tables(page)
    for current in (0.0, 2.0, 5.0):
        set_traits(page, current=current)
        assert axe_violations(page) == [], current
        assert sideways_overflow(page) == 0, current


def test_no_violation_while_a_problem_is_shown(page):
    mount(page, SpikingNeuron())
    box(page, "τ, ms").fill("0")
    assert axe_violations(page) == []


def test_the_pictures_follow_the_width(page):
    mount(page, SpikingNeuron())
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_function("document.querySelector('.attend-sn-trace svg').getAttribute('width') < 480")
    assert page.locator(".attend-sn-rates svg").get_attribute("width") == page.locator(
        ".attend-sn-trace svg"
    ).get_attribute("width")


def test_clean_up_leaves_nothing_behind(page):
    mount(page, SpikingNeuron())
    assert page.evaluate("window.model.listening()") == 7
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
    page.set_viewport_size({"width": 500, "height": 500})
    set_traits(page, current=3.0)
    page.wait_for_timeout(450)
    assert page.locator("#widget").inner_html() == ""
