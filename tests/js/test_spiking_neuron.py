"""The widget's JavaScript says what `attend.brain.neuron` says; its words and tables hold at the edges."""

import re

import numpy as np
import pytest
from javascript import evaluate, evaluate_all

from attend.brain import neuron
from attend.widgets import spiking_neuron
from attend.widgets.spiking_neuron import ACTIVATIONS, RANGES, SpikingNeuron, normal_draws

ARITHMETIC = "neuron_arithmetic"
WORDS = "neuron_words"
TABLE = "neuron_table"
TRAITS = ("current", "tau", "threshold", "refractory", "noise", "draw", "compare")
CELLS = [
    {},
    {"current": 1.0},
    {"current": 1.3, "noise": 3.0},
    {"current": 5.0, "tau": 2.0, "threshold": -60.0, "refractory": 0.5, "noise": 9.0, "draw": 9999},
    {"current": 2.4, "tau": 40.0, "threshold": -40.0, "refractory": 10.0, "noise": 0.3, "draw": 77},
    {"current": 0.0, "noise": 10.0, "tau": 50.0, "draw": 3},
    {"current": 5.0, "tau": 50.0, "refractory": 0.5},
]
cells = pytest.mark.parametrize(
    "cell", CELLS, ids=lambda cell: ", ".join(f"{k} {v:g}" for k, v in cell.items())
)


def state(widget):
    return {name: getattr(widget, name) for name in TRAITS}


def solved(widget):
    trace, curve, rate = evaluate_all(
        ARITHMETIC,
        [("traceOf", state(widget)), ("curveOf", state(widget)), ("meanRate", widget.current, state(widget))],
    )
    return {"trace": trace, "curve": curve, "rate": rate}


# ---------------------------------------------------------------- agreement with Python


@cells
def test_voltage_and_spikes(cell):
    widget = SpikingNeuron(**cell)
    voltage, spike_times = widget.trace
    found = evaluate(ARITHMETIC, "traceOf", state(widget))
    np.testing.assert_allclose(found["voltage"], voltage, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found["spikes"], spike_times[~np.isnan(spike_times)], rtol=0, atol=1e-10)


def test_any_current_gives_the_same_spikes(rng):
    current = rng.uniform(-2, 8, size=3000)
    cell = {"tau": 7.0, "threshold": -52.0, "refractory": 3.3}
    voltage, spike_times = neuron.integrate_and_fire(current, **cell)
    found = evaluate(ARITHMETIC, "integrateAndFire", current, cell)
    assert len(found["spikes"]) > 20
    np.testing.assert_allclose(found["voltage"], voltage, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found["spikes"], spike_times[~np.isnan(spike_times)], rtol=0, atol=1e-10)


@pytest.mark.parametrize("draw", [0, 1, 9999])
def test_the_noise_is_the_same_draw(draw):
    for count in (1, 2, 7, 2500):
        found = evaluate(ARITHMETIC, "normalDraws", count, draw)
        np.testing.assert_allclose(found, normal_draws(count, draw), rtol=0, atol=1e-13)


@pytest.mark.parametrize("tau", [2.0, 10.0, 50.0])
def test_the_noise_is_as_strong(tau):
    assert evaluate(ARITHMETIC, "noiseSize", 4.0, tau) == pytest.approx(
        neuron.noise_size(4.0, 0.1, tau), rel=1e-12
    )


@cells
def test_the_f_i_curve_and_the_rate_on_it(cell):
    widget = SpikingNeuron(**cell)
    found = solved(widget)
    current, rate = widget.curve
    np.testing.assert_allclose(found["curve"]["current"], current, rtol=1e-15)
    np.testing.assert_allclose(found["curve"]["rate"], rate, rtol=1e-11, atol=1e-12)
    assert found["rate"] == pytest.approx(widget.rate, rel=1e-11, abs=1e-12)
    assert evaluate(ARITHMETIC, "rheobaseOf", state(widget)) == neuron.rheobase(threshold=widget.threshold)


@cells
def test_the_fits(cell):
    widget = SpikingNeuron(**cell)
    fits = solved(widget)["curve"]["fits"]
    current, _ = widget.curve
    for name, activation in ACTIVATIONS.items():
        ours, theirs = widget.fit(name), fits[name]
        assert theirs["off"] == pytest.approx(ours.off, rel=1e-6)
        fitted = ours.scale * activation((current - ours.middle) / ours.width)
        calls = [("fittedRate", i, name, theirs) for i in current]
        np.testing.assert_allclose(evaluate_all(ARITHMETIC, calls), fitted, rtol=0, atol=1e-4)


def test_activations():
    x = np.array([-800.0, -3.0, -0.5, 0.0, 0.5, 3.0, 800.0])
    one = {"scale": 1, "middle": 0, "width": 1}
    for name, activation in ACTIVATIONS.items():
        found = evaluate_all(ARITHMETIC, [("fittedRate", value, name, one) for value in x])
        np.testing.assert_allclose(found, activation(x), rtol=1e-14, atol=1e-16)


def test_what_is_remembered_of_one_neuron_is_not_used_for_another():
    changes = [{}, {"tau": 20.0}, {"threshold": -45.0}, {"refractory": 5.0}, {"noise": 4.0}, {}]
    curves = evaluate_all(ARITHMETIC, [("curveOf", state(SpikingNeuron(**change))) for change in changes])
    for change, curve in zip(changes, curves, strict=True):
        np.testing.assert_allclose(curve["rate"], SpikingNeuron(**change).curve[1], rtol=1e-11, atol=1e-12)


def test_both_languages_agree_on_limits_and_constants():
    source = str(SpikingNeuron._esm)
    for name in ("STEP", "STEPS", "RESISTANCE", "REST", "LAST_DRAW"):
        found = re.search(rf"^const {name} = (-?[\d.]+);", source, re.MULTILINE)
        assert float(found.group(1)) == getattr(spiking_neuron, name), name
    for name, (low, high) in RANGES.items():
        found = re.search(
            rf"^  {name}: {{ label: \"[^\"]+\", min: (-?[\d.]+), max: (-?[\d.]+),", source, re.M
        )
        assert (float(found.group(1)), float(found.group(2))) == (low, high), name


# ---------------------------------------------------------------- words and tables


def last_number(text):
    return float(re.findall(r"−?\d+(?:\.\d+)?", text)[-1].replace("−", "-"))


@cells
def test_the_formula_ends_in_python_s_rate(cell):
    widget = SpikingNeuron(**cell)
    formula = evaluate(WORDS, "rateFormula", state(widget), widget.rate)
    assert last_number(formula) == pytest.approx(widget.rate, abs=5.1e-3)


def test_the_formula_has_its_numbers_put_in():
    cases = [
        ({}, "f = 1000 ÷ (2 + 10 × ln(20 ÷ 5)) = 63.04 Hz"),
        ({"current": 1.0}, "10 MΩ × 1 nA = 10 mV, and the threshold stands 15 mV above rest: 0 Hz"),
        ({"current": 1.5}, "10 MΩ × 1.5 nA = 15 mV, and the threshold stands 15 mV above rest: 0 Hz"),
        ({"noise": 2.0, "current": 1.4}, "mean rate under noise, by Siegert's formula: 27.97 Hz"),
    ]
    for cell, text in cases:
        widget = SpikingNeuron(**cell)
        assert evaluate(WORDS, "rateFormula", state(widget), widget.rate) == text


@pytest.mark.parametrize(
    ("name", "fit", "text"),
    [
        ("relu", (47.234, 0.84984, 1), "47.2 × max(0, I − 0.85)"),
        ("relu", (40, -0.5, 1), "40 × max(0, I + 0.5)"),
        ("softplus", (20.61, 0.667, 0.3123), "20.6 × ln(1 + exp((I − 0.667) ÷ 0.312))"),
        ("sigmoid", (167.47, 2.5145, 0.59725), "167 ÷ (1 + exp(−(I − 2.51) ÷ 0.597))"),
    ],
)
def test_a_fit_is_spelled_out(name, fit, text):
    assert (
        evaluate(WORDS, "fitFormula", name, dict(zip(("scale", "middle", "width"), fit, strict=True))) == text
    )


def test_the_readout_counts_the_spikes_and_names_the_closest_function():
    widget = SpikingNeuron()
    words = evaluate(WORDS, "neuronReadout", state(widget), solved(widget))
    assert words["title"] == "At 2 nA the neuron fires at 63.04 Hz"
    assert words["facts"] == [
        "15 spikes in 250 ms, or 60 a second", "mean interval 15.86 ms, or 63.04 Hz", "rheobase 1.5 nA",
        "ceiling 1000 ÷ 2 = 500 Hz",
    ]  # fmt: skip
    offs = ", ".join(f"{spiking_neuron.NAMES[name]} {widget.fit(name).off:.1f} Hz" for name in ACTIVATIONS)
    assert words["verdict"].endswith(f"(root mean square): {offs}.")
    spoken = evaluate(WORDS, "neuronSpoken", words)
    assert spoken.startswith("At 2 nA the neuron fires at 63.04 Hz; f = 1000")


def test_a_silent_neuron_has_no_interval():
    widget = SpikingNeuron(current=1.0)
    words = evaluate(WORDS, "neuronReadout", state(widget), solved(widget))
    assert words["title"] == "At 1 nA the neuron stays silent"
    assert words["facts"][0] == "0 spikes in 250 ms, or 0 a second"
    assert not any("interval" in fact for fact in words["facts"])
    assert evaluate(TABLE, "spikeTable", {"spikes": []})["rows"] == [["none", "", ""]]


@cells
def test_the_tables_hold_what_python_has(cell):
    widget = SpikingNeuron(**cell)
    found = solved(widget)
    spikes, curve = evaluate_all(TABLE, [("spikeTable", found["trace"]), ("curveTable", found["curve"])])
    times = widget.trace[1][~np.isnan(widget.trace[1])]
    if times.size:
        shown = [float(at) for _, at, _ in spikes["rows"]]
        np.testing.assert_allclose(shown, times[:100], atol=5.1e-3)
        gaps = [float(gap) for _, _, gap in spikes["rows"][1:]]
        np.testing.assert_allclose(gaps, np.diff(times[:100]), atol=5.1e-3)
    current, rate = widget.curve
    numbers = np.array([[float(entry.replace("−", "-")) for entry in row] for row in curve["rows"]])
    np.testing.assert_allclose(numbers[:, 0], current[::5], atol=5.1e-3)
    np.testing.assert_allclose(numbers[:, 1], rate[::5], atol=5.1e-3)
    assert curve["header"][2:] == ["ReLU", "softplus", "sigmoid"]
    for column, name in enumerate(ACTIVATIONS, start=2):
        fit = widget.fit(name)
        fitted = fit.scale * ACTIVATIONS[name]((current[::5] - fit.middle) / fit.width)
        np.testing.assert_allclose(numbers[:, column], fitted, atol=6e-3)


def test_a_long_list_of_spikes_is_cut_and_says_so():
    table = evaluate(TABLE, "spikeTable", {"spikes": list(range(150))})
    assert len(table["rows"]) == 100
    assert table["caption"] == "spikes in 250 ms: 150, the first 100 of them"
