"""Checks for the exercises of chapter 13, real pretrained models."""

import numpy as np

from attend.checks.judge import Case, CheckResult, judge


def sentence_vectors(candidate: object) -> CheckResult:
    """Check a function `(vectors, real) -> (batch, m)`: the mean over real tokens, scaled to length one."""
    rng = np.random.default_rng(13)
    vectors = rng.normal(size=(3, 5, 4)) + 0.5  # (batch, n, m)
    real = np.arange(5) < np.array([[4], [3], [1]])  # (batch, n)
    kept = vectors * real[..., None]
    mean = kept.sum(axis=1) / real.sum(axis=1, keepdims=True)

    def unit(x: np.ndarray) -> np.ndarray:
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    everything = np.ones((2, 5), dtype=bool)
    cases = [
        Case("three sentences of 4, 3 and 1 tokens", (vectors, real), unit(mean),
             {"padding took part in the mean; keep the tokens that are real.": unit(vectors.mean(axis=1)),
              "the vectors do not have length one yet.": mean,
              "the sum was divided by the padded length, and the result not scaled.": kept.mean(axis=1),
              "that is each sentence's first token; take the mean of all.": unit(vectors[:, 0]),
              "the mask is the wrong way round; True marks a real token.":
              unit((vectors * ~real[..., None]).sum(axis=1)),
              "the tokens were scaled before the mean; scale the mean.":
              (unit(vectors) * real[..., None]).sum(axis=1) / real.sum(axis=1, keepdims=True),
              "that is the largest entry of each feature, not the mean.":
              unit(np.where(real[..., None], vectors, -np.inf).max(axis=1))}),
        Case("no padding at all", (vectors[:2], everything), unit(vectors[:2].mean(axis=1))),
    ]  # fmt: skip
    return judge(candidate, cases, "A sentence is now one direction, and padding has no say in it.")


def rms_norm(candidate: object) -> CheckResult:
    """Check a function `(x, gain, eps) -> like x`: divide by the root of the mean square, times the gain."""
    rng = np.random.default_rng(7)
    x, gain, eps = rng.normal(size=(3, 6)) + 2, rng.normal(size=6) + 1, 0.1
    square = (x**2).mean(axis=-1, keepdims=True)
    centred = x - x.mean(axis=-1, keepdims=True)
    cases = [
        Case("three positions, six features", (x, gain, eps), x / np.sqrt(square + eps) * gain,
             {"that is layer norm; RMS norm leaves the mean alone.":
              centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) * gain,
              "the denominator is the standard deviation; take the root of the mean square.":
              x / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps) * gain,
              "the gain is missing.": x / np.sqrt(square + eps),
              "eps belongs under the root.": x / (np.sqrt(square) + eps) * gain,
              "eps is missing, and it matters where x is small.": x / np.sqrt(square) * gain,
              "the sum of squares was not divided by the number of features.":
              x / np.sqrt((x**2).sum(axis=-1, keepdims=True) + eps) * gain,
              "the mean runs over all positions; each position is scaled on its own.":
              x / np.sqrt((x**2).mean() + eps) * gain,
              "the root is missing.": x / (square + eps) * gain}),
        Case("a position of zeros", (np.zeros((1, 6)), gain, eps), np.zeros((1, 6))),
    ]  # fmt: skip
    return judge(candidate, cases, "One division, one gain, and no mean to subtract.")
