"""Chapter 1's own checks: right answers pass, each well-known slip meets the hint that names it."""

import re

import numpy as np
import pytest

from attend.brain import neuron
from attend.checks import neurons as checks


def interval(current, tau, resistance, rest, threshold, refractory):
    push = resistance * current
    return refractory + tau * np.log(push / (push - (threshold - rest)))


def masked(current, tau, resistance, rest, threshold, refractory):
    push, gap = resistance * current, threshold - rest
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = 1000 / (refractory + tau * np.log(push / (push - gap)))
    return np.where(push > gap, rate, 0.0)


def separated(weights):
    return np.hstack([np.clip(weights, 0, None), np.clip(weights, None, 0)])


def exact(v, i, step, tau, r, rest):
    kept = np.exp(-step / tau)
    return v * kept + (rest + r * i) * (1 - kept)


@pytest.mark.parametrize(
    ("check", "candidate"),
    [
        (checks.membrane_step, neuron.membrane_step),
        (checks.membrane_step, exact),
        (checks.firing_rate, neuron.firing_rate),
        (checks.firing_rate, masked),
        (checks.separate_signs, neuron.separate_signs),
        (checks.separate_signs, separated),
    ],
)
def test_right_answers_pass(check, candidate):
    result = check(candidate)
    assert result, result.message
    assert result.message.startswith("Right. ")


SLIPS = [
    (checks.membrane_step, lambda v, i, step, tau, r, rest: v + step / tau * (rest + r * i - v),
     "for a step of 0.1 ms: that is Euler's step"),
    (checks.membrane_step,
     lambda v, i, step, tau, r, rest: rest + r * i + (v - rest - r * i) * np.exp(step / tau),
     "look at the sign in the exponent"),
    (checks.membrane_step, lambda v, i, step, tau, r, rest: r * i + (v - r * i) * np.exp(-step / tau),
     "rest is missing"),
    (checks.membrane_step, lambda v, i, step, tau, r, rest: rest + (v - rest) * np.exp(-step / tau),
     "the current is missing"),
    (checks.membrane_step, lambda v, i, step, tau, r, rest: v + (rest + r * i - v) * np.exp(-step / tau),
     "the two shares are swapped"),
    (checks.membrane_step, lambda v, i, step, tau, r, rest: exact(v, i, step, tau, 1.0, rest),
     "multiply it by the resistance"),
    (checks.membrane_step, lambda v, i, step, tau, r, rest: exact(v, i, step, 10.0, r, rest), "expected"),
    (checks.firing_rate, interval, "one over it"),
    (checks.firing_rate, lambda *cell: 1 / interval(*cell), "multiply by 1000"),
    (checks.firing_rate, lambda i, tau, r, rest, th, ref: masked(i, tau, r, rest, th, 0.0),
     "the refractory time is missing"),
    (checks.firing_rate,
     lambda i, tau, r, rest, th, ref: 1000 / (ref + tau * np.log((r * i - (th - rest)) / (r * i))),
     "upside down"),
    (checks.firing_rate, lambda i, tau, r, rest, th, ref: masked(i, 1.0, r, rest, th, ref), "tau is missing"),
    (checks.firing_rate, lambda i, tau, r, rest, th, ref: masked(i, tau / np.log(10), r, rest, th, ref),
     "base e"),
    (checks.firing_rate, lambda *cell: 1000 / interval(*cell), "holds above the rheobase only"),
    (checks.firing_rate,
     lambda i, *cell: np.where(i > 1.5, 1000 / interval(np.maximum(i, 1.51), *cell), np.nan),
     "the rate is 0 there, not nan"),
    (checks.firing_rate, lambda i, tau, r, rest, th, ref: masked(i, 10.0, 10.0, rest, th, 2.0),
     "for another neuron"),
    (checks.separate_signs, lambda w: np.abs(separated(w)), "keep the sign"),
    (checks.separate_signs, lambda w: np.hstack([np.minimum(w, 0), np.maximum(w, 0)]), "comes second"),
    (checks.separate_signs, lambda w: np.stack([np.maximum(w, 0), np.minimum(w, 0)], -1).reshape(len(w), -1),
     "all excitatory ones first"),
    (checks.separate_signs, lambda w: np.vstack([np.maximum(w, 0), np.minimum(w, 0)]),
     "expected the shape (2, 6), received (4, 3)"),
    (checks.separate_signs, lambda w: ..., "where the three dots stand"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "candidate", "hint"), SLIPS, ids=[f"{c.__name__}: {hint}" for c, _, hint in SLIPS]
)
def test_each_slip_meets_its_hint(check, candidate, hint):
    result = check(candidate)
    assert not result
    assert re.search(re.escape(hint), result.message), result.message
