"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend import block, cost
from attend.checks import block as checks


def norm(x, g, b, axis=-1, ddof=0, epsilon=1e-5, root=True, mean=True):
    centred = x - x.mean(axis=axis, keepdims=True) if mean else x
    variance = x.var(axis=axis, ddof=ddof, keepdims=True) if mean else (x * x).mean(axis=axis, keepdims=True)
    return g * centred / ((variance + epsilon) ** (0.5 if root else 1)) + b


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda x, g, b: norm(x, g, b, axis=0), "run over the positions"),
        (lambda x, g, b: norm(x, g, b, mean=False), "RMS norm"),
        (lambda x, g, b: norm(x, g, b, root=False), "standard deviation"),
        (lambda x, g, b: norm(x, g, b, ddof=1), "not by one less"),
        (lambda x, g, b: norm(x, 1, 0), "gain and bias are missing"),
        (lambda x, g, b: g * (norm(x, 1, 0) + b), "after the gain"),
        (lambda x, g, b: norm(x, 1, b), "the gain is missing"),
        (lambda x, g, b: norm(x, g, 0), "the bias is missing"),
        (lambda x, g, b: norm(x, g, b, epsilon=0), "0/0 is not a number"),
        (lambda x, g, b: 2 * norm(x, g, b), "expected"),
        (lambda x, g, b: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_norm_meets_its_hint(candidate, hint):
    result = checks.layer_norm(candidate)
    assert not result
    assert hint in result.message


def network(x, a, b, c, d, relu=lambda h: np.maximum(h, 0)):
    return relu(x @ a + b) @ c + d


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda x, a, b, c, d: network(x, a, b, c, d, lambda h: h), "ReLU is missing"),
        (lambda x, a, b, c, d: np.maximum((x @ a + b) @ c + d, 0), "not after the second"),
        (lambda x, a, b, c, d: (np.maximum(x @ a, 0) + b) @ c + d, "after the first bias"),
        (lambda x, a, b, c, d: network(x, a, 0, c, d), "first bias is missing"),
        (lambda x, a, b, c, d: network(x, a, b, c, 0), "second bias is missing"),
        (lambda x, a, b, c, d: x + network(x, a, b, c, d), "residual is not part"),
        (lambda x, a, b, c, d: network(x, a, b, c, d)[:1].repeat(3, axis=0), "expected"),
        (lambda x, a, b, c, d: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_network_meets_its_hint(candidate, hint):
    result = checks.feed_forward(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda m, f: 4 * m * m + 2 * m * f + 4 * m, "biases are missing"),
        (lambda m, f: 4 * m * m + 2 * m * f + 5 * m + f, "two layer norms are missing"),
        (lambda m, f: 4 * m * m + 2 * m * f + 7 * m + f, "each with a gain and a bias"),
        (lambda m, f: 3 * m * m + 2 * m * f + 8 * m + f, "four projections"),
        (lambda m, f: 4 * m * m + 2 * m * f + 8 * m + 2 * f, "first f"),
        (lambda m, f: 12 * m * m + 13 * m, "expected"),
        (lambda m, f: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_count_meets_its_hint(candidate, hint):
    result = checks.block_parameters(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.layer_norm(norm)
    assert checks.layer_norm(lambda x, g, b: block.layer_norm(x, g, b, 1e-6)), "any small epsilon will do"
    assert checks.feed_forward(network)
    assert checks.block_parameters(lambda m, f: 4 * m * m + 2 * m * f + 9 * m + f)
    assert checks.block_parameters(lambda m, f: cost.encoder_layer_parameters(m, 4, f))
