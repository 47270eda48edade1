"""The checks of chapter 6: right answers pass, each well-known slip meets the hint that names it."""

import math

import numpy as np
import pytest

from attend import attention
from attend.checks import queries as checks

softmax = attention.softmax


def project(x, query_matrix, key_matrix, value_matrix):
    return x @ query_matrix, x @ key_matrix, x @ value_matrix


def self_attention(scores_of):
    """Self-attention whose scores come from query, key, d_k and the features of x."""

    def candidate(x, *matrices):
        query, key, value = project(x, *matrices)
        return softmax(scores_of(query, key, query.shape[-1], x.shape[-1])) @ value

    return candidate


def blends_x(x, *matrices):
    query, key, _ = project(x, *matrices)
    return softmax(query @ key.T / math.sqrt(query.shape[-1])) @ x


def down_the_columns(x, *matrices):
    query, key, value = project(x, *matrices)
    raised = np.exp(query @ key.T / math.sqrt(query.shape[-1]))
    return raised / raised.sum(axis=0) @ value


SELF_ATTENTION_SLIPS = [
    (self_attention(lambda q, k, d, m: q @ k.T), "the scores are not scaled"),
    (self_attention(lambda q, k, d, m: q @ k.T / d), "divide by its root"),
    (self_attention(lambda q, k, d, m: q @ k.T / math.sqrt(m)), "after the projection"),
    (self_attention(lambda q, k, d, m: q @ k.T * math.sqrt(d)), "are multiplied by the root"),
    (self_attention(lambda q, k, d, m: k @ q.T / math.sqrt(d)), "have changed places"),
    (self_attention(lambda q, k, d, m: q @ q.T / math.sqrt(d)), "keys were projected by the queries' matrix"),
    (self_attention(lambda q, k, d, m: k @ k.T / math.sqrt(d)), "queries were projected by the keys' matrix"),
    (self_attention(lambda q, k, d, m: q @ k.T / math.sqrt(2)), "for queries wider than x"),
    (blends_x, "x itself was blended"),
    (down_the_columns, "down the columns"),
    (lambda x, *matrices: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(
    ("candidate", "hint"), SELF_ATTENTION_SLIPS, ids=[h for _, h in SELF_ATTENTION_SLIPS]
)
def test_a_slip_in_self_attention_meets_its_hint(candidate, hint):
    result = checks.self_attention(candidate)
    assert not result
    assert hint in result.message


def test_right_self_attention_passes():
    assert checks.self_attention(lambda *a: attention.scaled_dot_product_attention(*project(*a))[0])
    assert checks.self_attention(self_attention(lambda q, k, d, m: q / d**0.25 @ (k / d**0.25).T))


def scores_of(query, key):
    return query @ key.T / math.sqrt(query.shape[-1])


def plain(scores):
    """Softmax without a guard: NaN where every score is minus infinity."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def masked(weigh):
    """Masked attention whose weights come from scores and mask."""
    return lambda query, key, value, visible: weigh(scores_of(query, key), visible) @ value


def renormalised(scores, visible):
    late = plain(scores) * visible
    return late / late.sum(axis=-1, keepdims=True)


def renormalised_with_guard(scores, visible):
    late = plain(scores) * visible
    total = late.sum(axis=-1, keepdims=True)
    return late / np.where(total > 0, total, 1.0)


MASK_SLIPS = [
    (masked(lambda s, seen: plain(s)), "the mask has no effect"),
    (masked(lambda s, seen: softmax(s, ~seen)), "the wrong way round"),
    (masked(lambda s, seen: softmax(s, seen.T) if len(set(seen.shape)) == 1 else plain(s)), "transposed"),
    (masked(lambda s, seen: plain(s) * seen), "came after softmax"),
    (masked(lambda s, seen: plain(s * seen)), "a score of zero is a score"),
    (masked(lambda s, seen: plain(s + np.where(seen, 0.0, -10.0))), "-10 is not infinity"),
    (masked(lambda s, seen: plain(np.where(seen, s, -np.inf))), "0/0 is not a number"),
    (masked(lambda s, seen: plain(np.where(seen, s, -1e9))), "a row of equal scores, however low"),
    (masked(lambda s, seen: plain(s + np.where(seen, 0.0, -1e9))), "lowering all scores of a row alike"),
    (masked(renormalised), "underflowed before their sum"),
    (masked(renormalised_with_guard), "for a hidden key with a very high score: at index (2, 0)"),
    (masked(lambda s, seen: softmax(s, seen & np.tri(*seen.shape, dtype=bool))), "for two queries and four"),
    (lambda query, key, value, visible: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(("candidate", "hint"), MASK_SLIPS, ids=[hint for _, hint in MASK_SLIPS])
def test_a_slip_with_the_mask_meets_its_hint(candidate, hint):
    result = checks.masked_attention(candidate)
    assert not result
    assert hint in result.message


def test_right_masked_attention_passes():
    assert checks.masked_attention(lambda *a: attention.scaled_dot_product_attention(*a)[0])

    def with_its_own_guard(scores, visible):
        raised = np.exp(scores - np.where(visible, scores, -1e300).max(axis=-1, keepdims=True)) * visible
        total = raised.sum(axis=-1, keepdims=True)
        return np.where(visible, raised, 0.0) / np.where(total > 0, total, 1.0)

    def hidden_first(scores, visible):
        return with_its_own_guard(np.where(visible, scores, -np.inf), visible)

    assert checks.masked_attention(masked(hidden_first))


def backward(scale=True, mean=True):
    """The gradient of the scores, with or without what people forget."""

    def d_scores(d_output, query, value, weights):
        d_weights = d_output @ value.T
        average = (d_weights * weights).sum(axis=-1, keepdims=True) if mean else 0.0
        return weights * (d_weights - average) / (math.sqrt(query.shape[-1]) if scale else 1.0)

    return d_scores


KEY_GRADIENT_SLIPS = [
    (lambda g, q, k, v, a: backward(scale=False)(g, q, v, a).T @ q, "the scale is missing"),
    (lambda g, q, k, v, a: (g @ v.T).T @ q / math.sqrt(q.shape[-1]), "softmax is missing"),
    (lambda g, q, k, v, a: backward(mean=False)(g, q, v, a).T @ q, "the mean over the row is missing"),
    (lambda g, q, k, v, a: backward()(g, q, v, a) @ q if len(q) == len(k) else k, "transpose the scores'"),
    (lambda g, q, k, v, a: backward()(g, q, v, a) @ k, "that is the queries' gradient"),
    (lambda g, q, k, v, a: a.T @ g, "that is the values' gradient"),
    (
        lambda g, q, k, v, a: backward()(g, q, v, a).T @ (k if len(q) == len(k) else q),
        "must meet the queries",
    ),
    (lambda g, q, k, v, a: -(backward()(g, q, v, a).T @ q), "expected"),
    (lambda g, q, k, v, a: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(("candidate", "hint"), KEY_GRADIENT_SLIPS, ids=[h for _, h in KEY_GRADIENT_SLIPS])
def test_a_slip_in_the_keys_gradient_meets_its_hint(candidate, hint):
    result = checks.key_gradient(candidate)
    assert not result
    assert hint in result.message


def test_the_right_gradient_passes():
    assert checks.key_gradient(lambda g, q, k, v, a: backward()(g, q, v, a).T @ q)
    assert checks.key_gradient(lambda *a: attention.scaled_dot_product_attention_backward(*a)[1])
