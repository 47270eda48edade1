"""The widget's JavaScript says what `attend.brain.normalization` says, and its words hold at the edges."""

import numpy as np
import pytest
from javascript import evaluate, evaluate_all

from attend.brain import normalization
from attend.widgets.attention_field import END, PLACES, RANGES, AttentionField, _response_at

ARITHMETIC = "field_arithmetic"
RULES = "field_rules"
TABLE = "field_table"
WORDS = "field_words"
TRAITS = (*RANGES, *PLACES)

STATES = {
    "as it opens": {},
    "response gain": {
        "size_1": 25, "size_2": 25, "position_1": -50, "attention_position": -50, "attention_width": 3,
        "neuron": -50,
    },
    "attention on the rival": {
        "position_1": -12, "position_2": 12, "attention_position": 12, "attention_width": 6,
        "attention_gain": 4, "neuron": -12,
    },
    "at the ends": {"position_1": -100, "position_2": 100, "attention_position": 100, "neuron": 100},
    "out of reach": {"position_1": -100, "neuron": 100, "pool_width": 5, "receptive_width": 1, "size_1": 1},
    "nothing to see": {"contrast_1": 0, "contrast_2": 0},
    "without sigma": {"sigma": 0},
    "without sigma and rival": {"sigma": 0, "contrast_2": 0},
    "attention shuts out": {"attention_gain": 0, "attention_width": 1, "pool_width": 200},
}  # fmt: skip
each_state = pytest.mark.parametrize("traits", STATES.values(), ids=STATES.keys())


def state(**traits):
    widget = AttentionField(**traits)
    return {name: getattr(widget, name) for name in TRAITS}


# ---------------------------------------------------------------- agreement with Python


@pytest.mark.parametrize(("centre", "width"), [(0, 20), (-100, 3.5), (77, 200), (12, 1)])
def test_bumps_and_pools(centre, width):
    x = np.arange(-END, END + 1.0)
    bump = normalization.gaussian(x, centre, width)
    np.testing.assert_allclose(evaluate(ARITHMETIC, "bump", centre, width), bump, rtol=1e-13)
    for pool in (1, 5, 20, 200):
        np.testing.assert_allclose(
            evaluate(ARITHMETIC, "spreadOver", bump, pool),
            normalization.spread(bump, normalization.gaussian_pool(x, pool)),
            rtol=1e-12, atol=1e-300,
        )  # fmt: skip


@each_state
def test_everything_that_is_drawn(traits):
    widget, solved = AttentionField(**traits), evaluate(ARITHMETIC, "solve", state(**traits))
    np.testing.assert_allclose(solved["field"], widget.field, rtol=1e-13)
    np.testing.assert_allclose(solved["drive"], sum(widget.drives), rtol=1e-12, atol=1e-300)
    for name, attended in (("attended", True), ("plain", False)):
        response, suppression = widget.responses(attended)
        np.testing.assert_allclose(solved[name]["response"], response, rtol=1e-11, atol=1e-290)
        np.testing.assert_allclose(solved[name]["suppression"], suppression, rtol=1e-11, atol=1e-290)
        curve = solved[name]["curve"]
        np.testing.assert_allclose(
            [curve["floor"], curve["maximum"], curve["half"]], widget.curve(attended), rtol=1e-11, atol=1e-290
        )
        contrasts = np.array([0.1, 1.0, 30.0, 100.0])
        shown = evaluate_all(ARITHMETIC, [("responseAt", c, curve) for c in contrasts])
        np.testing.assert_allclose(shown, _response_at(contrasts, widget.curve(attended)), rtol=1e-11)


@each_state
def test_the_point_on_the_curve_is_the_neuron_s_response(traits):
    solved = evaluate(ARITHMETIC, "solve", state(**traits))
    chosen = state(**traits)
    for name in ("attended", "plain"):
        on_curve = evaluate(ARITHMETIC, "responseAt", chosen["contrast_1"], solved[name]["curve"])
        assert on_curve == pytest.approx(solved[name]["response"][chosen["neuron"] + END], rel=1e-11)


def test_shift_times_height_is_the_gain_where_nothing_else_is_in_the_pool():
    solved = evaluate(ARITHMETIC, "solve", state(contrast_2=0, attention_width=7, attention_gain=3))
    change = evaluate(ARITHMETIC, "change", solved)
    assert change["shift"] * change["height"] == pytest.approx(3, rel=1e-12)
    assert change["shift"] > 1
    assert change["height"] > 1


# ---------------------------------------------------------------- words


def verdict(**traits):
    return evaluate(WORDS, "verdict", state(**traits), evaluate(ARITHMETIC, "solve", state(**traits)))


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({}, "Contrast gain: attention moves the curve to the left"),
        ({"attention_gain": 1}, "No attention"),
        (STATES["response gain"], "Response gain: attention scales the curve up"),
        (
            STATES["response gain"] | {"attention_gain": 0.5},
            "Response gain, the other way: the curve is scaled down",
        ),
        (STATES["attention on the rival"], "Contrast gain, the other way: the curve moves to the right"),
        (STATES["out of reach"], "Stimulus 1 does not reach this neuron."),
        ({"neuron": 100}, "Stimulus 1 does not reach this neuron."),
        (STATES["without sigma and rival"], "the response no longer depends on contrast"),
        ({"attention_position": 40, "attention_width": 5}, "Attention hardly changes"),
        ({"size_1": 5, "attention_width": 3}, "A mixture: the curve moves and gets higher."),
        (
            {"size_1": 3, "attention_width": 3, "attention_gain": 0.5},
            "A mixture: the curve moves and gets lower.",
        ),
    ],
)
def test_the_verdict_names_what_attention_does(traits, words):
    assert words in verdict(**traits)


@each_state
def test_every_state_has_words_that_can_be_read(traits):
    chosen = state(**traits)
    solved = evaluate(ARITHMETIC, "solve", chosen)
    readout = evaluate(WORDS, "fieldReadout", chosen, solved)
    spoken = evaluate(WORDS, "fieldSpoken", readout)
    for wrong in ("NaN", "Infinity", "undefined", "not a number", "∞", "{"):
        assert wrong not in spoken
    response = AttentionField(**traits).responses()[0][chosen["neuron"] + END]
    assert float(readout["formula"].split("= ")[-1]) == pytest.approx(response, abs=5.1e-3)


def test_the_readout_as_it_opens():
    readout = evaluate(WORDS, "fieldReadout", state(), evaluate(ARITHMETIC, "solve", state()))
    assert readout["title"] == "Neuron at −40"
    assert readout["formula"] == "R = A × E ÷ (S + σ) = 2.00 × 25.72 ÷ (14.28 + 2) = 3.16"
    assert readout["facts"] == [
        "without attention: 2.79",
        "halfway at a contrast of 7.02 %, without attention 13.9 % (÷ 1.98)",
        "maximum 3.60, without attention 3.57 (× 1.01)",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(7.016, "7.02 %"), (0, "0 %"), (1e-9, "below 0.001 %"), (2e5, "above 1000 %")]
)
def test_contrasts_as_people_write_them(value, text):
    assert evaluate(WORDS, "percent", value) == text


@pytest.mark.parametrize(("value", "text"), [(2, "× 2.00"), (0.5, "÷ 2.00"), (1, "× 1.00"), (0, "× 0.00")])
def test_factors_as_people_write_them(value, text):
    assert evaluate(WORDS, "factor", value) == text


# ---------------------------------------------------------------- rules and tables


def test_python_and_the_page_know_the_same_limits():
    for name in TRAITS:
        low, high = RANGES.get(name, (-END, END))
        rule = evaluate(RULES, "fieldRule", name)
        assert (rule["min"], rule["max"]) == (low, high)
        assert (rule["step"] == 1) == (name in PLACES)


def test_starting_points_are_accepted_by_python_and_do_what_they_say():
    said = {}
    for name, changes in evaluate(RULES, "startingPoints"):
        AttentionField(**changes)
        said[name] = verdict(**changes)
    assert said["Wide field, small stimulus"].startswith("Contrast gain")
    assert said["Narrow field, large stimulus"].startswith("Response gain")
    assert said["Attention on the rival"].startswith(
        "Contrast gain, the other way: the curve moves to the right"
    )
    assert said["No attention"].startswith("No attention")


@pytest.mark.parametrize(
    ("row", "place", "trait"),
    [
        ("attention", 5, "attention_position"), ("response", 5, "neuron"),
        ("drive", -30, "position_1"), ("drive", 30, "position_2"), ("drive", 0, "position_1"),
    ],
)  # fmt: skip
def test_a_pointer_moves_what_its_row_shows(row, place, trait):
    assert evaluate(RULES, "pickedTrait", row, place, state()) == trait


def numbers(cells):
    return [float(cell.replace("−", "-").split(" ")[0]) for cell in cells]


def test_the_neuron_s_table_holds_python_s_numbers():
    chosen = state(neuron=-35)
    rows = evaluate(TABLE, "neuronTable", chosen, evaluate(ARITHMETIC, "solve", chosen))["rows"]
    widget = AttentionField(neuron=-35)
    at = -35 + END
    (response, suppression), (plain, plain_suppression) = widget.responses(), widget.responses(attended=False)
    expected = [
        (widget.field[at], 1.0), (sum(widget.drives)[at],) * 2, (suppression[at], plain_suppression[at]),
        (response[at], plain[at]), (widget.curve().half, widget.curve(False).half),
        (widget.curve().maximum, widget.curve(False).maximum),
    ]  # fmt: skip
    np.testing.assert_allclose([numbers(row[1:]) for row in rows], expected, atol=0.051)
    np.testing.assert_allclose(numbers(rows[3][1:]), expected[3], atol=5.1e-3)


def test_the_line_s_table_holds_every_tenth_neuron():
    rows = evaluate(TABLE, "lineTable", evaluate(ARITHMETIC, "solve", state()))["rows"]
    table = np.array([numbers(row) for row in rows])
    widget = AttentionField()
    np.testing.assert_array_equal(table[:, 0], np.arange(-END, END + 1, 10))
    np.testing.assert_allclose(table[:, 1], widget.field[::10], atol=5.1e-3)
    np.testing.assert_allclose(table[:, 2], sum(widget.drives)[::10], atol=5.1e-3)
    np.testing.assert_allclose(table[:, 3], widget.responses()[1][::10], atol=5.1e-3)
    np.testing.assert_allclose(table[:, 4], widget.responses()[0][::10], atol=5.1e-3)
    np.testing.assert_allclose(table[:, 5], widget.responses(attended=False)[0][::10], atol=5.1e-3)
