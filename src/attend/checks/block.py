"""Checks for the exercises of chapter 9, the block."""

import numpy as np

from attend import block
from attend.checks.judge import Case, CheckResult, judge

_X = np.array([[1.0, 2.0, 3.0, 6.0], [-4.0, 0.5, 0.0, 1.5], [10.0, 10.0, 11.0, 9.0]])
_GAIN = np.array([1.0, 2.0, 0.5, -1.0])
_BIAS = np.array([0.0, 1.0, -1.0, 0.5])


def layer_norm(candidate: object) -> CheckResult:
    """Check a function `(x, gain, bias) -> y`: mean 0 and variance 1 a vector, then gain and bias."""
    mean, variance = _X.mean(axis=-1, keepdims=True), _X.var(axis=-1, keepdims=True)
    normal = (_X - mean) / np.sqrt(variance + 1e-5)
    across = (_X - _X.mean(axis=0)) / np.sqrt(_X.var(axis=0) + 1e-5)
    size = np.sqrt((_X * _X).mean(axis=-1, keepdims=True) + 1e-5)
    sample = (_X - mean) / np.sqrt(_X.var(axis=-1, ddof=1, keepdims=True) + 1e-5)
    alike = np.full((2, 4), 7.0)
    cases = [
        Case("three vectors of four features", (_X, _GAIN, _BIAS), block.layer_norm(_X, _GAIN, _BIAS),
             {"mean and variance run over the positions; each vector has its own, over its features.":
              _GAIN * across + _BIAS,
              "the mean is still there; subtract it first (without, this is RMS norm).":
              _GAIN * _X / size + _BIAS,
              "the variance is not its root: divide by the standard deviation.":
              _GAIN * (_X - mean) / (variance + 1e-5) + _BIAS,
              "the variance divides by the number of features, not by one less.": _GAIN * sample + _BIAS,
              "gain and bias are missing.": normal,
              "the bias is added after the gain has multiplied.": _GAIN * (normal + _BIAS),
              "the gain is missing.": normal + _BIAS,
              "the bias is missing.": _GAIN * normal}),
        Case("vectors whose features are all alike", (alike, _GAIN, _BIAS), np.tile(_BIAS, (2, 1)),
             {"0/0 is not a number; add a small epsilon to the variance before the root.":
              np.full((2, 4), np.nan)}),
    ]  # fmt: skip
    praise = "Each vector is judged among its own features, and epsilon holds when they are all alike."
    return judge(candidate, cases, praise, tolerance=1e-4)  # any small epsilon will do


def feed_forward(candidate: object) -> CheckResult:
    """Check a function `(x, up_matrix, up_bias, down_matrix, down_bias) -> y`: eq. 2 of the paper."""
    rng = np.random.default_rng(9)
    up, up_bias, down, down_bias = (rng.normal(size=shape) for shape in ((4, 6), (6,), (6, 4), (4,)))
    arguments = (_X / 4, up, up_bias, down, down_bias)
    x, inner = arguments[0], arguments[0] @ up + up_bias
    batch = np.stack([x, -x])
    cases = [
        Case("three positions", arguments, block.feed_forward(*arguments),
             {"ReLU is missing: without it the two matrices are one.": inner @ down + down_bias,
              "ReLU comes between the two matrices, not after the second.":
              np.maximum(inner @ down + down_bias, 0),
              "ReLU comes after the first bias.": (np.maximum(x @ up, 0) + up_bias) @ down + down_bias,
              "the first bias is missing.": np.maximum(x @ up, 0) @ down + down_bias,
              "the second bias is missing.": np.maximum(inner, 0) @ down,
              "the residual is not part of this function.":
              x + np.maximum(inner, 0) @ down + down_bias}),
        Case("a batch of two sequences", (batch, *arguments[1:]), block.feed_forward(batch, *arguments[1:])),
    ]  # fmt: skip
    return judge(candidate, cases, "The same small network at every position, of every sequence.")


def block_parameters(candidate: object) -> CheckResult:
    """Check a function `(d_model, d_ff) -> count`: a block's parameters, with biases and two layer norms."""
    cases = []
    for m, f in ((768, 3072), (64, 128)):
        attention, network, norms = 4 * m * m + 4 * m, 2 * m * f + f + m, 4 * m
        right = attention + network + norms
        slips = {
            "the biases are missing.": right - 5 * m - f,
            "the two layer norms are missing.": right - norms,
            "there are two layer norms, each with a gain and a bias.": right - norms // 2,
            "attention has four projections: queries, keys, values and output.": right - m * m - m,
            "the second bias of the feed-forward network has m entries, the first f.": right + f - m,
        }
        about = f"d_model {m} and d_ff {f}"
        hints = {hint: np.array(slip) for hint, slip in slips.items()}
        cases.append(Case(about, (m, f), np.array(right), hints))
    return judge(candidate, cases, "With d_ff = 4 d_model this is 12 m² + 13 m.", tolerance=1e-12)
