"""Checks for the exercises of chapter 4, memory is attention."""

import numpy as np

from attend.brain import fast_weights, memory
from attend.checks.judge import Case, CheckResult, judge


def hopfield_sweep(candidate: object) -> CheckResult:
    """Check a function `(state, weights) -> state`: each neuron in turn takes the sign of its input."""
    rng = np.random.default_rng(1982)
    patterns = rng.choice([-1.0, 1.0], size=(3, 12))
    weights = memory.hopfield_weights(patterns)
    state = patterns[0] * np.where(np.arange(12) % 3 == 0, -1.0, 1.0)
    opposed = np.array([[0.0, -1.0], [-1.0, 0.0]])
    alone = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])  # neuron 0 has no input
    together = np.array([1.0, 1.0])
    at_once = "all neurons changed at once; let each one see what those before it have become."
    one_way = np.array([[0.0, 2.0, -1.0], [1.0, 0.0, 3.0], [-2.0, 1.0, 0.0]])
    rows = np.array([1.0, -1.0, 1.0])
    cases = [
        Case("two neurons that oppose each other", (together, opposed),
             memory.hopfield_sweep(together, opposed),
             {at_once: np.array([-1.0, -1.0]),
              "nothing has changed; the new value must be stored before the next neuron looks.": together,
              "the neurons go from first to last.": np.array([1.0, -1.0])}),
        Case("a neuron without input", (np.array([-1.0, 1.0, -1.0]), alone), np.array([-1.0, -1.0, -1.0]),
             {"where the input is zero, the neuron stays as it is; np.sign(0) is 0.":
              np.array([0.0, -1.0, -1.0]),
              "where the input is zero, the neuron stays as it is; here it became 1.":
              np.array([1.0, -1.0, -1.0])}),
        Case("twelve neurons and three patterns", (state, weights), memory.hopfield_sweep(state, weights),
             {at_once: np.sign(weights @ state)}),
        Case("weights that are not symmetric", (rows, one_way), memory.hopfield_sweep(rows, one_way),
             {"neuron i listens along row i of the weights, not down the column.":
              memory.hopfield_sweep(rows, one_way.T)}),
    ]  # fmt: skip
    return judge(candidate, cases, "One neuron after the other, and no step can raise the energy.")


def modern_update(candidate: object) -> CheckResult:
    """Check a function `(state, patterns, beta) -> state`: the patterns, blended by softmax weights."""
    patterns = np.array([[1.0, 1, -1, -1], [1, -1, 1, -1], [1, 1, 1, 1], [-1, 1, 1, 1]])
    state = np.array([1.0, 0.5, -1.0, 0.0])
    cases = []
    for beta, about in ((1.0, "beta 1"), (0.25, "beta 0.25"), (3.0, "beta 3")):
        scores = patterns @ state
        right, weights = memory.modern_update(state, patterns, beta)
        slips = {
            "the function returned the weights; blend the patterns by them.": weights,
            "softmax is missing: the products themselves are no weights.": beta * scores @ patterns,
            "the weights do not sum to one; divide by the sum of the exponentials.":
                np.exp(beta * scores) @ patterns,
            "beta has no effect; multiply the products by it.": memory.modern_update(state, patterns, 1.0)[0],
            "beta is not a temperature: multiply the products by it instead of dividing.":
                memory.modern_update(state, patterns, 1 / beta)[0],
        }  # fmt: skip
        cases.append(Case(about, (state, patterns, beta), right, slips))
    large = (100 * state, patterns, 50.0)
    cases.append(
        Case("beta 50 and a long state", large, memory.modern_update(*large)[0],
             {"exp overflowed; subtract the largest score first.": np.full(4, np.nan)})
    )  # fmt: skip
    return judge(candidate, cases, "This is attention: the state asks, the patterns are keys and values.")


def delta_write(candidate: object) -> CheckResult:
    """Check a function `(matrix, key, value, rate) -> matrix`: write what the matrix does not know yet."""
    matrix = np.array([[1.0, 0.0, 2.0], [0.5, -1.0, 0.0]])
    key, value = np.array([0.6, 0.8]), np.array([3.0, 1.0, -2.0])
    known = key @ matrix
    cases = []
    for rate in (1.0, 0.5):
        right = matrix + rate * np.outer(key, value - known)
        slips = {
            "that is Hebb's rule; subtract what the key reads already.": matrix + rate * np.outer(key, value),
            "the sign is wrong: write the value minus what is known.":
                matrix - rate * np.outer(key, value - known),
            "the rate has no effect; multiply what is written by it.":
                matrix + np.outer(key, value - known),
            "the old matrix is gone; add to it.": rate * np.outer(key, value - known),
        }  # fmt: skip
        cases.append(Case(f"rate {rate:g}", (matrix, key, value, rate), right, slips))
    once = fast_weights.delta_memory(key[None], key[None], value[None], 0.3)[1]
    cases.append(Case("an empty matrix", (np.zeros((2, 3)), key, value, 0.3), once))
    return judge(candidate, cases, "At rate 1 a key of length 1 now reads exactly the new value.")
