"""The widget's JavaScript cuts and draws as `attend.nn.generate` does; its words hold at the edges."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript import evaluate, evaluate_all

from attend.nn import generate
from attend.widgets import next_token
from attend.widgets.draws import uniform_draws
from attend.widgets.next_token import BARS, DRAWS, MOST_TOP_K, TEMPERATURES, NextToken, passage

ARITHMETIC = "sampling_arithmetic"
WORDS = "sampling_words"
RULES = "sampling_rules"
TRAITS = ("passages", "passage", "position", "temperature", "top_k", "top_p", "draws", "seed")
SETTINGS = [
    {},
    {"temperature": 0.05},
    {"temperature": 0.7, "top_k": 5},
    {"temperature": 1.6, "top_p": 0.8},
    {"temperature": 1.3, "top_k": 40, "top_p": 0.95},
    {"temperature": 5.0, "top_k": 1},
    {"top_p": 0.01},
    {"temperature": 3.0, "top_k": 200, "top_p": 0.9999},
]


def whole(rng, vocabulary=60, spread=3.0):
    """Logits, and a step that names every token."""
    logits = spread * rng.normal(size=vocabulary)
    order = np.argsort(-logits, kind="stable")
    step = {"tokens": [f"t{i}" for i in order], "logits": logits[order].tolist(), "tail": [], "next": 0}
    return logits, order, step


def packed(rng, vocabulary=400, named=30, n=3):
    ids = rng.integers(0, vocabulary, n)
    return passage("A text", ids, 3 * rng.normal(size=(n, vocabulary)), lambda i: f"t{i}", named=named)


def state(widget):
    return {name: getattr(widget, name) for name in TRAITS}


# ---------------------------------------------------------------- agreement


@pytest.mark.parametrize("chosen", SETTINGS)
def test_the_probabilities_are_those_of_attend_nn_generate(chosen, rng):
    logits, order, step = whole(rng)
    theirs = generate.distribution(
        torch.from_numpy(logits), chosen.get("temperature", 1.0), chosen.get("top_k"), chosen.get("top_p")
    ).numpy()[order]
    found = evaluate(ARITHMETIC, "samplingDistribution", step, chosen)
    np.testing.assert_allclose(found["probabilities"], theirs, rtol=0, atol=1e-9)
    assert found["kept"] == (theirs > 0).sum()
    ours = next_token.distribution(step, **chosen)
    np.testing.assert_allclose(ours.probabilities, theirs, rtol=0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6), temperature=st.floats(0.05, 5), top_k=st.integers(1, 70),
    top_p=st.floats(0.01, 1), spread=st.floats(0.1, 20),
)  # fmt: skip
def test_any_setting_of_any_logits(seed, temperature, top_k, top_p, spread):
    logits, order, step = whole(np.random.default_rng(seed), spread=spread)
    chosen = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    theirs = generate.distribution(torch.from_numpy(logits), temperature, top_k, top_p).numpy()[order]
    found = evaluate(ARITHMETIC, "samplingDistribution", step, chosen)
    np.testing.assert_allclose(found["probabilities"], theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("chosen", SETTINGS)
def test_packed_steps_agree_in_both_languages_and_with_the_whole_within_the_bins(chosen, rng):
    logits = 3 * rng.normal(size=(1, 5000))
    step = passage("A", np.array([0]), logits, str, named=100)["steps"][0]
    ours = next_token.distribution(step, **chosen)
    found = evaluate(ARITHMETIC, "samplingDistribution", step, chosen)
    np.testing.assert_allclose(found["probabilities"], ours.probabilities, rtol=0, atol=1e-12)
    assert (found["restCount"], found["kept"]) == (ours.rest_count, ours.kept)
    for name, value in (("restMass", ours.rest_mass), ("share", ours.share), ("entropy", ours.entropy)):
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-12)
    exact = generate.distribution(
        torch.from_numpy(logits[0]), chosen.get("temperature", 1.0), chosen.get("top_k"), chosen.get("top_p")
    ).sort(descending=True).values.numpy()  # fmt: skip
    np.testing.assert_allclose(ours.probabilities, exact[:100], rtol=0.01, atol=2e-4)
    assert ours.rest_mass == pytest.approx(exact[100:].sum(), rel=0.02, abs=1e-3)
    assert ours.kept == pytest.approx((exact > 0).sum(), rel=0.05, abs=1)


@pytest.mark.parametrize("seed", [0, 1, 77, 9999])
def test_the_draws_are_the_same_in_both_languages(seed, rng):
    for chosen in ({}, {"temperature": 0.3}, {"temperature": 2.5}, {"top_k": 3}, {"top_p": 0.6}):
        widget = NextToken([packed(rng)], draws=1000, seed=seed, **chosen)
        solved = evaluate("next_token", "solveSampling", state(widget))
        assert solved["counts"] == widget.counts.tolist()
        assert sum(solved["counts"]) == 1000


def test_the_draws_follow_the_probabilities(rng):
    widget = NextToken([packed(rng)], draws=1000, temperature=0.8)
    total = np.zeros(31)
    for seed in range(60):
        widget.seed = seed
        total += widget.counts
    now = widget.distribution
    expected = np.append(now.probabilities, now.rest_mass)
    deviation = np.sqrt(expected * (1 - expected) / 60_000)
    assert (np.abs(total / 60_000 - expected) < 5 * deviation + 1e-9).all()


def test_uniform_draws(rng):
    for count, seed in ((0, 0), (1, 5), (257, 9999)):
        assert evaluate("draws", "uniformDraws", count, seed) == uniform_draws(count, seed).tolist()
    many = uniform_draws(100_000, 3)
    assert 0 < many.min() < many.max() < 1
    assert np.abs(np.histogram(many, 20, (0, 1))[0] - 5000).max() < 350  # standard deviation 69


def test_a_draw_that_rounding_leaves_over_never_takes_a_token_that_was_cut(rng):
    step = {"tokens": ["a", "b", "c"], "logits": [1.0, 1.0, 1.0], "tail": []}
    now = evaluate(ARITHMETIC, "samplingDistribution", step, {"top_k": 2})
    now["probabilities"] = [0.25, 0.25, 0]  # as if half of the mass had been lost
    counts = evaluate(ARITHMETIC, "countDraws", now, 1000, 0)
    assert counts[2:] == [0, 0]
    assert sum(counts) == 1000


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("name", "written", "expected"),
    [
        ("position", "3", 3),
        ("position", "4", "Tokens read: expected a whole number from 1 to 3, got 4."),
        ("temperature", "0.05", 0.05),
        ("temperature", "0", "Temperature: expected a number from 0.05 to 5, got 0."),
        ("temperature", "cold", "Temperature: expected a number from 0.05 to 5, got “cold”."),
        ("top_k", "400", 400),
        ("top_k", "0", "top-k: expected a whole number from 1 to 400, got 0."),
        ("top_k", "1.5", "top-k: expected a whole number from 1 to 400, got 1.5."),
        ("top_p", "1", 1),
        ("top_p", "0", "top-p: expected a number above 0, at most 1, got 0."),
    ],
)
def test_numbers_are_taken_or_explained(name, written, expected, rng):
    rule = evaluate(RULES, "samplingRules", packed(rng))[name]
    answer = evaluate("number_field", "checkNumber", written, rule)
    assert answer == ({"problem": expected} if isinstance(expected, str) else {"value": expected})


def test_both_languages_agree_on_limits(rng):
    rules = evaluate(RULES, "samplingRules", packed(rng))
    assert (rules["temperature"]["min"], rules["temperature"]["max"]) == TEMPERATURES
    source = str(NextToken._esm)
    assert f"const BARS = {BARS};" in source
    assert f"const DRAWS = {list(DRAWS)};" in source
    assert f"const MOST_TOP_K = {MOST_TOP_K};" in source
    assert evaluate_all(RULES, [("chosenTopK", k, 400) for k in (1, 399, 400)]) == [1, 399, MOST_TOP_K]


def test_a_rung_of_the_slider_is_at_least_one_token_and_comes_back():
    rungs = evaluate_all(RULES, [("rungToTopK", i) for i in range(40)])
    assert rungs[:14] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50]
    assert (np.diff(rungs) >= 1).all()
    assert rungs[-1] == MOST_TOP_K
    assert evaluate_all(RULES, [("topKToRung", rung) for rung in rungs]) == list(range(40))
    assert evaluate(RULES, "topKToRung", 37) == rungs.index(50)


def test_a_position_that_the_passage_does_not_have_gives_way(rng):
    widget = NextToken([packed(rng), packed(rng, n=6)], passage=1, position=6)
    fitted = evaluate(RULES, "fitPosition", {**state(widget), "passage": 0})
    assert fitted["position"] == 3
    NextToken(**{name: fitted[name] for name in TRAITS})
    assert evaluate(RULES, "fitPosition", state(widget)) == state(widget)


# ---------------------------------------------------------------- words


def readout(widget):
    solved = evaluate("next_token", "solveSampling", state(widget))
    return evaluate(WORDS, "samplingReadout", state(widget), solved["own"], solved["now"])


def test_the_readout_carries_the_likeliest_token_from_logit_to_probability(rng):
    widget = NextToken([packed(rng)], temperature=1.5, top_p=0.8)
    step, now = widget.step, widget.distribution
    words = readout(widget)
    assert words["title"] == f"{now.kept} tokens of 400 may be drawn"
    logit = step["logits"][0]
    assert words["formula"] == (
        f"“{step['tokens'][0]}”: logit {logit:.2f} ÷ 1.5 = {logit / 1.5:.2f}; "
        f"softmax {now.probabilities[0] * now.share:.3f}; ÷ {now.share:.3f} kept = {now.probabilities[0]:.3f}"
    )
    assert f"entropy {now.entropy:.2f} bits" in words["facts"][0]
    assert f"held {now.share:.3f} before" in words["facts"][2]
    assert readout(NextToken([packed(rng)]))["title"] == "All 400 tokens may be drawn"
    assert readout(NextToken([packed(rng)], top_k=1))["title"] == "1 token of 400 may be drawn"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (-1, None),
        (0, "the text itself goes on with “a”: number 1, model 0.600, 0.750 now"),
        (1, "the text itself goes on with “␣b”: number 2, model 0.400, cut, never drawn now"),
        (7, "the text itself goes on with a token that is not among those named"),
    ],
)
def test_where_the_text_itself_goes_on(place, expected):
    step = {"tokens": ["a", " b"], "next": place}
    own, now = {"probabilities": [0.6, 0.4]}, {"probabilities": [0.75, 0]}
    assert evaluate(WORDS, "nextWords", step, own, now) == expected


def test_unseen_characters_are_shown():
    tokens = [" the", "\n", "a\tb", "", "\u00a0", "\u200b", "é", "国", "�"]
    shown = evaluate_all(WORDS, [("visibleToken", token) for token in tokens])
    assert shown == ["␣the", "↵", "a⇥b", "∅", "�", "�", "é", "国", "�"]
    assert shown == [next_token.visible(token) for token in tokens]


def test_large_numbers_are_grouped():
    assert [evaluate("numbers", "grouped", n) for n in (7, 512, 49152, 1234567)] == [
        "7", "512", "49,152", "1,234,567",
    ]  # fmt: skip


def test_the_table_adds_up(rng):
    widget = NextToken([packed(rng)], temperature=1.4, top_p=0.97, draws=100, seed=4)
    solved = evaluate("next_token", "solveSampling", state(widget))
    table = evaluate(
        WORDS, "samplingTable", state(widget), solved["own"], solved["now"], solved["counts"], BARS
    )
    assert len(table["rows"]) == BARS + 1
    assert all(len(row) == len(table["header"]) for row in table["rows"])
    numbers = np.array([[float(cell) for cell in row[2:]] for row in table["rows"]])
    np.testing.assert_allclose(numbers[:, :2].sum(axis=0), 1, atol=1.1e-3)
    assert numbers[:, 2].sum() == 100
    np.testing.assert_allclose(numbers[:BARS, 1], widget.distribution.probabilities[:BARS], atol=5.1e-5)


@pytest.mark.parametrize(
    ("counts", "draws", "expected"),
    [
        ([0, 0, 0], 0, "Nothing drawn yet."),
        ([1, 0, 0], 1, "1 drawn with seed 3: 1 different token."),
        ([60, 39, 1], 100, "100 drawn with seed 3: 2 different tokens, and 1 time one of the unnamed."),
    ],
)
def test_the_draws_in_words(counts, draws, expected):
    assert evaluate(WORDS, "drawsWords", {"draws": draws, "seed": 3}, counts) == expected


def test_a_bar_s_scale_is_a_round_number():
    scales = [evaluate("sampling_bars", "barScale", [0, value]) for value in (0.03, 0.1, 0.15, 0.5, 0.51, 1)]
    assert scales == [0.1, 0.1, 0.2, 0.5, 0.7, 1]
