"""Checks for the exercises of chapter 2, how they learn."""

from collections.abc import Callable
from math import comb

import numpy as np

from attend.brain import learning
from attend.checks.judge import Case, CheckResult, judge

Array = np.ndarray

_START = np.array([0.6, -0.3, 0.2])
_INPUTS = np.array([[1.0, 0.5, -0.2], [-0.4, 1.2, 0.3], [2.0, -1.0, 0.1], [0.3, 0.3, -0.9]])
_LABELS = np.array([-1.0, 1.0, 1.0, -1.0])


def _path(change: Callable[[Array, Array, float], Array], start: Array = _START) -> Array:
    """The weights before the first pattern and after each, under a rule for their change."""
    weights = [start]
    for x in _INPUTS:
        weights.append(weights[-1] + change(weights[-1], x, weights[-1] @ x))
    return np.array(weights)


def oja(candidate: object) -> CheckResult:
    """Check a function `(weights, inputs, rate) -> path`: Oja's rule, all weights from first to last."""
    right = learning.oja(_START, _INPUTS, 0.1)
    slips = {
        "that is Hebb's rule; the decay is missing.": _path(lambda w, x, y: 0.1 * y * x),
        "the decay goes with the square of the output; yours goes with the output itself.":
            _path(lambda w, x, y: 0.1 * y * (x - w)),
        "the decay must depend on the output; yours is the same after every pattern.":
            _path(lambda w, x, y: 0.1 * (y * x - w)),
        "the decay has the wrong sign; it must pull the weights towards zero.":
            _path(lambda w, x, y: 0.1 * y * (x + y * w)),
        "the rate has no effect; multiply the change by it.": _path(lambda w, x, y: y * (x - y * w)),
    }  # fmt: skip
    first = {hint: path[:2] for hint, path in slips.items()}
    cases = [
        Case("one pattern", (_START, _INPUTS[:1], 0.1), right[:2], first),
        Case("four patterns", (_START, _INPUTS, 0.1), right, {
            "every pattern meets the first weights; each must meet those that the one before it left.":
                _START + np.vstack([np.zeros(3), [0.1 * (_START @ x) * (x - (_START @ x) * _START)
                                                  for x in _INPUTS]])}),
        Case("a higher rate", (_START, _INPUTS, 0.5), learning.oja(_START, _INPUTS, 0.5)),
    ]  # fmt: skip
    return judge(candidate, cases, "Growth as in Hebb's rule, and a decay that keeps it in bounds.")


def _pass(
    start: Array,
    acts: Callable[[Array], Array] = lambda agreement: agreement <= 0,
    step: Callable[[Array, Array], Array] = lambda x, label: label * x,
) -> Array:
    """The weights after one pass of the perceptron rule, or of one with another condition or another step."""
    weights = start
    for x, label in zip(_INPUTS, _LABELS, strict=True):
        if acts(label * (weights @ x)):
            weights = weights + step(x, label)
    return weights


def perceptron_pass(candidate: object) -> CheckResult:
    """Check a function `(weights, inputs, labels) -> weights`: one pass of the perceptron rule."""
    signed = _LABELS[:, None] * _INPUTS
    cases = [
        Case("four patterns", (_START, _INPUTS, _LABELS), _pass(_START), {
            "every pattern changes the weights; only those that come out wrong may.":
                _START + signed.sum(axis=0),
            "the patterns that come out right change the weights; it must be those that come out wrong.":
                _pass(_START, acts=lambda agreement: agreement > 0),
            "the step ignores the label; add label times input.": _pass(_START, step=lambda x, label: x),
            "the step goes the wrong way; add label times input.":
                _pass(_START, step=lambda x, label: -label * x),
            "every pattern meets the first weights; each must meet those that the one before it left.":
                _START + signed[signed @ _START <= 0].sum(axis=0)}),
        Case("weights of zero", (np.zeros(3), _INPUTS, _LABELS), _pass(np.zeros(3)), {
            "a sum of exactly zero decides nothing, so it counts as a mistake too.": np.zeros(3)}),
    ]  # fmt: skip
    return judge(candidate, cases, "Only mistakes teach, and each moves the weights by its own pattern.")


def separable_count(candidate: object) -> CheckResult:
    """Check a function `(num_patterns, num_inputs) -> count`: Cover's count of labellings."""
    cases = []
    for p, n in ((8, 3), (4, 3), (12, 6), (3, 5)):
        slips = {
            "the factor 2 is missing; with every labelling its opposite can be produced.":
                sum(comb(p - 1, k) for k in range(n)),
            "the binomial is that of P − 1, not of P.": 2 * sum(comb(p, k) for k in range(n)),
            "the sum ends at k = N − 1.": 2 * sum(comb(p - 1, k) for k in range(n + 1)),
            "the sum begins at k = 0.": 2 * sum(comb(p - 1, k) for k in range(1, n)),
            "those are all labellings; only some of them can be produced.": 2**p,
        }  # fmt: skip
        cases.append(
            Case(f"{p} patterns and {n} inputs", (p, n), np.array(learning.separable_count(p, n)),
                 {hint: np.array(slip) for hint, slip in slips.items()})
        )  # fmt: skip
    return judge(candidate, cases, "Half of all labellings at twice as many patterns as inputs.")


def hidden_error(candidate: object) -> CheckResult:
    """Check a function `(error, matrix, hidden) -> error`: one step of backpropagation through tanh units."""
    error = np.array([[0.5, -1.0], [0.2, 0.4], [-0.3, 0.1]])
    square = np.array([[1.0, 2.0], [-0.5, 0.3]])
    wide = np.array([[1.0, 2.0], [-0.5, 0.3], [0.7, -1.1], [0.2, 0.9]])
    few, many = np.tanh(_INPUTS[:3, :2]), np.tanh(np.hstack([_INPUTS[:3], _INPUTS[:3, :1]]))
    back = error @ square.T
    cases = [
        Case("two hidden units and two outputs", (error, square, few), back * (1 - few**2), {
            "the slope of tanh is missing; multiply by 1 − h².": back,
            "the matrix is not transposed; the error must go back the way the activity came.":
                error @ square * (1 - few**2),
            "`hidden` holds tanh already; its slope is 1 − h² without another tanh.":
                back * (1 - np.tanh(few) ** 2),
            "h (1 − h) is the slope of the logistic function; that of tanh is 1 − h².":
                back * few * (1 - few),
            "the activity itself is no slope; multiply by 1 − h².": back * few}),
        Case("four hidden units and two outputs", (error, wide, many), error @ wide.T * (1 - many**2)),
    ]  # fmt: skip
    return judge(candidate, cases, "The error goes back through the weights, then through the slope.")
