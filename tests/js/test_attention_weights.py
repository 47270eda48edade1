"""The widget's JavaScript gives Python's numbers, and its words and messages hold at the edges."""

import re

import numpy as np
import pytest
from javascript import evaluate, evaluate_all

from attend.widgets.attention_weights import (
    MASKS,
    MOST_TOKENS,
    SCORES,
    TEMPERATURES,
    WORD_MAP,
    AttentionWeights,
    split_words,
    word_vector,
)

ARITHMETIC = "attention_arithmetic"
WORDING = "attention_sentences"
CANVAS = "attention_canvas"
PLANE = "attention_plane"
TRAITS = (
    "tokens", "vectors", "key_vectors", "value_vectors", "score", "temperature", "mask", "valid_length",
    "query", "view", "quantity", "_word_map",
)  # fmt: skip


def state(widget):
    return {name: getattr(widget, name) for name in TRAITS}


def random_widget(rng, score, mask, count, separate, size=1.0):
    points = [(size * rng.normal(size=(count, 2))).round(3) for _ in range(3)]
    return AttentionWeights(
        [f"word{i}" for i in range(count)],
        vectors=points[0],
        key_vectors=points[1] if separate else None,
        value_vectors=points[2] if separate else None,
        score=score,
        mask=mask,
        temperature=float(np.exp(rng.uniform(*np.log(TEMPERATURES)))),
        valid_length=int(rng.integers(1, count + 1)),
        query=int(rng.integers(count)),
    )


# ---------------------------------------------------------------- agreement with Python


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("mask", MASKS)
def test_scores_weights_and_outputs(score, mask, rng):
    sizes = [(1, False), (2, True), (5, False), (9, True), (64, True), (64, False)]
    widgets = [random_widget(rng, score, mask, *size) for size in sizes]
    for widget, found in zip(
        widgets, evaluate_all(ARITHMETIC, [("attend", state(w)) for w in widgets]), strict=True
    ):
        np.testing.assert_array_equal(found["visible"], widget.visible)
        np.testing.assert_allclose(found["scores"], widget.scores, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found["weights"], widget.weights, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found["outputs"], widget.output, rtol=0, atol=1e-12)
        assert (np.array(found["weights"])[~widget.visible] == 0).all()


@pytest.mark.parametrize("score", SCORES)
def test_scores_so_large_that_their_exponentials_overflow(score, rng):
    widget = random_widget(rng, score, "none", 6, True, size=250.0)
    widget.temperature = TEMPERATURES[0]
    found = evaluate(ARITHMETIC, "attend", state(widget))
    np.testing.assert_allclose(found["weights"], widget.weights, rtol=0, atol=1e-12)
    walk = evaluate(ARITHMETIC, "walkThrough", found, widget.query, widget.temperature)
    assert np.isfinite(walk["exps"]).all()
    np.testing.assert_allclose(
        np.array(walk["exps"]) / walk["total"], widget.weights[widget.query], atol=1e-12
    )


def test_a_word_that_points_nowhere_has_cosine_zero_with_all():
    widget = AttentionWeights("a b", vectors=[[0, 0], [1, 2]], score="cosine")
    assert evaluate(ARITHMETIC, "attend", state(widget))["scores"][0] == widget.scores[0].tolist() == [0, 0]


@pytest.mark.parametrize("temperature", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("mask", MASKS)
def test_each_step_of_the_walk_leads_to_the_next(mask, temperature):
    widget = AttentionWeights(mask=mask, temperature=temperature, valid_length=5, query=4)
    walk = evaluate(ARITHMETIC, "walkThrough", evaluate(ARITHMETIC, "attend", state(widget)), 4, temperature)
    shifted = np.where(widget.visible[4], np.exp(widget.scores[4] / temperature - walk["shift"]), 0)
    np.testing.assert_allclose(walk["exps"], shifted, rtol=1e-12)
    np.testing.assert_allclose(walk["total"], shifted.sum(), rtol=1e-12)
    np.testing.assert_allclose(walk["parts"], widget.weights[4][:, None] * widget.value_array, atol=1e-12)
    np.testing.assert_allclose(np.sum(walk["parts"], axis=0), widget.output[4], atol=1e-12)
    np.testing.assert_allclose(walk["output"], widget.output[4], atol=1e-12)


def test_small_scores_are_shown_without_a_shift_and_large_ones_with_the_highest_taken_off():
    small, large = AttentionWeights(), AttentionWeights(temperature=0.1)
    shifts = [
        evaluate(ARITHMETIC, "walkThrough", evaluate(ARITHMETIC, "attend", state(w)), 1, w.temperature)[
            "shift"
        ]
        for w in (small, large)
    ]
    assert shifts[0] == 0
    assert shifts[1] == pytest.approx(large.scores[1].max() / 0.1)


SENTENCES = [
    "the cat sat on the mat",
    "The animal didn't cross the street, because it was too tired.",
    "well-known  words…and\nlines\t-- dashes - alone, 'quoted' ones’",
    "l’été déjà-vu naïve Straße İstanbul ΟΔΟΣ",
    "注意力就是一切 and 脑2023",
    "नमस्ते दुनिया 42 a1b2 3.14",
    "cat注dog 你'好 a-b-c a--b",
    "🙂 emoji 👩‍🔬 x",
    "",
    " ,.;!? ",
]


@pytest.mark.parametrize("text", SENTENCES)
def test_sentences_fall_into_the_same_words(text):
    assert evaluate(ARITHMETIC, "splitWords", text) == split_words(text)


def test_words_that_a_sentence_falls_into():
    assert split_words("It didn't, because… so!") == ["It", "didn't", "because", "so"]
    assert split_words("注意力 is 2D") == ["注", "意", "力", "is", "2D"]
    assert split_words("well-known 'quoted' -x-") == ["well-known", "quoted", "x"]


def test_every_word_has_exactly_the_same_vector():
    words = [*WORD_MAP, "CAT", "Didn't", "zyzzyva", "Zyzzyva", "été", "注", "x", "🙂", "İstanbul", "toString"]
    words += ["constructor", "__proto__", *(f"w{i}" for i in range(200))]
    found = evaluate_all(ARITHMETIC, [("wordVector", word, WORD_MAP) for word in words])
    assert [tuple(vector) for vector in found] == [word_vector(word) for word in words]


def test_made_vectors_are_the_published_hash():
    # FNV-1a of "a" and of "foobar", 32 bits, as its authors' test vectors give them.
    for word, code in (("a", 0xE40C292C), ("foobar", 0xBF9CF968)):
        made = ((code & 0xFFFF) % 241 - 120) / 100, ((code >> 16) % 241 - 120) / 100
        assert evaluate(ARITHMETIC, "wordVector", word, {}) == list(made)


@pytest.mark.parametrize(
    "widget",
    [
        AttentionWeights(),
        AttentionWeights(query=4, mask="causal"),
        AttentionWeights(query=0, mask="causal"),
        AttentionWeights("a b c", vectors=[[0, 0]] * 3),
        AttentionWeights("the cat and the cat", query=1),
        AttentionWeights("alone"),
        AttentionWeights(query=7, mask="padding", valid_length=2),
    ],
    ids=lambda widget: widget.sentence_about(widget.query),
)
def test_the_sentence_about_a_query_is_the_same_in_both_languages(widget):
    found = evaluate(ARITHMETIC, "attend", state(widget))
    for query in range(len(widget.tokens)):
        said = evaluate(WORDING, "sentenceAbout", widget.tokens, found["weights"], found["visible"], query)
        assert said == widget.sentence_about(query)


# ---------------------------------------------------------------- words, messages, geometry


def test_the_arithmetic_of_a_score_is_spelled_out_and_right(rng):
    forms = {
        "dot": "1.50 × −0.50 + 2.00 × 1.00 = 1.250",
        "scaled dot": "(1.50 × −0.50 + 2.00 × 1.00) ÷ √2 = 0.884",
        "cosine": "(1.50 × −0.50 + 2.00 × 1.00) ÷ (2.50 × 1.12) = 0.447",
        "additive": "tanh(1.50 + −0.50) + tanh(2.00 + 1.00) = 1.757",
    }
    for score, text in forms.items():
        assert evaluate(WORDING, "scoreArithmetic", score, [1.5, 2.0], [-0.5, 1.0]) == text
        widget = AttentionWeights("q k", vectors=[[1.5, 2.0], [-0.5, 1.0]], score=score)
        assert f"{widget.scores[0, 1]:.3f}" == text.split("= ")[-1]


def test_a_sentence_is_refused_in_words_when_empty_or_too_long():
    problems = evaluate_all(
        WORDING, [("sentenceProblem", ["w"] * count) for count in (0, 1, MOST_TOKENS, MOST_TOKENS + 1)]
    )
    assert problems[1] == problems[2] == ""
    assert problems[0].startswith("Type at least one word.")
    assert problems[3].startswith("65 words; this view holds at most 64.")


@pytest.mark.parametrize("text", ["", " ", "x", "0", "-1", "0.009", "101", "1e999", "NaN"])
def test_unusable_temperatures_are_refused_with_the_range(text):
    read = evaluate(WORDING, "readNumber", text, "Temperature", *TEMPERATURES)
    assert read == {"problem": "Temperature must be a number from 0.01 to 100. The last one stays."}


@pytest.mark.parametrize(("text", "value"), [("0.01", 0.01), (" 2 ", 2), ("1e1", 10), ("100", 100)])
def test_usable_temperatures_are_read(text, value):
    assert evaluate(WORDING, "readNumber", text, "Temperature", *TEMPERATURES) == {"value": value}


def test_a_length_must_be_whole():
    assert (
        "whole number from 1 to 5" in evaluate(WORDING, "readNumber", "2.5", "Length", 1, 5, True)["problem"]
    )
    assert evaluate(WORDING, "readNumber", "5", "Length", 1, 5, True) == {"value": 5}


def test_both_languages_agree_on_limits():
    source = (AttentionWeights._esm, r"const MOST_TOKENS = (\d+);", r"const TEMPERATURES = \[([\d., ]+)\];")
    assert int(re.search(source[1], str(source[0])).group(1)) == MOST_TOKENS
    assert tuple(map(float, re.search(source[2], str(source[0])).group(1).split(","))) == TEMPERATURES


def test_the_nearest_arrow_within_reach_is_taken_and_of_two_the_upper():
    points = [[0, 0], [10, 0], [10, 0], [50, 50]]
    nearest = [((9, 1), 2), ((1, 1), 0), ((30, 30), -1), ((50, 45), 3)]
    calls = [("nearestPoint", points, *place, 12) for place, _ in nearest]
    assert evaluate_all(PLANE, calls) == [index for _, index in nearest]


def test_a_plane_reaches_two_or_the_next_whole_number():
    calls = [[[1, -2]], [[0.5, 2.1]], [[0, 0], [-7, 3]], [[1000, 1]]]
    assert evaluate_all(PLANE, [("planeReach", points) for points in calls]) == [2, 3, 7, 1000]


def test_colour_steps_run_from_end_to_end():
    ramp = evaluate(CANVAS, "colourRamp", [0, 0, 0], [100, 200, 50], [255, 255, 255])
    assert (ramp[0], ramp[255], len(ramp)) == ([0, 0, 0], [255, 255, 255], 256)
    steps = [(0, "weights", 1), (1, "weights", 1), (0.1, "weights", 0.1), (-3, "scores", 3), (3, "scores", 3)]
    assert evaluate_all(CANVAS, [("rampStep", *step) for step in steps]) == [0, 255, 255, 0, 255]
    assert evaluate(CANVAS, "rampStep", 0, "scores", 0) in (127, 128)


def test_the_scale_of_the_weights_ends_at_the_next_round_number():
    rows = [[[0.9, 0.1]], [[0.5, 0.5]], [[0.3, 0.21]], [[0.12]], [[0.016] * 64]]
    assert evaluate_all(ARITHMETIC, [("weightLimit", row) for row in rows]) == [1, 0.5, 0.5, 0.2, 0.05]


def test_only_the_strongest_lines_of_other_words_are_drawn(rng):
    row = rng.dirichlet(np.ones(30))
    least = evaluate(ARITHMETIC, "leastDrawn", row, 4)
    assert least == np.sort(row)[-4]
    assert evaluate(ARITHMETIC, "leastDrawn", [0.9, 0.09, 0.005, 0.005], 4) == 0.02


def test_the_page_says_where_vectors_come_from():
    mapped, made = AttentionWeights("the cat sat"), AttentionWeights("the zyzzyva sat")
    moved = AttentionWeights("the cat", vectors=[[1, 0], [0, 1]])
    told = [evaluate(WORDING, "originOf", state(widget)) for widget in (mapped, made, moved)]
    assert all("learned from text" in text for text in told)
    assert told[0].startswith("Vectors from a map drawn by hand")
    assert "Not on the map" not in told[0]
    assert "Not on the map: zyzzyva; its vector is made from the letters alone and means nothing." in told[1]
    assert told[2].startswith("Vectors set by hand")
