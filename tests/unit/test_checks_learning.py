"""The learning chapter's checks: right answers pass, each well-known slip meets the hint that names it."""

from math import comb

import numpy as np
import pytest

from attend.brain import learning
from attend.checks import learning as checks


def follow(change):
    """A function that follows a rule for the change of the weights at one pattern."""

    def path(weights, inputs, rate):
        steps = [weights]
        for x in inputs:
            steps.append(steps[-1] + change(steps[-1], x, steps[-1] @ x, rate))
        return np.array(steps)

    return path


def from_the_first(weights, inputs, rate):
    outputs = inputs @ weights
    changes = outputs[:, None] * (inputs - outputs[:, None] * weights)
    return np.vstack([weights, weights + rate * changes])


OJA_SLIPS = [
    (learning.hebb, "the decay is missing"),
    (follow(lambda w, x, y, rate: rate * y * (x - w)), "goes with the square of the output"),
    (follow(lambda w, x, y, rate: rate * (y * x - w)), "must depend on the output"),
    (follow(lambda w, x, y, rate: rate * y * (x + y * w)), "the wrong sign"),
    (follow(lambda w, x, y, rate: y * (x - y * w)), "the rate has no effect"),
    (follow(lambda w, x, y, rate: 0.1 * y * (x - y * w)), "for a higher rate"),
    (from_the_first, "every pattern meets the first weights"),
    (lambda weights, inputs, rate: learning.oja(weights, inputs, rate)[-1], "expected the shape (2, 3)"),
    (lambda weights, inputs, rate: ..., "where the three dots stand"),
    (None, "Nothing to check yet"),
]


def one_pass(is_wrong=lambda agreement: agreement <= 0, step=lambda x, label: label * x):
    def weights_after(weights, inputs, labels):
        for x, label in zip(inputs, labels, strict=True):
            if is_wrong(label * (weights @ x)):
                weights = weights + step(x, label)
        return weights

    return weights_after


def batch(weights, inputs, labels):
    signed = labels[:, None] * inputs
    return weights + signed[signed @ weights <= 0].sum(axis=0)


def in_place(weights, inputs, labels):
    for x, label in zip(inputs, labels, strict=True):
        if label * (weights @ x) <= 0:
            weights += label * x
    return weights


PASS_SLIPS = [
    (one_pass(is_wrong=lambda agreement: True), "every pattern changes the weights"),
    (one_pass(is_wrong=lambda agreement: agreement > 0), "it must be those that come out wrong"),
    (one_pass(is_wrong=lambda agreement: agreement < 0), "a sum of exactly zero decides nothing"),
    (one_pass(step=lambda x, label: x), "ignores the label"),
    (one_pass(step=lambda x, label: -label * x), "the wrong way"),
    (batch, "every pattern meets the first weights"),
    (in_place, "changed its input in place"),
    (learning.perceptron, "stopped with"),
]

COUNT_SLIPS = [
    (lambda p, n: sum(comb(p - 1, k) for k in range(n)), "the factor 2 is missing"),
    (lambda p, n: 2 * sum(comb(p, k) for k in range(n)), "that of P − 1"),
    (lambda p, n: 2 * sum(comb(p - 1, k) for k in range(n + 1)), "ends at k = N − 1"),
    (lambda p, n: 2 * sum(comb(p - 1, k) for k in range(1, n)), "begins at k = 0"),
    (lambda p, n: 2**p, "those are all labellings"),
    (learning.separable_share, "expected 58, received 0.2266"),
]


HIDDEN_SLIPS = [
    (lambda error, matrix, hidden: error @ matrix.T, "the slope of tanh is missing"),
    (lambda error, matrix, hidden: error @ matrix * (1 - hidden**2), "the matrix is not transposed"),
    (lambda error, matrix, hidden: error @ matrix.T * (1 - np.tanh(hidden) ** 2), "without another tanh"),
    (lambda error, matrix, hidden: error @ matrix.T * hidden * (1 - hidden), "the logistic function"),
    (lambda error, matrix, hidden: error @ matrix.T * hidden, "the activity itself is no slope"),
    (
        lambda error, matrix, hidden: error @ matrix[:2].T * (1 - hidden[:, :2] ** 2),
        "four hidden units and two outputs: expected the shape (3, 4)",
    ),
]


@pytest.mark.parametrize(
    ("check", "candidate", "hint"),
    [
        *((checks.oja, *slip) for slip in OJA_SLIPS),
        *((checks.perceptron_pass, *slip) for slip in PASS_SLIPS),
        *((checks.separable_count, *slip) for slip in COUNT_SLIPS),
        *((checks.hidden_error, *slip) for slip in HIDDEN_SLIPS),
    ],
)
def test_a_slip_meets_its_hint(check, candidate, hint):
    result = check(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("check", "candidate"),
    [
        (checks.oja, learning.oja),
        (checks.oja, follow(lambda w, x, y, rate: rate * y * (x - y * w))),
        (checks.perceptron_pass, one_pass()),
        (checks.separable_count, learning.separable_count),
        (checks.separable_count, lambda p, n: float(2 * sum(comb(p - 1, k) for k in range(n)))),
        (checks.hidden_error, lambda error, matrix, hidden: (error @ matrix.T) * (1 - hidden**2)),
        (
            checks.hidden_error,
            lambda error, matrix, hidden: np.einsum("po,ho,ph->ph", error, matrix, 1 - hidden**2),
        ),
    ],
)
def test_right_answers_pass(check, candidate):
    result = check(candidate)
    assert result, result.message
    assert result.message.startswith("Right. ")
