"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend.checks import outlook as checks


def steps(query, key, value, decay, *, early=False, fade_all=False, keep=True):
    state, output = np.zeros((key.shape[1], value.shape[1])), []
    for q, k, v, a in zip(query, key, value, decay, strict=True):
        before, new = state, np.outer(k, v)
        state = a * (state + new) if fade_all else a * keep * state + new
        output.append(q @ (before if early else state))
    return np.array(output)


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def largest(scores, top_k):
    return scores >= np.sort(scores, axis=-1)[:, -top_k, None]


def right_gates(scores, top_k):
    return softmax(np.where(largest(scores, top_k), scores, -np.inf))


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda q, k, v, a: steps(q, k, v, np.ones(5)), "nothing fades"),
        (lambda q, k, v, a: steps(q, k, v, a, early=True), "read before this token wrote"),
        (lambda q, k, v, a: steps(q, k, v, a, fade_all=True), "fade the old state only"),
        (lambda q, k, v, a: steps(q, k, v, a) - steps(q, k, v, a, keep=False), "the token itself wrote"),
        (lambda q, k, v, a: steps(q, k, v, a, keep=False), "only this token's pair"),
        (lambda q, k, v, a: steps(q, k, v, a)[-1], "expected the shape (5, 2)"),
        (lambda q, k, v, a: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_scan_are_named(candidate, hint):
    result = checks.scan(candidate)
    assert not result
    assert hint in result.message


def test_a_scan_that_divides_by_the_decay_is_found():
    def by_products(query, key, value, decay):
        left = np.cumprod(decay)
        with np.errstate(all="ignore"):
            return left[:, None] * steps(query, key, value / left[:, None], np.ones(len(decay)))

    result = checks.scan(by_products)
    assert not result
    assert "a decay of zero in the middle" in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda s, k: softmax(s), "every expert has a share"),
        (lambda s, k: np.where(largest(s, k), softmax(s), 0), "do not sum to one"),
        (lambda s, k: np.where(largest(s, k), s, 0), "raw scores"),
        (lambda s, k: softmax(np.where(largest(-s, k), s, -np.inf)),
         "smallest scores were kept"),
        (lambda s, k: softmax(np.where(largest(s, k), s, 0)), "minus infinity"),
        (lambda s, k: largest(s, k) / k, "the shares are equal"),
        (lambda s, k: right_gates(s, 2), "three experts for each token"),
        (None, "Nothing to check yet"),
    ],
)  # fmt: skip
def test_slips_in_the_gates_are_named(candidate, hint):
    result = checks.gates(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.scan(steps)
    assert checks.gates(right_gates)
