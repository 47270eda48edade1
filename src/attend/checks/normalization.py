"""Checks for the exercises of chapter 3, attention in the brain."""

import numpy as np

from attend.brain import normalization
from attend.checks.judge import Case, CheckResult, judge

_DRIVE = np.array([[1.0, 2.0, 4.0], [0.5, 0.0, 3.0]])


def divisive_normalization(candidate: object) -> CheckResult:
    """Check a function `(drive, exponent, sigma) -> response`: each drive over that of its whole pool."""
    raised, right = _DRIVE**3, normalization.divisive_normalization(_DRIVE, 3, 2.0)
    others = raised.sum(axis=-1, keepdims=True) - raised
    cases = [
        Case("one pool without sigma", (_DRIVE[0], 2, 0.0),
             normalization.divisive_normalization(_DRIVE[0], 2, 0.0),
             {"the exponent has no effect; raise each drive to it.": _DRIVE[0] / _DRIVE[0].sum(),
              "raise each drive in the sum too, before you add.": _DRIVE[0] ** 2 / _DRIVE[0].sum(),
              "raise each drive and then add; the sum is not raised as a whole.":
              _DRIVE[0] ** 2 / _DRIVE[0].sum() ** 2,
              "a neuron belongs to its own pool; the sum runs over all of them.":
              _DRIVE[0] ** 2 / ((_DRIVE[0] ** 2).sum() - _DRIVE[0] ** 2)}),
        Case("two pools and sigma 2", (_DRIVE, 3, 2.0), right,
             {"sigma is missing below the line.": raised / raised.sum(axis=-1, keepdims=True),
              "sigma is raised to the exponent as well.": raised / (2 + raised.sum(axis=-1, keepdims=True)),
              "all pools are added up; each row is a pool of its own, so sum with axis=-1.":
              raised / (8 + raised.sum()),
              "the columns are added up; each row is a pool, so sum with axis=-1.":
              raised / (8 + raised.sum(axis=0)),
              "a neuron belongs to its own pool; the sum runs over all of them.": raised / (8 + others)}),
        Case("a batch of two", (np.stack([_DRIVE, 2 * _DRIVE]), 1.5, 1.0),
             normalization.divisive_normalization(np.stack([_DRIVE, 2 * _DRIVE]), 1.5, 1.0)),
    ]  # fmt: skip
    return judge(candidate, cases, "With sigma above zero no pool's responses add up to one.")


def attended_response(candidate: object) -> CheckResult:
    """Check a function `(drive, attention, sigma, x_pool) -> response`: attention above and below."""
    x = np.arange(-30.0, 31.0, 3.0)
    pool = normalization.gaussian_pool(x, 12)
    lopsided = np.tril(pool)  # each neuron pools what lies on one side of it
    drive = normalization.gaussian(x, -9, 6) + 0.5 * normalization.gaussian(x, 12, 6)
    field = normalization.attention_field(3, normalization.gaussian(x, -9, 5))
    attended = field * drive
    right, _ = normalization.attended_response(drive, field, 0.1, pool)
    cases = [
        Case("attention that is the same everywhere", (drive, np.ones(x.size), 0.1, pool),
             drive / (pool @ drive + 0.1),
             {"sigma is missing below the line.": drive / (pool @ drive),
              "that is the pool's weights times the response; sigma and the pool belong below the line.":
              pool @ drive / 0.1,
              "sigma is multiplied in; it is added to the pooled drive.": drive / (pool @ drive * 0.1),
              "the whole drive is added up; each neuron has a pool of its own, x_pool @ drive.":
              drive / (drive.sum() + 0.1)}),
        Case("attention to the left stimulus", (drive, field, 0.1, pool), right,
             {"attention is missing from the pool; it multiplies the drive before the pool adds it up.":
              attended / (pool @ drive + 0.1),
              "attention is missing above the line.": drive / (pool @ attended + 0.1),
              "attention has no effect.": drive / (pool @ drive + 0.1),
              "attention multiplies the pooled drive; it belongs to each drive before they are pooled.":
              attended / (field * (pool @ drive) + 0.1)}),
        Case("a pool that looks to one side", (drive, field, 0.1, lopsided),
             attended / (lopsided @ attended + 0.1),
             {"the pool is transposed: row i of x_pool says what neuron i adds up.":
              attended / (lopsided.T @ attended + 0.1)}),
    ]  # fmt: skip
    return judge(candidate, cases, "Attention stands above the line and, through the pool, below it.")


def softmax_with_sink(candidate: object) -> CheckResult:
    """Check a function `(scores, sigma) -> weights`: shares that leave some for nobody, without overflow."""
    scores = np.array([[1.0, 2.0, 4.0], [0.0, -1.0, -3.0]])
    raised = np.exp(scores)
    total = raised.sum(axis=-1, keepdims=True)
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    huge = np.array([[1000.0, 1001.0], [-1000.0, -1001.0]])
    shares = 1 / (1 + np.exp([1.0, -1.0]))
    cases = [
        Case("one row and sigma 1", (scores[0], 1.0), raised[0] / (1 + raised[0].sum()),
             {"that is the plain softmax; sigma is missing below the line.": raised[0] / raised[0].sum(),
              "the maximum was subtracted from the scores but not from sigma's own score, ln sigma.":
              shifted[0] / (1 + shifted[0].sum())}),
        Case("two rows and sigma 3", (scores, 3.0), raised / (3 + total),
             {"sigma has no effect; it is added to the sum below the line.": raised / total,
              "sigma counts as 1 whatever it is.": raised / (1 + total),
              "sigma is a number beside the exponentials, not an exponent: add sigma, not exp(sigma).":
              raised / (np.exp(3.0) + total),
              "the maximum was subtracted from the scores but not from sigma's own score, ln sigma.":
              shifted / (3 + shifted.sum(axis=-1, keepdims=True))}),
        Case("scores of a thousand", (huge, 3.0), np.stack([shares, np.zeros(2)]),
             {"exp overflowed; subtract the largest score first, from ln sigma too.":
              np.array([[np.nan, np.nan], [0.0, 0.0]]),
              "the maximum was subtracted from the scores but not from sigma's own score, ln sigma.":
              np.exp(huge - huge.max(axis=-1, keepdims=True))
              / (3 + np.exp(huge - huge.max(axis=-1, keepdims=True)).sum(axis=-1, keepdims=True))}),
        Case("sigma 0", (scores, 0.0), raised / total,
             {"sigma 0 is the plain softmax, but ln 0 is minus infinity; take sigma times exp(-largest).":
              np.full_like(raised, np.nan)}),
    ]  # fmt: skip
    return judge(candidate, cases, "What is missing from one is the share that goes to nobody.")
