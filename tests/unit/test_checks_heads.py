"""Chapter 7's checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend import attention
from attend.checks import heads as checks


def many(x, q, k, v, o, num_heads, *, split=attention.split_heads, merge=attention.merge_heads, scale=None,
         last=True):  # fmt: skip
    query, key, value = (split(x @ matrix, num_heads) for matrix in (q, k, v))
    scores = query @ key.swapaxes(-1, -2) / (scale or np.sqrt(query.shape[-1]))
    merged = merge(attention.softmax(scores) @ value)
    return merged @ o if last else merged


def cut(x, h):
    return x.reshape(h, len(x), -1)


def flat(x):
    return x.reshape(x.shape[1], -1)


def printed(x, q, k, v, o, num_heads):
    weights = attention.softmax(x @ x.T / np.sqrt(x.shape[1]))
    return weights @ x @ v @ o


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda *a: many(*a, last=False), "the output projection is missing"),
        (lambda *a: many(*a, split=cut), "split the features, then swap"),
        (lambda *a: many(*a, merge=flat), "swap the axes of heads and positions back"),
        (lambda *a: many(*a, scale=2.0), "a head's features, not of the model's"),
        (lambda *a: many(*a, scale=1.0), "not scaled"),
        (lambda *a: many(*a[:5], 1), "one head of full width"),
        (printed, "projections came after attention"),
        (lambda *a: ..., "where the three dots stand"),
        (lambda *a: many(*a)[0], "expected the shape (3, 4)"),
        (lambda *a: many(*a[:5], 2), "for five positions and three heads"),
    ],
)
def test_slips_in_multi_head_attention_meet_their_hints(candidate, hint):
    result = checks.multi_head(candidate)
    assert not result
    assert hint in result.message


def test_multi_head_attention_by_hand_and_by_loop_passes():
    def loop(x, q, k, v, o, num_heads):
        width = q.shape[1] // num_heads
        total = 0
        for h in range(num_heads):
            part = slice(h * width, (h + 1) * width)
            head, _ = attention.scaled_dot_product_attention(x @ q[:, part], x @ k[:, part], x @ v[:, part])
            total = total + head @ o[part]
        return total

    assert checks.multi_head(many)
    assert checks.multi_head(loop)


def parts(weights, value, matrix, blocks=None):
    blocks = matrix.reshape(len(value), -1, matrix.shape[1]) if blocks is None else blocks
    return weights @ value @ blocks


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda w, v, o: parts(w, v, o.T), "not of its columns"),
        (lambda w, v, o: parts(w, v, o, np.stack([o[::2], o[1::2]])), "rows of a head stand together"),
        (lambda w, v, o: parts(w, v, o, np.stack([o[:2], o[:2]])), "the same block of rows"),
        (lambda w, v, o: parts(w, v, o, np.stack([o[2:], o[:2]])), "have changed places"),
        (lambda w, v, o: parts(w, v, o).sum(axis=0), "expected the shape (2, 3, 4)"),
    ],
)
def test_slips_in_the_contributions_meet_their_hints(candidate, hint):
    result = checks.contributions(candidate)
    assert not result
    assert hint in result.message


def test_contributions_pass():
    assert checks.contributions(parts)


def grouped(query, key, value, spread=np.repeat, scale=None):
    if spread is np.tile:
        key, value = (np.tile(x, (len(query) // len(x), 1, 1)) for x in (key, value))
    else:
        key, value = (np.repeat(x, len(query) // len(x), axis=0) for x in (key, value))
    return attention.softmax(query @ key.swapaxes(-1, -2) / (scale or np.sqrt(key.shape[-1]))) @ value


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda *a: grouped(*a, spread=np.tile), "repeat, do not tile"),
        (lambda *a: grouped(*a, scale=1.0), "not scaled"),
        (lambda q, k, v: grouped(q, k[:1], v[:1]), "took the first keys"),
    ],
)
def test_slips_in_grouped_queries_meet_their_hints(candidate, hint):
    result = checks.grouped_query(candidate)
    assert not result
    assert hint in result.message


def test_grouped_queries_pass():
    assert checks.grouped_query(grouped)
