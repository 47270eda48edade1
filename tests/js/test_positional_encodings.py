"""The widget's JavaScript says what `attend.position` says, and its words and rules hold at the edges."""

import re

import numpy as np
import pytest
from javascript import evaluate, evaluate_all

from attend import position
from attend.widgets.positional_encodings import SCHEMES, VIEWS, PositionalEncodings

ARITHMETIC = "position_arithmetic"
FIELD = "number_field"
NUMBERS = "numbers"
RULES = "position_rules"
WORDS = "position_words"
TABLE = "position_table"
HEATMAP = "position_heatmap"
TRAITS = (
    "scheme", "view", "d_model", "base", "length", "position", "offset", "dimension", "dimensions",
    "num_heads", "head",
)  # fmt: skip
SIZES = [
    {"d_model": 2, "length": 1, "offset": 0, "base": 1.5},
    {"d_model": 32, "length": 64, "position": 10, "offset": 5},
    {"d_model": 6, "length": 7, "position": 6, "offset": -3, "num_heads": 6, "head": 5},
    {"d_model": 512, "length": 40, "position": 3, "offset": 12, "base": 500000.0, "num_heads": 12, "head": 9},
    {"d_model": 64, "length": 512, "position": 511, "offset": -511, "base": 10.0, "num_heads": 1},
]


def state(**traits):
    widget = PositionalEncodings(**traits)
    return {name: getattr(widget, name) for name in TRAITS}


# ---------------------------------------------------------------- agreement with Python


@pytest.mark.parametrize("d_model", [2, 6, 32, 512])
@pytest.mark.parametrize("base", [1.5, 100.0, 10000.0, 1e9])
def test_frequencies(d_model, base):
    np.testing.assert_allclose(
        evaluate(ARITHMETIC, "pairFrequencies", d_model, base),
        position.frequencies(d_model, base),
        rtol=1e-14,
    )


@pytest.mark.parametrize("num_heads", [1, 2, 3, 4, 6, 8, 12, 16, 20, 64])
def test_slopes(num_heads):
    np.testing.assert_allclose(
        evaluate(ARITHMETIC, "headSlopes", num_heads), position.alibi_slopes(num_heads), rtol=1e-14
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"d{size['d_model']}-n{size['length']}")
def test_matrix_and_similarity(scheme, size):
    widget = PositionalEncodings(scheme=scheme, **size)
    given_state = state(scheme=scheme, **size)
    matrix, similarity = evaluate_all(
        ARITHMETIC, [("encodingMatrix", given_state), ("similarityRow", given_state)]
    )
    np.testing.assert_allclose(matrix, widget.encoding, atol=1e-12)
    np.testing.assert_allclose(similarity, widget.similarity, atol=1e-12)


def test_rotary_of_any_vector(rng):
    x = rng.normal(size=(4, 8))
    places = np.array([0, 3, 17, 200])
    speeds = position.frequencies(8, 100.0)
    turned = evaluate_all(
        ARITHMETIC, [("rotaryRow", row, place, speeds) for row, place in zip(x, places, strict=True)]
    )
    np.testing.assert_allclose(turned, position.rotary(x, places, 100.0), atol=1e-12)


def test_the_cosine_is_the_dot_product_over_its_largest_value():
    chosen = state(d_model=16)
    encoding = position.sinusoidal(64, 16)
    p, k = encoding[10], encoding[15]
    shown = evaluate(ARITHMETIC, "cosineOf", chosen, float(p @ k))
    assert shown == pytest.approx(p @ k / (np.linalg.norm(p) * np.linalg.norm(k)), abs=1e-12)


@pytest.mark.parametrize("scheme", ["sinusoidal", "rope", "alibi"])
def test_only_the_offset_enters_the_similarity(scheme):
    """The curve over all offsets, measured elsewhere in the sequence, passes through every position's own."""
    calls = [("similarityByOffset", state(scheme=scheme))]
    calls += [("similarityRow", state(scheme=scheme, position=p)) for p in (0, 10, 63)]
    everywhere, *rows = evaluate_all(ARITHMETIC, calls)
    for p, row in zip((0, 10, 63), rows, strict=True):
        np.testing.assert_allclose(row, everywhere[63 - p : 127 - p], atol=1e-12)


def test_what_is_remembered_of_one_setting_is_not_used_for_another():
    settings = [{"base": 100.0}, {"base": 10000.0}, {"d_model": 16}, {"d_model": 16, "scheme": "rope"}]
    rows = evaluate_all(ARITHMETIC, [("similarityRow", state(**traits)) for traits in settings])
    for traits, row in zip(settings, rows, strict=True):
        np.testing.assert_allclose(row, PositionalEncodings(**traits).similarity, atol=1e-12)


@pytest.mark.parametrize("offset", [-7, 0, 1, 63])
def test_a_dial_s_turn_is_the_shift_matrix_s_angle(offset):
    shift = position.shift_matrix(offset, 32)
    calls = [("dialAngles", state(position=p, offset=offset), pair) for p in (0, 30) for pair in (0, 5, 15)]
    for (_, chosen, pair), dial in zip(calls, evaluate_all(ARITHMETIC, calls), strict=True):
        assert np.cos(dial["turn"]) == pytest.approx(shift[2 * pair, 2 * pair], abs=1e-12)
        assert np.sin(dial["turn"]) == pytest.approx(shift[2 * pair, 2 * pair + 1], abs=1e-12)
        assert dial["shifted"] - dial["at"] == pytest.approx(dial["turn"], abs=1e-12)
        encoding = position.sinusoidal(64, 32)[chosen["position"]]
        assert np.sin(dial["at"]) == pytest.approx(encoding[2 * pair], abs=1e-12)
        assert dial["wavelength"] == pytest.approx(2 * np.pi / position.frequencies(32)[pair], rel=1e-12)


# ---------------------------------------------------------------- what is chosen and shown


def test_up_to_eight_different_dials_always_with_the_chosen_pair():
    cases = [(pairs, chosen) for pairs in (1, 2, 7, 8, 9, 10, 33, 256) for chosen in range(pairs)]
    calls = [("dialPairs", {"d_model": 2 * pairs, "dimension": 2 * chosen + 1}) for pairs, chosen in cases]
    for (pairs, chosen), shown in zip(cases, evaluate_all(ARITHMETIC, calls), strict=True):
        assert len(shown) == min(8, pairs) == len(set(shown))
        assert chosen in shown
        assert shown == sorted(shown)
        assert 0 <= shown[0] <= shown[-1] < pairs


@pytest.mark.parametrize(("num_heads", "head"), [(1, 0), (4, 2), (5, 4), (12, 7), (64, 63), (64, 30)])
def test_up_to_five_different_heads_always_with_the_chosen_one(num_heads, head):
    shown = evaluate(ARITHMETIC, "waveHeads", {"num_heads": num_heads, "head": head})
    assert len(set(shown)) == len(shown) == min(5, num_heads)
    assert head in shown


def test_settle_brings_back_what_no_longer_fits_and_python_accepts_it():
    wide = state(position=60, offset=-50, dimension=31, dimensions=[0, 30], num_heads=8, head=7)
    settled = evaluate(RULES, "settle", {**wide, "length": 8, "d_model": 6, "num_heads": 2})
    assert (settled["position"], settled["offset"], settled["dimension"]) == (7, -7, 5)
    assert (settled["dimensions"], settled["head"]) == ([0], 1)
    PositionalEncodings(**settled)
    assert evaluate(RULES, "settle", wide) == wide
    none_left = evaluate(RULES, "settle", {**wide, "dimensions": [30], "d_model": 6})
    assert none_left["dimensions"] == [0]


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("length", "12", 12),
        ("length", " 12 ", 12),
        ("length", "0", "Length: expected a whole number from 1 to 512, got 0."),
        ("length", "513", "Length: expected a whole number from 1 to 512, got 513."),
        ("length", "2.5", "Length: expected a whole number from 1 to 512, got 2.5."),
        ("length", "", "Length: expected a whole number from 1 to 512, got nothing that reads as a number."),
        ("length", "long", "Length: expected a whole number from 1 to 512, got “long”."),
        ("d_model", "512", 512),
        ("d_model", "7", "d_model: expected an even number from 2 to 512, got 7."),
        ("base", "1.5", 1.5),
        ("base", "1", "Base: expected a number above 1, at most 1000000000, got 1."),
        ("base", "2e9", "Base: expected a number above 1, at most 1000000000, got 2e9."),
        ("offset", "-63", -63),
        ("offset", "-64", "Offset: expected a whole number from −63 to 63, got −64."),
        ("position", "63", 63),
        ("position", "64", "Position: expected a whole number from 0 to 63, got 64."),
        ("head", "4", "Head: expected a whole number from 0 to 3, got 4."),
    ],
)
def test_numbers_are_taken_or_explained(name, written, expected):
    rule = evaluate(RULES, "numberRules", state())[name]
    answer = evaluate(FIELD, "checkNumber", written, rule)
    assert answer == ({"problem": expected} if isinstance(expected, str) else {"value": expected})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0, 4 8;2", [0, 4, 8, 2]),
        ("", "got 0 of them"),
        ("0 1 2 3 4 5", "got 6 of them"),
        ("0, 32", "from 0 to 31, got “32”"),
        ("0, -1", "got “-1”"),
        ("1, 01", "got 1 twice"),
    ],
)
def test_dimensions_are_taken_or_explained(written, expected):
    answer = evaluate(RULES, "checkDimensions", written, 32)
    if isinstance(expected, list):
        assert answer == {"value": expected}
    else:
        assert expected in answer["problem"]


# ---------------------------------------------------------------- words


def last_number(text):
    return float(re.findall(r"−?\d+(?:\.\d+)?", text)[-1].replace("−", "-"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("row", "column"), [(0, 0), (10, 7), (63, 30)])
def test_a_cell_s_formula_ends_in_the_number_that_python_has(scheme, row, column):
    widget = PositionalEncodings(scheme=scheme)
    facts = evaluate(WORDS, "cellFacts", state(scheme=scheme), row, column)
    assert facts["value"] == pytest.approx(widget.encoding[row, column], abs=1e-12)
    if scheme != "none":
        assert last_number(facts["formula"]) == pytest.approx(widget.encoding[row, column], abs=5.1e-5)


def test_a_cell_in_words():
    facts = evaluate(WORDS, "cellFacts", state(), 10, 5)
    assert facts["title"] == "Position 10, dimension 5 (pair 2, cosine)"
    assert facts["formula"] == "PE(10, 5) = cos(10 ÷ 10000^{4/32}) = cos(3.162) = −0.9998"
    assert facts["facts"] == ["wavelength 2π × 10000^{4/32} = 19.87 positions"]


def test_alibi_says_how_its_slope_comes_about_only_where_the_rule_holds():
    power, other = evaluate_all(
        WORDS,
        [("cellFacts", state(scheme="alibi", num_heads=heads), 3, 7) for heads in (4, 6)],
    )
    assert power["facts"][0] == "slope m = 2^{−8 × 1/4} = 0.25"
    assert other["facts"][0] == "slope m = 0.25"
    assert power["formula"] == "bias = −m × distance = −0.25 × 4 = −1.0000"


def test_a_position_outside_the_sequence_is_said_to_be():
    words = evaluate(WORDS, "readout", state(view="similarity", position=62, offset=5))
    assert words["title"] == "Position 62 and position 67 (outside the sequence), offset 5"
    words = evaluate(WORDS, "readout", state(view="dials", position=2, offset=-5))
    assert words["title"] == "Pair 2: from position 2 to position −3 (outside the sequence)"


def test_spoken_words_hold_no_markup():
    sentence = evaluate(WORDS, "spoken", evaluate(WORDS, "readout", state()))
    assert sentence == (
        "Position 10, dimension 4 (pair 2, sine); wavelength 2π × 10000 to the power 4/32 = 19.87 positions; "
        "PE(10, 4) = sin(10 ÷ 10000 to the power 4/32) = sin(3.162) = −0.0207."
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("view", VIEWS)
def test_every_scheme_and_view_has_words_a_table_and_controls(scheme, view):
    chosen = state(scheme=scheme, view=view)
    words, note, nothing = evaluate_all(WORDS, [(name, chosen) for name in ("readout", "note", "statement")])
    table = evaluate(TABLE, "tableOf", chosen)
    controls = evaluate(RULES, "controlsFor", chosen)
    assert words["title"]
    assert note
    assert all(len(row) == len(table["header"]) for row in table["rows"])
    assert table["rows"]
    assert (
        nothing == re.sub("</?p>", "", PositionalEncodings(**chosen).fallback_html() or "") or nothing is None
    )
    assert (nothing is None) == (PositionalEncodings(**chosen).fallback_html() is None)
    assert set(controls) <= set(TRAITS)


@pytest.mark.parametrize("scheme", ["sinusoidal", "rope", "alibi"])
def test_the_similarity_table_holds_every_position(scheme):
    widget = PositionalEncodings(scheme=scheme, view="similarity")
    rows = evaluate(TABLE, "tableOf", state(scheme=scheme, view="similarity"))["rows"]
    numbers = np.array([[float(cell.replace("−", "-")) for cell in row] for row in rows])
    np.testing.assert_array_equal(numbers[:, 1], np.arange(64))
    np.testing.assert_array_equal(numbers[:, 0], np.arange(64) - 10)
    np.testing.assert_allclose(numbers[:, 2], widget.similarity, atol=5.1e-5)


@pytest.mark.parametrize(("scheme", "column"), [("sinusoidal", 4), ("rope", 31), ("alibi", 15)])
def test_the_heat_map_s_table_is_a_window_around_the_chosen_cell(scheme, column):
    traits = {"scheme": scheme, "dimension": min(column, 31)}
    table = evaluate(TABLE, "tableOf", state(**traits))
    columns = [int(name.split()[1]) for name in table["header"][1:]]
    assert column in columns
    encoding = PositionalEncodings(**traits).encoding
    for first, *cells in table["rows"]:
        numbers = [float(cell.replace("−", "-")) for cell in cells]
        np.testing.assert_allclose(numbers, encoding[int(first), columns], atol=5.1e-5)
    assert "10" in [row[0] for row in table["rows"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (10000, "10000"),
        (3.16227766, "3.162"),
        (-0.5, "−0.5"),
        (0.0001778279, "0.0001778"),
        (1e-9, "1 × 10^{−9}"),
    ],
)
def test_four_digits_that_count(value, text):
    assert evaluate(NUMBERS, "significant", value) == text


def test_the_table_s_window_stays_inside():
    assert evaluate(TABLE, "windowAround", 0, 12, 64) == [0, 11]
    assert evaluate(TABLE, "windowAround", 63, 12, 64) == [52, 63]
    assert evaluate(TABLE, "windowAround", 30, 12, 64) == [24, 35]
    assert evaluate(TABLE, "windowAround", 3, 12, 5) == [0, 4]


def test_ticks_are_round_and_inside():
    assert evaluate(NUMBERS, "axisTicks", -1, 1, 5) == [-1, -0.5, 0, 0.5, 1]
    assert evaluate(NUMBERS, "axisTicks", 0, 63, 6) == [0, 20, 40, 60]


def test_colours_run_from_end_to_end_through_the_middle():
    ends = ([200, 0, 0], [240, 240, 240], [0, 0, 100])
    calls = [("divergingColour", value, *ends) for value in (-1, -0.5, 0, 1, 3)]
    assert evaluate_all(HEATMAP, calls) == [
        [200, 0, 0], [220, 120, 120], [240, 240, 240], [0, 0, 100], [0, 0, 100],
    ]  # fmt: skip
