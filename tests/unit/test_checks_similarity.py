"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import re

import numpy as np
import pytest

from attend import attention
from attend.checks import similarity as checks


def stable(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def as_printed(query, key, value):
    return stable(query @ key.T).T @ value


def down_the_columns(query, key, value):
    raised = np.exp(query @ key.T)
    return raised / raised.sum(axis=0) @ value


def not_stable(query, key, value):
    raised = np.exp(query @ key.T)
    return raised / raised.sum(axis=-1, keepdims=True) @ value


def articles_extra_product(query, key, value):
    return (stable(query @ key.T) @ value * query).sum(axis=1)


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (as_printed, "the sum runs over the queries"),
        (down_the_columns, "softmax runs down the columns"),
        (not_stable, "exp overflowed"),
        (articles_extra_product, r"expected the shape \(3, 2\), received \(3,\)"),
        (lambda query, key, value: query @ key.T @ value, "softmax is missing"),
        (lambda query, key, value: np.exp(query @ key.T) @ value, "do not sum to one"),
        (
            lambda query, key, value: stable(query @ key.T / query.shape[1] ** 0.5) @ value,
            "are scaled by the root",
        ),
        (lambda query, key, value: stable(key @ key.T) @ value, "expected"),
        (lambda query, key, value: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_a_slip_in_attention_meets_its_hint(candidate, hint):
    result = checks.dot_attention(candidate)
    assert not result
    assert re.search(hint, result.message)


def test_right_attention_passes():
    assert checks.dot_attention(lambda query, key, value: stable(query @ key.T) @ value)
    assert checks.dot_attention(
        lambda query, key, value: attention.softmax(attention.dot_score(query, key)) @ value
    )


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda g, a: g * a * (1 - a), "only the diagonal"),
        (lambda g, a: g * a, "the mean is missing"),
        (lambda g, a: a * (g - g.sum(axis=-1, keepdims=True)), "the mean must be weighted"),
        (lambda g, a: g - (g * a).sum(axis=-1, keepdims=True), "the factor in front is missing"),
        (lambda g, a: a * (g - (g * a).sum()), "the sum runs over all rows together"),
        (lambda g, a: a * (g - (g * a).sum(axis=0, keepdims=True)), "expected"),
        (lambda g, a: -attention.softmax_backward(g, a), "expected"),
        (lambda g, a: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_gradient_meets_its_hint(candidate, hint):
    result = checks.softmax_backward(candidate)
    assert not result
    assert hint in result.message


def test_the_right_gradient_passes_with_and_without_the_jacobian():
    assert checks.softmax_backward(attention.softmax_backward)
    assert checks.softmax_backward(lambda g, a: (attention.softmax_jacobian(a) @ g[..., None])[..., 0])
