"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend.checks import pretrained as checks


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def mean(vectors, real):
    return (vectors * real[..., None]).sum(axis=1) / real.sum(axis=1, keepdims=True)


def root(x, eps):
    return np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)


def layer_norm(x, gain, eps):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / root(centred, eps) * gain


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda v, r: unit(v.mean(axis=1)), "padding took part"),
        (mean, "do not have length one"),
        (lambda v, r: (v * r[..., None]).mean(axis=1), "divided by the padded length"),
        (lambda v, r: unit(v[:, 0]), "first token"),
        (lambda v, r: unit((v * ~r[..., None]).sum(axis=1)), "the wrong way round"),
        (lambda v, r: mean(unit(v), r), "scale the mean"),
        (lambda v, r: unit(np.where(r[..., None], v, -np.inf).max(axis=1)), "not the mean"),
        (lambda v, r: unit(mean(v, r)).T, "expected the shape (3, 4)"),
        (lambda v, r: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_the_pooling_are_named(candidate, hint):
    result = checks.sentence_vectors(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (layer_norm, "that is layer norm"),
        (lambda x, g, e: x / root(x - x.mean(axis=-1, keepdims=True), e) * g, "standard deviation"),
        (lambda x, g, e: x / root(x, e), "the gain is missing"),
        (lambda x, g, e: x / (root(x, 0) + e) * g, "under the root"),
        (lambda x, g, e: x / root(x, 0) * g, "eps is missing"),
        (lambda x, g, e: x / np.sqrt((x**2).sum(axis=-1, keepdims=True) + e) * g, "not divided"),
        (lambda x, g, e: x / np.sqrt((x**2).mean() + e) * g, "over all positions"),
        (lambda x, g, e: x / root(x, e) ** 2 * g, "the root is missing"),
        (lambda x, g, e: x, "expected"),
        (None, "Nothing to check yet"),
    ],
)
def test_slips_in_rms_norm_are_named(candidate, hint):
    result = checks.rms_norm(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.sentence_vectors(lambda v, r: unit(mean(v, r)))
    assert checks.rms_norm(lambda x, gain, eps: x / root(x, eps) * gain)


def test_a_norm_that_is_only_right_where_x_is_large_is_found():
    def without_zeros(x, gain, eps):
        return np.where(x == 0, 1.0, x / root(x, eps) * gain)

    result = checks.rms_norm(without_zeros)
    assert not result
    assert "a position of zeros" in result.message
