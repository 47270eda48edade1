"""Checks for the exercises of chapter 7, many heads."""

import math

import numpy as np

from attend import attention
from attend.checks.judge import Case, CheckResult, judge

_RNG = np.random.default_rng(7)
_X = _RNG.normal(size=(3, 4))
_MATRICES = tuple(_RNG.normal(size=(4, 4)) for _ in range(4))  # of queries, keys, values, output
_WIDE_X = _RNG.normal(size=(5, 6))
_WIDE = tuple(_RNG.normal(size=(6, 6)) for _ in range(4))

_WEIGHTS = attention.softmax(_RNG.normal(size=(2, 3, 5)))
_VALUE = _RNG.normal(size=(2, 5, 2))
_OUTPUT_MATRIX = _RNG.normal(size=(4, 4))


def multi_head(candidate: object) -> CheckResult:
    """Check a function `(x, query_matrix, key_matrix, value_matrix, output_matrix, num_heads) -> output`."""
    query, key, value = (_X @ matrix for matrix in _MATRICES[:3])
    heads = [attention.split_heads(projected, 2) for projected in (query, key, value)]
    each = attention.scaled_dot_product_attention(*heads)[0]  # (h, n, d)
    merged, last = attention.merge_heads(each), _MATRICES[3]
    cut = [projected.reshape(2, 3, 2) for projected in (query, key, value)]
    too_cold = attention.softmax(heads[0] @ heads[1].swapaxes(-1, -2) / 2) @ heads[2]
    unscaled = attention.softmax(heads[0] @ heads[1].swapaxes(-1, -2)) @ heads[2]
    one = attention.scaled_dot_product_attention(query, key, value)[0]
    plain = attention.scaled_dot_product_attention(_X, _X, _X)[0] @ _MATRICES[2]
    cases = [
        Case("three positions and two heads", (_X, *_MATRICES, 2), merged @ last,
             {"the output projection is missing.": merged,
              "a reshape alone mixes positions and features; split the features, then swap the axes.":
              attention.merge_heads(attention.scaled_dot_product_attention(*cut)[0]) @ last,
              "before the last projection, swap the axes of heads and positions back, then reshape.":
              each.reshape(3, 4) @ last,
              "the scale is the root of a head's features, not of the model's.":
              attention.merge_heads(too_cold) @ last,
              "the scores are not scaled.": attention.merge_heads(unscaled) @ last,
              "all heads have the same weights: that is one head of full width.": one @ last,
              "the projections came after attention; they come before it.": plain @ last}),
        Case("five positions and three heads", (_WIDE_X, *_WIDE, 3),
             attention.multi_head_attention(_WIDE_X, _WIDE_X, _WIDE_X, *_WIDE, 3)[0]),
    ]  # fmt: skip
    return judge(candidate, cases, "Project, split, attend, merge, project once more.")


def contributions(candidate: object) -> CheckResult:
    """Check a function `(weights, value, output_matrix) -> parts`: what each head adds to the output."""
    each = _WEIGHTS @ _VALUE  # (h, q, v)
    blocks = _OUTPUT_MATRIX.reshape(2, 2, 4)  # (h, v, m)
    columns = _OUTPUT_MATRIX.T.reshape(2, 2, 4)
    right = each @ blocks
    fewer = (_WEIGHTS[:, :2], _VALUE[..., :1], _OUTPUT_MATRIX[:2])
    cases = [
        Case("two heads and three queries", (_WEIGHTS, _VALUE, _OUTPUT_MATRIX), right,
             {"head i meets the i-th block of rows of the output matrix, not of its columns.": each @ columns,
              "the rows of a head stand together: the first v rows are the first head's.":
              each @ np.stack([_OUTPUT_MATRIX[::2], _OUTPUT_MATRIX[1::2]]),
              "both heads met the same block of rows.": each @ blocks[[0, 0]],
              "the heads' blocks have changed places.": each @ blocks[::-1]}),
        Case("heads of one feature", fewer, (fewer[0] @ fewer[1]) @ fewer[2].reshape(2, 1, 4)),
    ]  # fmt: skip
    return judge(candidate, cases, "The parts add up to the output, so each head can be looked at alone.")


def grouped_query(candidate: object) -> CheckResult:
    """Check a function `(query, key, value) -> output` for more heads of queries than of keys and values."""
    query, key, value = (np.random.default_rng(8).normal(size=(h, 3, 2)) for h in (4, 2, 2))

    def attend(order: list[int], scale: float = math.sqrt(2)) -> np.ndarray:
        return attention.softmax(query @ key[order].swapaxes(-1, -2) / scale) @ value[order]

    one = (query, key[:1], value[:1])
    cases = [
        Case("four query heads, two key and value heads", (query, key, value), attend([0, 0, 1, 1]),
             {"neighbours share: heads 1 and 2 take the first keys, 3 and 4 the second; repeat, do not tile.":
              attend([0, 1, 0, 1]),
              "the scores are not scaled.": attend([0, 0, 1, 1], 1.0),
              "all query heads took the first keys and values.": attend([0, 0, 0, 0])}),
        Case("one head of keys and values", one,
             attention.softmax(query @ key[:1].swapaxes(-1, -2) / math.sqrt(2)) @ value[:1]),
    ]  # fmt: skip
    return judge(candidate, cases, "Each head of keys and values serves its group of queries' heads.")
