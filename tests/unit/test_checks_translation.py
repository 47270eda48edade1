"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend.checks import translation as checks


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def smoothed(z, t, e, log=log_softmax, spread=None, keep=None, reduce=np.mean, sign=-1):
    c = z.shape[-1]
    truth = np.eye(c)[t]
    wanted = (1 - e if keep is None else keep) * truth + (e / c if spread is None else spread)
    return reduce(sign * (wanted * log(z)).sum(axis=-1))


def others_only(z, t, e):
    truth = np.eye(z.shape[-1])[t]
    wanted = (1 - e) * truth + e / (z.shape[-1] - 1) * (1 - truth)
    return -(wanted * log_softmax(z)).sum(axis=-1).mean()


def overflowing(z, t, e):
    return smoothed(z, t, e, log=lambda z: np.log(np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)))


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda z, t, e: smoothed(z, t, e, reduce=lambda x: x), "expected the shape ()"),
        (lambda z, t, e: smoothed(z, t, e, reduce=np.sum), "sum over the positions"),
        (lambda z, t, e: smoothed(z, t, e, sign=1), "the sign is wrong"),
        (lambda z, t, e: smoothed(z, t, 0.0), "smoothing has no effect"),
        (lambda z, t, e: smoothed(z, t, e, spread=0.0), "only the right class counts"),
        (lambda z, t, e: smoothed(z, t, e, spread=e), "divided by the number of classes"),
        (others_only, "went to the wrong classes"),
        (lambda z, t, e: smoothed(z, t, e, log=lambda z: z), "softmax is missing"),
        (lambda z, t, e: smoothed(z, t, e, log=lambda z: np.exp(log_softmax(z))), "the logarithm is missing"),
        (overflowing, "exp overflowed"),
        (lambda z, t, e: 2 * smoothed(z, t, e), "expected"),
        (lambda z, t, e: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_loss_meets_its_hint(candidate, hint):
    result = checks.smoothed_cross_entropy(candidate)
    assert not result
    assert hint in result.message


def rate(n, d, w, pick=np.minimum, scale=-0.5, power=-1.5):
    return d**scale * pick(n * w**power, n**-0.5)


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda n, d, w: rate(n, d, w, scale=0), "d_model has no effect"),
        (lambda n, d, w: rate(n, d, w, scale=0.5), "not by the root"),
        (lambda n, d, w: rate(n, d, w, pick=np.maximum), "not the larger"),
        (lambda n, d, w: rate(n, d, w, pick=lambda a, b: a), "rises for ever"),
        (lambda n, d, w: rate(n, d, w, pick=lambda a, b: b), "falls from the first step on"),
        (lambda n, d, w: rate(n, d, w, power=-1.0), "exponent of the warm-up is -1.5"),
        (lambda n, d, w: 2 * rate(n, d, w), "expected"),
        (lambda n, d, w: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_schedule_meets_its_hint(candidate, hint):
    result = checks.warmup_schedule(candidate)
    assert not result
    assert hint in result.message


def beam(s, z, n, log=log_softmax, known=1.0, order=-1):
    return np.sort((known * s[:, None] + log(z)).ravel())[::-1][:n][::-order]


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda s, z, n: beam(s, z, n, order=1), "likeliest must come first"),
        (lambda s, z, n: beam(s, z, n, log=lambda z: z), "softmax is missing"),
        (lambda s, z, n: beam(s, z, n, known=0.0), "cost so far is missing"),
        (lambda s, z, n: beam(s, z, n, log=lambda z: np.exp(log_softmax(z))), "probabilities were added"),
        (
            lambda s, z, n: np.sort((s[:, None] + log_softmax(z)).max(axis=-1))[::-1][:n],
            "each beginning got one place",
        ),
        (lambda s, z, n: beam(s, z, n) - 1, "expected"),
        (lambda s, z, n: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_beam_meets_its_hint(candidate, hint):
    result = checks.beam_step(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.smoothed_cross_entropy(smoothed)
    assert checks.warmup_schedule(rate)
    assert checks.beam_step(beam)
