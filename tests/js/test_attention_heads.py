"""The heads widget's JavaScript reads Python's bytes and works out what NumPy does; its words hold."""

import numpy as np
import pytest
from javascript import evaluate, evaluate_all

from attend.attention import softmax
from attend.style import HEAD_COLOURS
from attend.widgets import AttentionHeads
from attend.widgets.attention_heads import AVERAGE

ARITHMETIC, WORDS, MAPS, CLOSE = "heads_arithmetic", "heads_words", "heads_maps", "heads_close"
QUERIES, KEYS = ["a", "b", "a"], ["w", "x", "y", "z"]


@pytest.fixture
def widget(rng):
    weights = softmax(2 * rng.normal(size=(2, 3, 3, 4)))
    outcomes = [[f"{layer}:{mask}" for mask in range(8)] for layer in range(2)]
    outcomes[0][2] = outcomes[0][0]
    return AttentionHeads(
        QUERIES, weights, KEYS, name="one", contributions=rng.normal(size=(2, 3, 3, 5)), outcomes=outcomes
    )


def state(**changes):
    return {"example": 0, "layer": 0, "head": 0, "query": 0, "off": [], **changes}


# ---------------------------------------------------------------- agreement with Python


def test_every_byte_arrives_where_python_has_it(widget):
    packed = widget._examples[0]
    source = "\nexport const heads = (p, l, h) => Array.from(headBytes(unpack(p), l, h));\n"
    for layer in range(2):
        widget.layer = layer
        found = evaluate_all(ARITHMETIC, [("heads", packed, layer, h) for h in range(3)], source)
        np.testing.assert_allclose(np.reshape(found, (3, 3, 4)) / 255, widget.weights, rtol=0, atol=1e-15)


HELPERS = """
export const average = (p, l, off) => Array.from(averageBytes(unpack(p), l, off));
export const parts = (p, l, q) => partsOf(unpack(p), l, q);
export const shares = (p, l, q, off) => sharesOf(partsOf(unpack(p), l, q), off);
export const total = (p, l, q, off) => totalOf(partsOf(unpack(p), l, q), off);
export const outcome = (p, l, off) => outcomeOf(unpack(p), l, off);
export const row = (p, s) => rowOf(mapBytes(unpack(p), s), p.keys.length, s.query);
"""


@pytest.mark.parametrize("off", [[], [1], [0, 2], [0, 1, 2]])
def test_averages_parts_totals_and_shares(off, widget):
    packed, on = widget._examples[0], [h for h in range(3) if h not in off]
    widget.layer = 1
    calls = [("average", packed, 1, off), ("parts", packed, 1, 2), ("total", packed, 1, 2, off),
             ("shares", packed, 1, 2, off), ("outcome", packed, 1, off)]  # fmt: skip
    average, parts, total, shares, outcome = evaluate_all(ARITHMETIC, calls, HELPERS)
    mean = widget.weights[on].mean(axis=0) if on else np.zeros((3, 4))
    np.testing.assert_allclose(np.reshape(average, (3, 4)) / 255, mean, rtol=0, atol=1e-12)
    wanted = widget.contributions[:, 2]
    np.testing.assert_allclose(parts, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(total, wanted[on].sum(axis=0), rtol=0, atol=1e-12)
    output = wanted[on].sum(axis=0)
    along = wanted @ output / (output @ output) if on else np.zeros(3)
    np.testing.assert_allclose(shares, [along[h] if h in on else 0 for h in range(3)], rtol=0, atol=1e-12)
    assert sum(shares) == pytest.approx(1 if on else 0, abs=1e-12)
    widget.off = off
    assert outcome == widget.outcome


def test_a_row_is_a_head_s_or_the_average_s(widget):
    packed = widget._examples[0]
    calls = [("row", packed, state(head=2, query=1)), ("row", packed, state(head=AVERAGE, query=1, off=[0]))]
    head, average = evaluate_all(ARITHMETIC, calls, HELPERS)
    np.testing.assert_allclose(head, widget.weights[2, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(average, widget.weights[1:, 1].mean(axis=0), rtol=0, atol=1e-12)


def test_without_contributions_and_outcomes_there_are_none():
    packed = AttentionHeads(["a"], np.ones((1, 1, 1)))._examples[0]
    assert evaluate_all(ARITHMETIC, [("parts", packed, 0, 0), ("outcome", packed, 0, [])], HELPERS) == [
        [], None,
    ]  # fmt: skip


def test_causal_examples_hide_what_comes_after_the_last_queries():
    calls = [
        ("visibleKeys", queries, keys, queries - 1 - back) for queries, keys, back in
        ((2, 4, 1), (2, 4, 0), (3, 3, 2), (3, 3, 0))
    ]  # fmt: skip
    assert evaluate_all(ARITHMETIC, calls) == [3, 4, 1, 3]


def test_a_state_is_made_to_fit_and_python_accepts_it(widget):
    widget.add(["a"], np.ones((1, 1, 1)))
    small = {"layers": 1, "heads": 1, "queries": ["a"]}
    fitted = evaluate(ARITHMETIC, "fitHeads", state(example=1, layer=1, head=2, query=2, off=[0, 2]), small)
    assert fitted == state(example=1, off=[0])
    for name, value in fitted.items():
        setattr(widget, name, value)
    assert evaluate(ARITHMETIC, "fitHeads", state(head=AVERAGE), small)["head"] == AVERAGE


# ---------------------------------------------------------------- words


WORD_HELPERS = """
export const most = (p, s) => mostSentence(unpack(p), s);
export const cell = (p, s, k) => cellSentence(unpack(p), s, k);
export const answer = (p, s) => answerSentence(unpack(p), s);
export const table = (p, s) => headsTable(unpack(p), s);
"""


def test_sentences_name_repeated_tokens_by_their_place(widget):
    packed = widget._examples[0]
    most, cell, none = evaluate_all(
        WORDS,
        [
            ("most", packed, state(head=1, query=2)),
            ("cell", packed, state(head=1, query=1), 3),
            ("most", packed, state(head=AVERAGE, off=[0, 1, 2])),
        ],
        WORD_HELPERS,
    )
    best = widget.weights[1, 2].argmax()
    assert most == f"Head 2: a (3) looks most at {KEYS[best]}, {widget.weights[1, 2, best]:.2f}."
    assert cell == f"b → z: {widget.weights[1, 1, 3]:.2f}"
    assert none == "No head is on."


@pytest.mark.parametrize(
    ("off", "sentence"),
    [
        ([], "Answer with all heads on: 0:0."),
        ([1], "Answer with head 2 off: 0:0. The same as with all heads."),
        ([0, 2], "Answer with head 1, head 3 off: 0:5. With all heads: 0:0."),
        ([0, 1, 2], "Answer with all heads off: 0:7. With all heads: 0:0."),
    ],
)
def test_the_answer_says_whether_it_has_changed(off, sentence, widget):
    assert evaluate_all(WORDS, [("answer", widget._examples[0], state(off=off))], WORD_HELPERS) == [sentence]


def test_the_table_has_every_head_the_average_and_the_shares(widget):
    (table,) = evaluate_all(
        WORDS, [("table", widget._examples[0], state(query=1, off=[2], layer=1))], WORD_HELPERS
    )
    widget.layer = 1
    assert table["header"] == ["key", "Head 1", "Head 2", "Head 3 (off)", "Average"]
    assert "Weights of b in layer 2" in table["caption"]
    shown = np.array([row[1:] for row in table["rows"][:4]], dtype=float)
    np.testing.assert_allclose(shown[:, :3].T, widget.weights[:, 1], atol=5.1e-3)
    np.testing.assert_allclose(shown[:, 3], widget.weights[:2, 1].mean(axis=0), atol=5.1e-3)
    shares = [float(text.replace("−", "-")) for text in table["rows"][4][1:4]]
    assert shares[0] + shares[1] == pytest.approx(100, abs=1.1)
    assert shares[2] == 0


def test_long_tokens_are_shortened_by_letters_not_by_halves_of_them():
    calls = [("shorten", "abcdef", 4), ("shorten", "三四😀五", 4), ("shorten", "三四😀五", 3)]
    assert evaluate_all(WORDS, calls) == ["abc…", "三四😀五", "三四…"]


# ---------------------------------------------------------------- drawing


def test_shades_run_from_one_colour_to_the_other():
    shades = np.reshape(evaluate(MAPS, "shadesBetween", [0, 100, 250], [255, 0, 250]), (256, 4))
    assert shades[0].tolist() == [0, 100, 250, 255]
    assert shades[255].tolist() == [255, 0, 250, 255]
    assert (np.diff(shades[:, 0]) == 1).all()


def test_hues_come_round_after_as_many_heads_as_python_has_colours():
    hues = evaluate_all(MAPS, [("headHue", head) for head in (0, HEAD_COLOURS - 1, HEAD_COLOURS, AVERAGE)])
    assert hues == ["var(--attend-head-1)", f"var(--attend-head-{HEAD_COLOURS})", "var(--attend-head-1)",
                    "var(--attend-weight-high)"]  # fmt: skip


def test_a_map_is_written_with_its_hidden_cells_left_clear():
    shades = np.arange(1000, 1256)
    example = {"causal": True, "queries": ["a", "b"], "keys": ["a", "b"]}
    source = "\nexport const written = (...a) => { writeMap(...a); return a[0]; };\n"
    calls = [
        ("written", [9] * 15, 5, [255, 77, 100, 2.6], shades, {**example, "causal": causal}, 2, 1)
        for causal in (True, False)
    ]
    causal, whole = np.reshape(evaluate_all(MAPS, calls, source), (2, 3, 5))
    expected = np.full((3, 5), 9)
    expected[1:, 2:4] = [[1255, 9], [1100, 1003]]
    np.testing.assert_array_equal(causal, expected)
    expected[1, 3] = 1077
    np.testing.assert_array_equal(whole, expected)


@pytest.mark.parametrize("available", [250, 700])
@pytest.mark.parametrize("count", [1, 12, 64])
def test_the_close_map_fits_what_room_there_is(count, available):
    tokens = [f"w{i}" for i in range(count)]
    place = evaluate(CLOSE, "layOut", {"queries": tokens, "keys": tokens}, available)
    assert 3 <= place["cell"] <= 34
    assert place["left"] + place["width"] <= available
    assert place["height"] == place["cell"] * count
