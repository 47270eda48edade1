"""The widget's JavaScript reads the weights that Python wrote, and orders heads as Python does."""

import numpy as np
import pytest
from heads_of_chance import two_texts
from javascript import evaluate

ARITHMETIC = "real_heads_arithmetic"


@pytest.mark.parametrize("example", [0, 1])
def test_weights_arrive_as_python_has_them(example):
    widget = two_texts(example=example)
    found = evaluate(ARITHMETIC, "decodeWeights", widget._examples[example], widget._alphabet)
    rows = [[[list(row.values()) if isinstance(row, dict) else row for row in h] for h in x] for x in found]
    np.testing.assert_allclose(rows, widget.weights, rtol=0, atol=1e-12)


@pytest.mark.parametrize("example", [0, 1])
def test_a_causal_text_hides_what_comes_after(example):
    widget = two_texts(example=example)
    n = widget.weights.shape[-1]
    visible = evaluate(ARITHMETIC, "visiblePairs", widget._examples[example])
    np.testing.assert_array_equal(visible, np.tril(np.ones((n, n))) if example else np.ones((n, n)))


@pytest.mark.parametrize("lowest", [False, True])
def test_heads_come_in_the_order_of_their_scores(lowest):
    widget = two_texts(lowest=lowest)
    found = evaluate(ARITHMETIC, "orderHeads", widget.scores.ravel(), lowest)
    assert found == widget._order().tolist()
    assert evaluate(ARITHMETIC, "orderHeads", [0.5, 0.1, 0.5, 0.1], lowest) == (
        [1, 3, 0, 2] if lowest else [0, 2, 1, 3]
    )


def test_a_head_is_named_by_layer_and_number_and_told_by_its_scores():
    example = two_texts()._examples[0]
    assert evaluate(ARITHMETIC, "headName", 7, 4) == "L1H3"
    before, first = (example["scores"][name][7] for name in ("token before", "first token"))
    assert evaluate(ARITHMETIC, "headSentence", example, 7) == (
        f"Layer 1, head 3: token before {before:.2f}, first token {first:.2f}."
    )


@pytest.mark.parametrize(
    ("scores", "expected"),
    [(None, "a → b: weight 0.25"), ([[0, 1], [0, 0]], "a → b: score 1.000, weight 0.250")],
)
def test_a_pair_without_scores_is_told_by_its_weight(scores, expected):
    frame = {
        "tokens": ["a", "b"], "scores": scores, "weights": [[0.75, 0.25], [1, 0]],
        "visible": [[True, True], [True, True]], "query": 0, "key": 1,
    }  # fmt: skip
    assert evaluate("attention_sentences", "pairSentence", frame) == expected
