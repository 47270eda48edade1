"""Checks for the exercises of chapter 6, queries, keys, values."""

import math

import numpy as np

from attend import attention
from attend.checks.judge import Case, CheckResult, judge

_X = np.array([[1.0, 0.5, -0.3], [0.2, -1.0, 0.8], [2.0, 0.3, 0.1], [-0.7, 0.4, 1.2]])
_QUERY_MATRIX = np.array([[1.0, -0.5], [0.3, 0.8], [-0.6, 1.1]])
_KEY_MATRIX = np.array([[0.4, 1.2], [-0.9, 0.5], [0.7, -0.2]])
_VALUE_MATRIX = np.array([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0], [0.0, 3.0, 1.0]])

_QUERY = np.array([[1.0, 0.5], [0.2, -1.0], [2.0, 0.3], [-0.6, 0.9]])
_KEY = np.array([[0.5, 1.0], [1.5, -0.3], [-1.0, 0.4], [0.3, 0.8]])
_VALUE = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [-3.0, 5.0]])
_D_OUTPUT = np.array([[0.5, -1.0], [2.0, 0.3], [-0.7, 1.1], [0.2, 0.4]])


def self_attention(candidate: object) -> CheckResult:
    """Check a function `(x, query_matrix, key_matrix, value_matrix) -> output`: project, scale, attend."""
    query, key, value = _X @ _QUERY_MATRIX, _X @ _KEY_MATRIX, _X @ _VALUE_MATRIX
    scores, root = query @ key.T, math.sqrt(2)

    def output(scores: np.ndarray, value: np.ndarray = value) -> np.ndarray:
        return attention.softmax(scores) @ value

    right = output(scores / root)
    raised = np.exp(scores / root)
    wide = (np.ones((3, 8)) / 3, np.eye(3, 8), np.eye(3))
    cases = [
        Case("four positions, d_k = 2", (_X, _QUERY_MATRIX, _KEY_MATRIX, _VALUE_MATRIX), right,
             {"the scores are not scaled; divide them by the root of d_k before softmax.": output(scores),
              "the scores are divided by d_k; divide by its root.": output(scores / 2),
              "the root is that of x's features; d_k counts the features of a query, after the projection.":
              output(scores / math.sqrt(3)),
              "the scores are multiplied by the root of d_k; divide by it.": output(scores * root),
              "queries and keys have changed places: the asking position must be the row.":
              output(scores.T / root),
              "the keys were projected by the queries' matrix; they have a matrix of their own.":
              output(query @ query.T / root),
              "the queries were projected by the keys' matrix; they have a matrix of their own.":
              output(key @ key.T / root),
              "x itself was blended; project it by value_matrix first.": output(scores / root, _X),
              "softmax runs down the columns; each query's row must sum to one.":
              raised / raised.sum(axis=0) @ value}),
        Case("queries wider than x", (_X, *wide),
             attention.scaled_dot_product_attention(*(_X @ matrix for matrix in wide))[0]),
    ]  # fmt: skip
    return judge(candidate, cases, "Three projections, one scale, and each row sums to one.")


def masked_attention(candidate: object) -> CheckResult:
    """Check a function `(query, key, value, visible) -> output`: nothing leaks, no query ends in NaN."""
    causal = attention.causal_mask(4)
    loud = _KEY.copy()
    loud[3] = 400 * _QUERY[2]  # hidden, and the third query likes it by a thousand and more
    early = causal & (np.arange(4) > 0)  # the first key is padding, so the first query sees nothing
    fewer = (_QUERY[:2], _KEY, _VALUE, attention.causal_mask(2, 4))
    cases = [
        _masked_case("a causal mask", _KEY, causal),
        _masked_case("a hidden key with a very high score", loud, causal),
        _masked_case("a query that may see nothing", _KEY, early),
        Case("two queries and four keys", fewer, attention.scaled_dot_product_attention(*fewer)[0]),
    ]
    return judge(candidate, cases, "Nothing hidden leaks, and a query that sees nothing gets zeros.")


def _masked_case(about: str, key: np.ndarray, visible: np.ndarray) -> Case:
    """One mask, with what the well-known slips make of it."""
    scores, softmax = _QUERY @ key.T / math.sqrt(2), attention.softmax
    weights, right = softmax(scores), softmax(scores, visible)
    late = weights * visible
    with np.errstate(invalid="ignore"):
        renormalised = late / late.sum(axis=-1, keepdims=True)
    sees_something = visible.any(axis=-1, keepdims=True)
    slips = {
        "the mask has no effect.": weights,
        "the mask is the wrong way round; True is where a query may look.": softmax(scores, ~visible),
        "the mask is transposed; rows are queries, columns are keys.": softmax(scores, visible.T),
        "the mask came after softmax, so rows no longer sum to one; hide the scores instead.": late,
        "a score of zero is a score like any other; hide with minus infinity.": softmax(scores * visible),
        "-10 is not infinity, so hidden keys keep some weight.": softmax(scores - 10.0 * ~visible),
        "0/0 is not a number; where nothing is visible, let the weights be zero.":
            np.where(sees_something, right, np.nan),
        "a row of equal scores, however low, is shared by all hidden keys.":
            np.where(sees_something, right, 1 / visible.shape[-1]),
        "lowering all scores of a row alike hides none of its keys.": softmax(scores - 1e9 * ~visible),
        "the visible weights underflowed before their sum; hide the scores before softmax.": renormalised,
    }  # fmt: skip
    outputs = {hint: slip @ _VALUE for hint, slip in slips.items()}
    return Case(about, (_QUERY, key, _VALUE, visible), right @ _VALUE, outputs)


def key_gradient(candidate: object) -> CheckResult:
    """Check a function `(d_output, query, key, value, weights) -> d_key`: the keys' gradient, by hand."""
    _, weights = attention.scaled_dot_product_attention(_QUERY, _KEY, _VALUE, attention.causal_mask(4))
    arguments = (_D_OUTPUT, _QUERY, _KEY, _VALUE, weights)
    right = attention.scaled_dot_product_attention_backward(*arguments)[1]
    d_weights = _D_OUTPUT @ _VALUE.T
    d_scores = attention.softmax_backward(d_weights, weights)
    root = math.sqrt(2)
    fewer = (_D_OUTPUT[:3], _QUERY[:3], _KEY, _VALUE, attention.softmax(_QUERY[:3] @ _KEY.T / root))
    cases = [
        Case("four queries and four keys", arguments, right,
             {"the scale is missing: the scores were divided by the root of d_k, so their gradient is too.":
              d_scores.T @ _QUERY,
              "softmax is missing: carry the gradient from the weights to the scores first.":
              d_weights.T @ _QUERY / root,
              "one score moves every weight of its row; the mean over the row is missing.":
              (d_weights * weights).T @ _QUERY / root,
              "that sums over the keys; a key hears from every query, so transpose the scores' gradient.":
              d_scores @ _QUERY / root,
              "that is the queries' gradient.": d_scores @ _KEY / root,
              "that is the values' gradient.": weights.T @ _D_OUTPUT,
              "the scores' gradient must meet the queries, which the keys were multiplied by.":
              d_scores.T @ _KEY / root}),
        Case("three queries and four keys", fewer,
             attention.scaled_dot_product_attention_backward(*fewer)[1]),
    ]  # fmt: skip
    return judge(candidate, cases, "Every key hears from every query that looked at it, and from no other.")
