"""Checks for the exercises of chapter 12, PyTorch."""

import numpy as np

from attend.checks.judge import Case, CheckResult, judge

_QUERY_MATRIX = np.array([[1.0, -0.5], [0.3, 0.8], [-0.6, 1.1]])
_KEY_MATRIX = np.array([[0.4, 1.2], [-0.9, 0.5], [0.7, -0.2]])
_VALUE_MATRIX = np.array([[1.0, 0.0], [0.5, -1.0], [0.2, 3.0]])

_GRADIENTS = np.array([[1.0, -2.0, 0.5], [4.0, 1.0, -1.0], [-3.0, 0.0, 2.0]])
_COUNTS = np.array([2.0, 5.0, 1.0])

_PARAMETER = np.array([1.0, -2.0, 0.5])
_GRADIENT = np.array([0.3, 0.001, -4.0])
_MEAN = np.array([0.1, -0.02, 0.5])
_SQUARE = np.array([0.05, 0.001, 3.0])


def packed_projections(candidate: object) -> CheckResult:
    """Check a function `(query_matrix, key_matrix, value_matrix) -> weight` of one linear layer, (3d, m)."""
    matrices = (_QUERY_MATRIX, _KEY_MATRIX, _VALUE_MATRIX)
    narrow = tuple(matrix[:, :1] for matrix in matrices)
    cases = [
        _packed_case("three features, d = 1", narrow),  # the transpose has the same shape, so it is named
        _packed_case("three features, d = 2", matrices),
    ]
    return judge(candidate, cases, "One product now gives queries, keys and values, in this order.")


def _packed_case(about: str, matrices: tuple[np.ndarray, ...]) -> Case:
    """Three matrices, with what the well-known slips make of them."""
    query, key, value = matrices
    slips = {
        "a linear layer multiplies by the transpose of its weight, so its rows are the matrices' columns.":
            np.hstack(matrices),
        "keys and queries have changed places; queries come first.": np.hstack([key, query, value]).T,
        "the order is queries, keys, values.": np.hstack([value, key, query]).T,
        "keys and values have changed places; the order is queries, keys, values.":
            np.hstack([query, value, key]).T,
    }  # fmt: skip
    return Case(about, matrices, np.hstack(matrices).T, slips)


def joined_gradient(candidate: object) -> CheckResult:
    """Check a function `(gradients, counts) -> gradient` of the mean over all tokens."""
    cases = [
        _joined_case("three processes", _GRADIENTS, _COUNTS),
        _joined_case("three processes, one without a token", _GRADIENTS, np.array([4.0, 0.0, 1.0])),
        _joined_case("one process", _GRADIENTS[:1], _COUNTS[:1]),
    ]
    return judge(candidate, cases, "Every token counts the same, whichever process held it.")


def _joined_case(about: str, gradients: np.ndarray, counts: np.ndarray) -> Case:
    """Rows of gradients and their counts, with what the well-known slips make of them."""
    right = counts @ gradients / counts.sum()
    slips = {
        "that is the mean over processes, as DDP takes it; weigh each by its tokens.": gradients.mean(axis=0),
        "that is the sum over processes; weigh each by its tokens, then divide by all tokens.":
            gradients.sum(axis=0),
        "each is weighed by its tokens; now divide by the number of all tokens.": counts @ gradients,
        "divide by the number of all tokens, not by that of the processes.": counts @ gradients / len(counts),
    }  # fmt: skip
    unlike = {hint: slip for hint, slip in slips.items() if not np.allclose(slip, right)}
    return Case(about, (gradients, counts), right, unlike)


def adamw_step(candidate: object) -> CheckResult:
    """Check AdamW's step, `(parameter, gradient, mean, square, step, rate, decay) -> parameter`."""
    zero = np.zeros(3)
    cases = [
        _adamw_case("the first step", (_PARAMETER, _GRADIENT, zero, zero, 1, 0.1, 0.0)),
        _adamw_case("the fourth step", (_PARAMETER, _GRADIENT, _MEAN, _SQUARE, 4, 0.1, 0.0)),
        _adamw_case("a step with decay", (_PARAMETER, _GRADIENT, _MEAN, _SQUARE, 4, 0.1, 0.5)),
    ]
    return judge(candidate, cases, "The gradient's size hardly counts, and the decay stays out of its way.")


def _adamw_case(about: str, arguments: tuple) -> Case:
    """One step, with what the well-known slips make of it."""
    parameter, gradient, mean, square, step, rate, decay = arguments
    right = _adamw(*arguments)
    shrunk = (1 - rate * decay) * parameter
    new_mean, new_square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
    unbiased_mean, unbiased_square = new_mean / (1 - 0.9**step), new_square / (1 - 0.999**step)
    with np.errstate(divide="ignore", invalid="ignore"):
        slips = {
            "mean and square start at zero, so early on they are too small; divide by 1 - beta ** step.":
                shrunk - rate * new_mean / (np.sqrt(new_square) + 1e-8),
            "the old mean and square were used; take the gradient in first.":
                shrunk - rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8),
            "divide by the root of the square, not by the square.":
                shrunk - rate * unbiased_mean / (unbiased_square + 1e-8),
            "the step goes uphill; subtract it.":
                shrunk + rate * unbiased_mean / (np.sqrt(unbiased_square) + 1e-8),
            "the decay went into the gradient, and so through the root: so it is Adam with L2.":
                _adamw(parameter, gradient + decay * parameter, mean, square, step, rate, 0.0),
            "the decay is missing.": _adamw(parameter, gradient, mean, square, step, rate, 0.0),
            "the decay is not multiplied by the learning rate.":
                right + (rate * decay - decay) * parameter,
            "that is a plain gradient step.": shrunk - rate * gradient,
        }  # fmt: skip
    unlike = {hint: slip for hint, slip in slips.items() if not np.allclose(slip, right)}
    return Case(about, arguments, right, unlike)


def _adamw(
    parameter: np.ndarray, gradient: np.ndarray, mean: np.ndarray, square: np.ndarray, step: int,
    rate: float, decay: float,
) -> np.ndarray:  # fmt: skip
    """Loshchilov and Hutter (2019), algorithm 2, with PyTorch's scaling of the decay by the rate."""
    mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
    root = np.sqrt(square / (1 - 0.999**step)) + 1e-8
    return (1 - rate * decay) * parameter - rate * mean / (1 - 0.9**step) / root
