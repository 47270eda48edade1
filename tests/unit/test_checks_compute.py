"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend.checks import compute as checks


def factors(p):
    return np.exp(p - p.max())


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda p, t: t.sum(), "belong to different peaks"),
        (lambda p, t: np.sum(t * np.exp(p.max() - p)), "wrong sign"),
        (lambda p, t: np.sum(t * np.exp(p)), "at peak zero"),
        (lambda p, t: np.sum(t * np.exp(p - p[0])), "first block's peak"),
        (lambda p, t: factors(p).sum(), "total is missing"),
        (lambda p, t: np.mean(t * factors(p)), "the mean of the blocks"),
        (lambda p, t: p.max() + np.log(np.sum(t * factors(p))), "the logarithm of what is asked"),
        (lambda p, t: t * factors(p), "expected the shape ()"),
        (lambda p, t: np.sum(t * np.exp(p)) / np.exp(p.max()), "peaks of a thousand"),
        (lambda p, t: np.sum(t * np.exp(p - p.max())) if np.isfinite(p).all() else np.nan, "all is hidden"),
        (lambda p, t: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_merge_are_named(candidate, hint):
    result = checks.merged_total(candidate)
    assert not result
    assert hint in result.message


def rounded(m, step, how=np.rint):
    return how(m / step) * step


def largest(m, axis=1):
    return np.abs(m).max(axis=axis, keepdims=True)


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda m: rounded(m, np.abs(m).max() / 127), "the whole matrix"),
        (lambda m: rounded(m, largest(m, 0) / 127), "each column"),
        (lambda m: np.rint(m / largest(m) * 127), "those are the codes"),
        (lambda m: rounded(m, largest(m) / 128), "not 128"),
        (lambda m: rounded(m, largest(m) / 255), "nine bits"),
        (lambda m: rounded(m, largest(m) / 127, np.trunc), "cut off"),
        (lambda m: rounded(m, largest(m) / 127, np.floor), "rounded down"),
        (lambda m: rounded(m, m.max(axis=1, keepdims=True) / 127), "signed maximum"),
        (lambda m: rounded(m, (m.max(axis=1) - m.min(axis=1))[:, None] / 255), "largest minus smallest"),
        (lambda m: m, "nothing was rounded"),
        (lambda m: rounded(m, largest(m) / 127), "a row of zeros"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_rounding_are_named(candidate, hint):
    result = checks.quantized_rows(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda q, k, z: np.exp(q @ k.T - z[:, None]), "not divided by the root"),
        (lambda q, k, z: np.exp(q @ k.T / 2) / z[:, None], "subtracted in the exponent"),
        (lambda q, k, z: q @ k.T / 2 - z[:, None], "the logarithms of the weights"),
        (lambda q, k, z: np.exp(q @ k.T / 2) / np.exp(z)[:, None], "scores above a thousand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_weights_are_named(candidate, hint):
    result = checks.weights_again(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.merged_total(lambda p, t: np.sum(t * factors(p)))
    assert checks.quantized_rows(lambda m: rounded(m, np.where(largest(m) > 0, largest(m) / 127, 1.0)))
    assert checks.weights_again(lambda q, k, z: np.exp(q @ k.T / np.sqrt(q.shape[1]) - z[:, None]))
