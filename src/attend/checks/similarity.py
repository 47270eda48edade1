"""Checks for the exercises of chapter 5, similarity, softmax, weighted sum."""

import math

import numpy as np

from attend import attention
from attend.checks.judge import Case, CheckResult, judge

_SCORES = np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 0.5]])
_QUERY = np.array([[1.0, 2.0, 2.0], [0.0, 3.0, -4.0]])
_KEY = np.array([[2.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-1.0, 2.0, 0.5], [3.0, 0.0, 4.0]])
_VALUE = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])


def softmax(candidate: object) -> CheckResult:
    """Check a function `scores -> weights`: the softmax of each row, for large scores too."""
    raised = np.exp(_SCORES)
    huge = np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1001.0, -1002.0]])
    cases = [
        Case("one row of scores", (_SCORES[0],), attention.softmax(_SCORES[0]),
             {"the weights do not sum to one; divide by the sum of the exponentials.": raised[0],
              "exp is missing; raise e to each score before you divide by the sum.":
              _SCORES[0] / _SCORES[0].sum()}),
        Case("two rows of scores", (_SCORES,), attention.softmax(_SCORES),
             {"the columns sum to one; it is each row that must, so sum with axis=-1.":
              raised / raised.sum(axis=0),
              "all the weights together sum to one; each row must, so sum with axis=-1.":
              raised / raised.sum()}),
        Case("scores of a thousand", (huge,), attention.softmax(huge),
             {"exp overflowed; subtract the row's maximum from the scores first.":
              np.array([[np.nan] * 3, [np.nan] * 3])}),
        Case("a batch of two matrices", (np.stack([_SCORES, _SCORES[::-1]]),),
             attention.softmax(np.stack([_SCORES, _SCORES[::-1]]))),
    ]  # fmt: skip
    return judge(candidate, cases, "Each row sums to one, and scores of a thousand do not overflow.")


def temperature(candidate: object) -> CheckResult:
    """Check a function `(scores, temperature) -> weights`: softmax, sharp when cold and flat when hot."""
    cases = []
    for degree, about in ((1.0, "temperature 1"), (0.5, "temperature 0.5"), (4.0, "temperature 4")):
        slips = {
            "a low temperature must sharpen; divide the scores by it instead of multiplying.":
                attention.softmax(_SCORES * degree),
            "the temperature has no effect; divide the scores by it.": attention.softmax(_SCORES),
            "divide the scores by the temperature before exp; dividing the weights breaks their sum.":
                attention.softmax(_SCORES) / degree,
        }  # fmt: skip
        cases.append(Case(about, (_SCORES, degree), attention.softmax(_SCORES, temperature=degree), slips))
    cold = attention.softmax(_SCORES, temperature=0.001)
    overflowed = np.full_like(cold, np.nan)
    overflow_hint = "exp overflowed; subtract the row's maximum before you divide by the temperature."
    with np.errstate(over="ignore", invalid="ignore"):
        raised = np.exp(_SCORES / 0.001)
        partly = raised / raised.sum(axis=-1, keepdims=True)
    cases.append(
        Case("temperature 0.001", (_SCORES, 0.001), cold,
             {overflow_hint: partly, "exp overflowed; subtract the row's maximum first.": overflowed})
    )  # fmt: skip
    return judge(
        candidate, cases, "Cold sharpens, hot flattens, and a temperature near zero does not overflow."
    )


def weighted_sum(candidate: object) -> CheckResult:
    """Check a function `(weights, value) -> output`: each row of weights blends the values."""
    square = attention.softmax(np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 0.5], [3.0, 0.0, 0.0]]))
    oblong = square[:2]
    cases = [
        Case("three queries and three keys", (square, _VALUE), square @ _VALUE,
             {"the sum runs over the queries; it must run over the keys, the last axis of weights.":
              square.T @ _VALUE,
              "the weights had no effect; each value must be multiplied by its weight.":
              np.broadcast_to(_VALUE.sum(axis=0), (3, 2)),
              "that is the plain average; multiply each value by its weight.":
              np.broadcast_to(_VALUE.mean(axis=0), (3, 2))}),
        Case("two queries and three keys", (oblong, _VALUE), oblong @ _VALUE),
        Case("a batch of two", (np.stack([oblong, oblong[::-1]]), np.stack([_VALUE, -_VALUE])),
             np.stack([oblong @ _VALUE, oblong[::-1] @ -_VALUE])),
    ]  # fmt: skip
    return judge(candidate, cases, "Each output is a blend of the values, and the sum runs over the keys.")


def cosine_score(candidate: object) -> CheckResult:
    """Check a function `(query, key) -> scores`: the cosine of the angle, 0 for a vector of zeros."""
    dot = _QUERY @ _KEY.T
    query_length, key_length = np.linalg.norm(_QUERY, axis=1), np.linalg.norm(_KEY, axis=1)
    with_zero = np.vstack([_KEY, np.zeros(3)])
    right = attention.cosine_score(_QUERY, with_zero)
    undefined = right.copy()
    undefined[:, -1] = np.nan
    cases = [
        Case("two queries and four keys", (_QUERY, _KEY), attention.cosine_score(_QUERY, _KEY),
             {"that is the dot product; divide by both lengths.": dot,
              "divide by the keys' lengths too.": dot / query_length[:, None],
              "divide by the queries' lengths too.": dot / key_length,
              "divide by the lengths, not by their squares.": dot / np.outer(query_length**2, key_length**2),
              "that is the scaled dot product; the cosine divides by the lengths of the two vectors.":
              dot / math.sqrt(3)}),
        Case("a key of zeros", (_QUERY, with_zero), right,
             {"a vector of zeros has no direction, and 0/0 is not a number; let its score be 0.": undefined}),
    ]  # fmt: skip
    return judge(candidate, cases, "Only the angle counts, and a vector of zeros scores 0.")


def dot_attention(candidate: object) -> CheckResult:
    """Check a function `(query, key, value) -> output`: dot-product attention without scaling.

    One of the slips is the source article's own: a sum over the queries.
    """
    query = np.array([[1.0, 0.5], [0.2, -1.0], [2.0, 0.3]])
    key = np.array([[0.5, 1.0], [1.5, -0.3], [-1.0, 0.4]])
    value = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [-3.0, 5.0]])
    scores = attention.dot_score(query, key)
    raised, weights = np.exp(scores), attention.softmax(scores)
    down = raised / raised.sum(axis=0)
    cases = [
        Case("three queries and three keys", (query, key, query), weights @ query,
             {"the sum runs over the queries, as in the article's equation; it must run over the keys.":
              weights.T @ query,
              "softmax runs down the columns; each query's row must sum to one.": down @ query,
              "softmax is missing: the scores themselves are no weights.": scores @ query,
              "the weights do not sum to one; divide by the sum of the exponentials.": raised @ query,
              "the scores are scaled by the root of d; this exercise asks for the plain dot product.":
              attention.softmax(scores / math.sqrt(2)) @ query}),
        Case("two queries and four keys", (_QUERY, _KEY, value),
             attention.softmax(attention.dot_score(_QUERY, _KEY)) @ value),
        Case("scores of a thousand", (30 * query, 30 * query, query),
             attention.softmax(900 * attention.dot_score(query, query)) @ query,
             {"exp overflowed; subtract each row's maximum from the scores first.": np.full((3, 2), np.nan)}),
    ]  # fmt: skip
    return judge(candidate, cases, "Each output blends the values by weights that sum to one.")


def softmax_backward(candidate: object) -> CheckResult:
    """Check a function `(d_weights, weights) -> d_scores`: softmax's gradient, row by row."""
    weights = attention.softmax(_SCORES)
    d_weights = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, 1.0]])
    right = attention.softmax_backward(d_weights, weights)
    batch = (np.stack([d_weights, -d_weights[::-1]]), np.stack([weights, weights[::-1]]))
    cases = [
        Case("one row", (d_weights[0], weights[0]), right[0],
             {"that is only the diagonal of the Jacobian; one score moves every weight.":
              (d_weights * weights * (1 - weights))[0],
              "the mean is missing; subtract the sum of g times a before you multiply by a.":
              (d_weights * weights)[0],
              "the mean must be weighted: the sum of g times a, not of g alone.":
              (weights * (d_weights - d_weights.sum(axis=-1, keepdims=True)))[0],
              "the factor in front is missing; multiply by the weights.":
              (d_weights - (d_weights * weights).sum(axis=-1, keepdims=True))[0]}),
        Case("two rows", (d_weights, weights), right,
             {"the sum runs over all rows together; each row has its own, so sum with axis=-1.":
              weights * (d_weights - (d_weights * weights).sum())}),
        Case("a batch of two matrices", batch, attention.softmax_backward(*batch)),
    ]  # fmt: skip
    return judge(candidate, cases, "No Jacobian was built, and each row of the gradient sums to zero.")
