"""The widget's JavaScript recalls what `attend.brain.memory` does; its words and rules hold at the edges."""

import re

import numpy as np
import pytest
from javascript import evaluate, evaluate_all

from attend.brain import memory
from attend.widgets.picture_recall import BETAS, CELLS, HALVES, MOST_STEPS, NAMES, PictureRecall, noisy_cells

ARITHMETIC = "recall_arithmetic"
WORDS = "recall_words"
RULES = "recall_rules"
TRAITS = ("stored", "letter", "noise", "draw", "hidden", "flipped", "memory", "beta", "steps")
STATES = [
    {},
    {"steps": 0},
    {"letter": "F", "noise": 0.3, "draw": 7, "steps": 5, "beta": 0.02},
    {"stored": 10, "letter": "E", "noise": 0.0, "hidden": "bottom half", "beta": 0.3, "steps": 4},
    {"stored": 10, "letter": "X", "noise": 0.45, "draw": 9999, "hidden": "left half", "steps": 30},
    {"stored": 1, "letter": "J", "noise": 0.5, "hidden": "top half", "flipped": [0, 99, 50, 7], "steps": 2},
    {"stored": 8, "letter": "A", "hidden": "right half", "flipped": [9, 10], "beta": 10.0, "steps": 1},
    {"stored": 10, "beta": 0.001, "steps": 3, "flipped": list(range(0, 100, 7))},
]


def state(**traits):
    widget = PictureRecall(**traits)
    return {name: getattr(widget, name) for name in (*TRAITS, "_names", "_pictures")}


# ---------------------------------------------------------------- agreement with Python


@pytest.mark.parametrize("kind", ["modern", "classical"])
@pytest.mark.parametrize("traits", STATES)
def test_cue_picture_weights_and_energies(kind, traits):
    widget = PictureRecall(memory=kind, **traits)
    found = evaluate(ARITHMETIC, "recall", state(memory=kind, **traits))
    np.testing.assert_array_equal(found["cue"], widget.cue)
    np.testing.assert_array_equal(found["target"], widget.target)
    np.testing.assert_allclose(found["picture"], widget.recalled, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["overlaps"], widget.overlaps, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["energies"], widget.energies, rtol=1e-12, atol=1e-12)
    assert f", {found['right']} of 100 cells" in widget.describe()
    if kind == "modern":
        np.testing.assert_allclose(found["weights"], widget.weights, rtol=0, atol=1e-12)
        asked = widget.states[max(widget.steps - 1, 0)]
        np.testing.assert_allclose(found["products"], widget.patterns @ asked, rtol=0, atol=1e-11)
    else:
        np.testing.assert_array_equal(found["picture"], widget.recalled)
        np.testing.assert_array_equal(found["energies"], widget.energies)


@pytest.mark.parametrize("draw", [0, 1, 2, 77, 9999])
def test_the_noise_takes_the_same_cells(draw):
    assert evaluate(ARITHMETIC, "noisyCells", draw) == noisy_cells(draw).tolist()


@pytest.mark.parametrize("noise", [0.0, 0.005, 0.015, 0.285, 0.5])
def test_the_same_number_of_cells_also_halfway_between_two(noise):
    found = evaluate(ARITHMETIC, "cueOf", state(noise=noise))
    np.testing.assert_array_equal(found, PictureRecall(noise=noise).cue)


def test_hebb_s_weights_and_a_single_sweep(rng):
    patterns = rng.choice([-1.0, 1.0], size=(4, 20))
    weights = memory.hopfield_weights(patterns)
    start = rng.choice([-1.0, 0.0, 1.0], size=20)
    found, swept = evaluate_all(
        ARITHMETIC, [("hebbianWeights", patterns), ("classicalSweep", start, weights)]
    )
    np.testing.assert_array_equal(found, weights)
    np.testing.assert_array_equal(swept["picture"], memory.hopfield_sweep(start, weights))
    steps = [memory.hopfield_energy(start, weights), *swept["energies"]]
    assert (np.diff(steps) <= 0).all()
    assert steps[-1] == memory.hopfield_energy(memory.hopfield_sweep(start, weights), weights)


@pytest.mark.parametrize("beta", [1e-3, 0.5, 100.0])
def test_a_modern_update_of_any_patterns(beta, rng):
    patterns, start = 3 * rng.normal(size=(5, 7)), 3 * rng.normal(size=7)
    new, weights = memory.modern_update(start, patterns, beta)
    found, energy = evaluate_all(
        ARITHMETIC, [("modernUpdate", start, patterns, beta), ("modernEnergy", start, patterns, beta)]
    )
    np.testing.assert_allclose(found["picture"], new, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["weights"], weights, rtol=0, atol=1e-12)
    assert energy == pytest.approx(memory.modern_energy(start, patterns, beta), rel=1e-12)


@pytest.mark.parametrize("kind", ["modern", "classical"])
@pytest.mark.parametrize("traits", STATES)
def test_run_goes_on_until_a_step_changes_nothing(kind, traits):
    chosen = {**traits, "memory": kind}
    steps = evaluate(ARITHMETIC, "stepsToSettle", state(**chosen))
    states = PictureRecall(**{**chosen, "steps": MOST_STEPS}).states
    moved = np.abs(np.diff(states, axis=0)).max(axis=1)
    assert steps == next((t for t in range(MOST_STEPS) if moved[t] <= 1e-6), MOST_STEPS)
    settled = evaluate(ARITHMETIC, "recall", state(**{**chosen, "steps": steps}))["settled"]
    assert settled or steps == MOST_STEPS


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("stored", "10", 10),
        ("stored", "0", "Stored letters: expected a whole number from 1 to 10, got 0."),
        ("stored", "11", "Stored letters: expected a whole number from 1 to 10, got 11."),
        ("noise", "50", 50),
        ("noise", "51", "Noise, % of cells: expected a whole number from 0 to 50, got 51."),
        ("noise", "-1", "Noise, % of cells: expected a whole number from 0 to 50, got −1."),
        ("beta", "0.001", 0.001),
        ("beta", "0", "β: expected a number from 0.001 to 10, got 0."),
        ("beta", "11", "β: expected a number from 0.001 to 10, got 11."),
        ("beta", "hot", "β: expected a number from 0.001 to 10, got “hot”."),
    ],
)
def test_numbers_are_taken_or_explained(name, written, expected):
    rule = evaluate(RULES, "recallRules", state())[name]
    answer = evaluate("number_field", "checkNumber", written, rule)
    assert answer == ({"problem": expected} if isinstance(expected, str) else {"value": expected})


def test_both_languages_agree_on_limits():
    rules = evaluate(RULES, "recallRules", state())
    assert (rules["beta"]["min"], rules["beta"]["max"]) == BETAS
    source = PictureRecall._esm
    assert int(re.search(r"const MOST_STEPS = (\d+);", str(source)).group(1)) == MOST_STEPS
    assert str(list(HALVES)).replace("'", '"') in str(source)


def test_a_letter_that_the_memory_no_longer_holds_gives_way_and_python_accepts_it():
    fitted = evaluate(RULES, "fitLetter", {**state(stored=10, letter="E"), "stored": 3})
    assert fitted["letter"] == "K"
    PictureRecall(**{name: fitted[name] for name in TRAITS})
    assert evaluate(RULES, "fitLetter", state(letter="F")) == state(letter="F")


def test_a_cell_flips_and_flips_back():
    assert evaluate(RULES, "withFlip", [3, 5], 7) == [3, 5, 7]
    assert evaluate(RULES, "withFlip", [3, 5, 7], 5) == [3, 7]


@pytest.mark.parametrize(
    ("cell", "key", "expected"),
    [
        (0, "ArrowRight", 1), (0, "ArrowLeft", 0), (0, "ArrowUp", 0), (0, "ArrowDown", 10),
        (99, "ArrowRight", 99), (99, "ArrowDown", 99), (45, "Home", 40), (45, "End", 49),
        (9, "ArrowRight", 9), (45, "a", None),
    ],
)  # fmt: skip
def test_arrow_keys_walk_the_board_and_stop_at_its_edge(cell, key, expected):
    assert evaluate("recall_grid", "nextCell", cell, key) == expected


# ---------------------------------------------------------------- words and pictures


def readout(**traits):
    chosen = state(**traits)
    return evaluate(WORDS, "recallReadout", chosen, evaluate(ARITHMETIC, "recall", chosen))


def test_the_modern_readout_spells_the_weight_out():
    words = readout()
    widget = PictureRecall()
    product = widget.patterns[0] @ widget.cue
    assert product == 60
    assert words["title"] == "After 1 step"
    assert words["formula"] == (
        f"β × (J · cue) = 0.1 × 60.00 = 6.00; softmax over 6 letters: weight {widget.weights[0]:.3f}"
    )
    assert words["facts"][0] == "This is nearly J (overlap 0.99)."
    assert words["facts"][1:] == [
        "100 of 100 cells have the sign that they have in J",
        f"energy {widget.energies[-1]:.2f}",
        "another step changes it",
    ]
    assert "J · picture before" in readout(steps=2)["formula"]
    assert readout(steps=0)["title"] == "The cue, before any step"


def test_the_classical_readout_counts_agreement():
    words = readout(memory="classical", steps=2)
    assert words["title"] == "After 2 sweeps"
    assert words["formula"] == "overlap with J = (J · picture) ÷ 100 = 100 ÷ 100 = 1.00"
    assert words["facts"][0] == "This is J."
    assert words["facts"][-1] == "another sweep changes nothing"


def test_the_verdict_names_what_was_found_and_not_what_was_asked():
    # The upper halves of F and E differ in the last cell of the fifth row alone.
    upper = {"stored": 10, "letter": "F", "noise": 0.0, "hidden": "bottom half", "beta": 10.0, "steps": 2}
    assert readout(**upper)["facts"][0] == "This is F."
    assert readout(**upper, flipped=[49])["facts"][0] == "This is E, not F."
    blend = readout(beta=0.001)
    assert re.match(r"This is no stored letter. It is most like \w \(overlap 0.\d\d\).", blend["facts"][0])


@pytest.mark.parametrize("kind", ["modern", "classical"])
@pytest.mark.parametrize("traits", STATES)
def test_the_table_holds_the_numbers_that_python_has(kind, traits):
    chosen = state(memory=kind, **traits)
    widget = PictureRecall(memory=kind, **traits)
    table = evaluate(WORDS, "recallTable", chosen, evaluate(ARITHMETIC, "recall", chosen))
    assert [row[0] for row in table["rows"]] == list(NAMES[: widget.stored])
    assert all(len(row) == len(table["header"]) for row in table["rows"])
    numbers = np.array([[float(cell.replace("−", "-")) for cell in row[1:]] for row in table["rows"]])
    if kind == "modern":
        assert table["header"][3:] == ["weight", "overlap"]
        np.testing.assert_allclose(numbers[:, 2], widget.weights, atol=5.1e-5)
        np.testing.assert_allclose(numbers[:, 3], widget.overlaps, atol=5.1e-4)
    else:
        np.testing.assert_allclose(numbers[:, 0], widget.overlaps, atol=5.1e-3)
        agree = (widget.patterns == widget.recalled).sum(axis=1)
        if (widget.recalled != 0).all():
            np.testing.assert_array_equal(numbers[:, 1], agree)


def test_a_cell_in_words():
    target = evaluate(ARITHMETIC, "targetOf", state())
    cue = [*target]
    cue[0], cue[11], cue[2] = 0, -cue[11], cue[2]
    said = evaluate_all(WORDS, [("cellWords", cue, target, cell, 10) for cell in (0, 11, 2)])
    assert said == ["row 1, column 1: hidden", "row 2, column 2: paper, flipped", "row 1, column 3: ink"]


def test_a_bar_starts_where_its_scale_has_zero():
    bars = [evaluate("recall_bars", "barOf", value, signed) for value, signed in
            ((0.25, False), (1, True), (-0.5, True), (0.5, True), (2, False))]  # fmt: skip
    assert [(bar["x"], bar["width"]) for bar in bars] == [(0, 25), (50, 50), (25, 25), (50, 25), (0, 100)]


def test_ink_runs_from_paper_to_ink_and_stops_there():
    values = [(-1, 0), (0, 0.5), (1, 1), (-3, 0), (1.5, 1)]
    assert [evaluate("recall_pictures", "inkOf", value) for value, _ in values] == [ink for _, ink in values]


def test_the_pictures_are_the_letters_of_the_package():
    chosen = state(stored=10)
    found = evaluate(ARITHMETIC, "patternsOf", chosen)
    np.testing.assert_array_equal(found, PictureRecall(stored=10).patterns)
    assert np.shape(found) == (10, CELLS)
