"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend import attention
from attend.brain import normalization
from attend.checks import normalization as checks


def divide(drive, exponent, sigma):
    raised = drive**exponent
    return raised / (sigma**exponent + raised.sum(axis=-1, keepdims=True))


def respond(drive, field, sigma, pool):
    attended = field * drive
    return attended / (pool @ attended + sigma)


def with_sink(scores, sigma):
    top = scores.max(axis=-1, keepdims=True)
    top = np.maximum(top, np.log(sigma)) if sigma > 0 else top
    raised = np.exp(scores - top)
    return raised / (sigma * np.exp(-top) + raised.sum(axis=-1, keepdims=True))


def as_one_more_key(scores, sigma):
    with np.errstate(divide="ignore"):
        nobody = np.full((*scores.shape[:-1], 1), max(np.log(sigma), -1e300))
    return attention.softmax(np.concatenate([scores, nobody], axis=-1))[..., :-1]


def log_of_zero(scores, sigma):
    top = np.maximum(scores.max(axis=-1, keepdims=True), np.log(sigma))
    raised = np.exp(scores - top)
    return raised / (np.exp(np.log(sigma) - top) + raised.sum(axis=-1, keepdims=True)) + 0 * np.log(sigma)


RIGHT = [
    (checks.divisive_normalization, divide),
    (checks.divisive_normalization, normalization.divisive_normalization),
    (checks.attended_response, respond),
    (checks.attended_response, lambda *a: normalization.attended_response(*a)[0]),
    (checks.softmax_with_sink, with_sink),
    (checks.softmax_with_sink, as_one_more_key),
]


@pytest.mark.parametrize(("check", "candidate"), RIGHT)
def test_right_answers_pass(check, candidate):
    result = check(candidate)
    assert result, result.message
    assert result.message.startswith("Right. ")


def pooled(d):
    return d.sum(axis=-1, keepdims=True)


def shift(s):
    return np.exp(s - s.max(axis=-1, keepdims=True))


SLIPS = [
    (checks.divisive_normalization, lambda d, n, s: d / (s + pooled(d)), "the exponent has no effect"),
    (checks.divisive_normalization, lambda d, n, s: d**n / (s**n + pooled(d)),
     "raise each drive in the sum too"),
    (checks.divisive_normalization, lambda d, n, s: d**n / (s + pooled(d)) ** n, "not raised as a whole"),
    (checks.divisive_normalization, lambda d, n, s: d**n / (s**n + pooled(d**n) - d**n), "its own pool"),
    (checks.divisive_normalization, lambda d, n, s: d**n / pooled(d**n), "sigma is missing"),
    (checks.divisive_normalization, lambda d, n, s: d**n / (s + pooled(d**n)),
     "raised to the exponent as well"),
    (checks.divisive_normalization, lambda d, n, s: d**n / (s**n + (d**n).sum()), "all pools are added up"),
    (checks.divisive_normalization, lambda d, n, s: d**n / (s**n + (d**n).sum(axis=0)),
     "the columns are added up"),
    (checks.attended_response, lambda d, a, s, p: a * d / (p @ (a * d)), "sigma is missing"),
    (checks.attended_response, lambda d, a, s, p: p @ (a * d) / s, "belong below the line"),
    (checks.attended_response, lambda d, a, s, p: a * d / (p @ (a * d) * s), "sigma is multiplied in"),
    (checks.attended_response, lambda d, a, s, p: a * d / ((a * d).sum() + s), "a pool of its own"),
    (checks.attended_response, lambda d, a, s, p: a * d / (p @ d + s), "attention is missing from the pool"),
    (checks.attended_response, lambda d, a, s, p: d / (p @ (a * d) + s), "missing above the line"),
    (checks.attended_response, lambda d, a, s, p: d / (p @ d + s), "attention has no effect"),
    (checks.attended_response, lambda d, a, s, p: a * d / (a * (p @ d) + s), "before they are pooled"),
    (checks.attended_response, lambda d, a, s, p: a * d / (p.T @ (a * d) + s), "the pool is transposed"),
    (checks.attended_response, normalization.attended_response, "returned 2 values"),
    (checks.softmax_with_sink, lambda x, s: attention.softmax(x), "that is the plain softmax"),
    (checks.softmax_with_sink, lambda x, s: np.exp(x) / (1 + pooled(np.exp(x))),
     "counts as 1 whatever it is"),
    (checks.softmax_with_sink, lambda x, s: np.exp(x) / ((s == 1) + pooled(np.exp(x))), "has no effect"),
    (checks.softmax_with_sink, lambda x, s: np.exp(x) / ((np.exp(s) if s > 1 else s) + pooled(np.exp(x))),
     "not an exponent"),
    (checks.softmax_with_sink, lambda x, s: shift(x) / (s + pooled(shift(x))), "not from sigma's own score"),
    (checks.softmax_with_sink, lambda x, s: np.exp(x) / (s + pooled(np.exp(x))), "exp overflowed"),
    (checks.softmax_with_sink, log_of_zero, "ln 0 is minus infinity"),
    (checks.softmax_with_sink, lambda x, s: np.append(np.exp(x), s) / (s + np.exp(x).sum()),
     "expected the shape (3,), received (4,)"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "candidate", "hint"), SLIPS)
def test_a_slip_meets_its_hint(check, candidate, hint):
    result = check(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    "check", [checks.divisive_normalization, checks.attended_response, checks.softmax_with_sink]
)
def test_an_empty_answer_is_met_kindly(check):
    assert "Nothing to check yet" in check(None).message
    assert "where the three dots stand" in check(lambda *_: ...).message
