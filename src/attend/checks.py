"""Checks for the exercises: run a reader's function on small inputs and answer in words.

Each check takes the reader's function and returns a `CheckResult`: true if all is well, and printed as a
sentence that says what is right or where to look. The functions under test take the same arguments in the
same order as their namesakes in `attend.attention` and `attend.position`, and those serve as the reference.
"""

import math
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

from attend import attention, position

Array = np.ndarray

# ---------------------------------------------------------------- how a check runs and answers


@dataclass(frozen=True)
class CheckResult:
    """What a check found: `passed` is its truth, `message` what the reader sees."""

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return textwrap.fill(self.message, 72)  # an output box does not wrap by itself


@dataclass(frozen=True)
class Case:
    """One trial: the arguments, the right answer, and the wrong answers that well-known slips lead to.

    `about` names the input in words ("scores of a thousand"); `mistakes` maps a hint to the array that the
    slip would give, so that a reader who made it reads that hint.
    """

    about: str
    arguments: tuple
    expected: Array
    mistakes: Mapping[str, Array] = field(default_factory=dict)


def judge(candidate: object, cases: Sequence[Case], praise: str, tolerance: float = 1e-8) -> CheckResult:
    """Try a reader's function on each case in turn; the first that fails decides the message.

    `praise` says what a right answer has shown. Never raises because of what the reader's function does.
    """
    if candidate is None or candidate is Ellipsis:
        return CheckResult(False, "Nothing to check yet: write the function, then pass it by name.")
    if not callable(candidate):
        kind = type(candidate).__name__
        return CheckResult(
            False,
            f"Pass the function itself, without calling it; this check received a value of type {kind}.",
        )
    for case in cases:
        problem = _try_one(candidate, case, tolerance)
        if problem:
            return CheckResult(False, f"Not yet, for {case.about}: {problem}")
    return CheckResult(True, f"Right. {praise}")


def _try_one(candidate: Callable, case: Case, tolerance: float) -> str:
    """Say in words what is wrong with the candidate's answer to one case, or nothing if it is right."""
    arguments = deepcopy(case.arguments)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = candidate(*arguments)
    except NotImplementedError:
        return "the function is not written yet."
    except (Exception, SystemExit) as error:  # whatever the reader's code does, the answer is a sentence
        return f"the function stopped with {type(error).__name__}: {error}"
    changed = any(
        isinstance(before, np.ndarray) and not np.array_equal(before, after)
        for before, after in zip(case.arguments, arguments, strict=True)
    )
    if changed:
        return "the function changed its input in place; work on a copy or build a new array."
    return _compare(answer, case, tolerance)


def _compare(answer: object, case: Case, tolerance: float) -> str:
    """Compare an answer with the expected array: its kind, its shape, its numbers."""
    if answer is None:
        return "the function returned None; does it end in a return?"
    if answer is Ellipsis:
        return "the function returned `...`; put your code where the three dots stand."
    if isinstance(answer, tuple):
        return f"the function returned {len(answer)} values; this exercise asks for one array."
    try:
        array = np.asarray(answer)
    except Exception:  # a ragged list, a tensor that wants gradients: nothing to compare with
        array = np.asarray(None)
    if array.dtype.kind not in "fiub":
        return f"expected an array of real numbers, received {type(answer).__name__} (dtype {array.dtype})."
    if array.shape != case.expected.shape:
        return f"expected the shape {case.expected.shape}, received {array.shape}."
    close = np.isclose(array, case.expected, rtol=tolerance, atol=tolerance)
    if close.all():
        return ""
    for hint, slip in case.mistakes.items():
        if slip.shape == array.shape and np.allclose(
            array, slip, rtol=tolerance, atol=tolerance, equal_nan=True
        ):
            return hint
    first = tuple(int(i) for i in np.argwhere(~close)[0])
    place = f"at index {first if len(first) != 1 else first[0]} " if first else ""
    return f"{place}expected {case.expected[first]:.4g}, received {array[first]:.4g}."


# ---------------------------------------------------------------- similarity, softmax, weighted sum

_SCORES = np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 0.5]])
_QUERY = np.array([[1.0, 2.0, 2.0], [0.0, 3.0, -4.0]])
_KEY = np.array([[2.0, 0.0, 0.0], [1.0, 1.0, 1.0], [-1.0, 2.0, 0.5], [3.0, 0.0, 4.0]])
_VALUE = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])


def softmax(candidate: object) -> CheckResult:
    """Check a function `scores -> weights`: the softmax of each row, for large scores too."""
    raised = np.exp(_SCORES)
    huge = np.array([[1000.0, 1001.0, 999.0], [-1000.0, -1001.0, -1002.0]])
    cases = [
        Case("one row of scores", (_SCORES[0],), attention.softmax(_SCORES[0]),
             {"the weights do not sum to one; divide by the sum of the exponentials.": raised[0],
              "exp is missing; raise e to each score before you divide by the sum.":
              _SCORES[0] / _SCORES[0].sum()}),
        Case("two rows of scores", (_SCORES,), attention.softmax(_SCORES),
             {"the columns sum to one; it is each row that must, so sum with axis=-1.":
              raised / raised.sum(axis=0),
              "all the weights together sum to one; each row must, so sum with axis=-1.":
              raised / raised.sum()}),
        Case("scores of a thousand", (huge,), attention.softmax(huge),
             {"exp overflowed; subtract the row's maximum from the scores first.":
              np.array([[np.nan] * 3, [np.nan] * 3])}),
        Case("a batch of two matrices", (np.stack([_SCORES, _SCORES[::-1]]),),
             attention.softmax(np.stack([_SCORES, _SCORES[::-1]]))),
    ]  # fmt: skip
    return judge(candidate, cases, "Each row sums to one, and scores of a thousand do not overflow.")


def temperature(candidate: object) -> CheckResult:
    """Check a function `(scores, temperature) -> weights`: softmax, sharp when cold and flat when hot."""
    cases = []
    for degree, about in ((1.0, "temperature 1"), (0.5, "temperature 0.5"), (4.0, "temperature 4")):
        slips = {
            "a low temperature must sharpen; divide the scores by it instead of multiplying.":
                attention.softmax(_SCORES * degree),
            "the temperature has no effect; divide the scores by it.": attention.softmax(_SCORES),
            "divide the scores by the temperature before exp; dividing the weights breaks their sum.":
                attention.softmax(_SCORES) / degree,
        }  # fmt: skip
        cases.append(Case(about, (_SCORES, degree), attention.softmax(_SCORES, temperature=degree), slips))
    cold = attention.softmax(_SCORES, temperature=0.001)
    overflowed = np.full_like(cold, np.nan)
    overflow_hint = "exp overflowed; subtract the row's maximum before you divide by the temperature."
    with np.errstate(over="ignore", invalid="ignore"):
        raised = np.exp(_SCORES / 0.001)
        partly = raised / raised.sum(axis=-1, keepdims=True)
    cases.append(
        Case("temperature 0.001", (_SCORES, 0.001), cold,
             {overflow_hint: partly, "exp overflowed; subtract the row's maximum first.": overflowed})
    )  # fmt: skip
    return judge(
        candidate, cases, "Cold sharpens, hot flattens, and a temperature near zero does not overflow."
    )


def weighted_sum(candidate: object) -> CheckResult:
    """Check a function `(weights, value) -> output`: each row of weights blends the values."""
    square = attention.softmax(np.array([[1.0, 2.0, 4.0], [0.0, -1.0, 0.5], [3.0, 0.0, 0.0]]))
    oblong = square[:2]
    cases = [
        Case("three queries and three keys", (square, _VALUE), square @ _VALUE,
             {"the sum runs over the queries; it must run over the keys, the last axis of weights.":
              square.T @ _VALUE,
              "the weights had no effect; each value must be multiplied by its weight.":
              np.broadcast_to(_VALUE.sum(axis=0), (3, 2)),
              "that is the plain average; multiply each value by its weight.":
              np.broadcast_to(_VALUE.mean(axis=0), (3, 2))}),
        Case("two queries and three keys", (oblong, _VALUE), oblong @ _VALUE),
        Case("a batch of two", (np.stack([oblong, oblong[::-1]]), np.stack([_VALUE, -_VALUE])),
             np.stack([oblong @ _VALUE, oblong[::-1] @ -_VALUE])),
    ]  # fmt: skip
    return judge(candidate, cases, "Each output is a blend of the values, and the sum runs over the keys.")


def cosine_score(candidate: object) -> CheckResult:
    """Check a function `(query, key) -> scores`: the cosine of the angle, 0 for a vector of zeros."""
    dot = _QUERY @ _KEY.T
    query_length, key_length = np.linalg.norm(_QUERY, axis=1), np.linalg.norm(_KEY, axis=1)
    with_zero = np.vstack([_KEY, np.zeros(3)])
    right = attention.cosine_score(_QUERY, with_zero)
    undefined = right.copy()
    undefined[:, -1] = np.nan
    cases = [
        Case("two queries and four keys", (_QUERY, _KEY), attention.cosine_score(_QUERY, _KEY),
             {"that is the dot product; divide by both lengths.": dot,
              "divide by the keys' lengths too.": dot / query_length[:, None],
              "divide by the queries' lengths too.": dot / key_length,
              "divide by the lengths, not by their squares.": dot / np.outer(query_length**2, key_length**2),
              "that is the scaled dot product; the cosine divides by the lengths of the two vectors.":
              dot / math.sqrt(3)}),
        Case("a key of zeros", (_QUERY, with_zero), right,
             {"a vector of zeros has no direction, and 0/0 is not a number; let its score be 0.": undefined}),
    ]  # fmt: skip
    return judge(candidate, cases, "Only the angle counts, and a vector of zeros scores 0.")


# ---------------------------------------------------------------- position


def sinusoidal(candidate: object) -> CheckResult:
    """Check a function `(length, d_model) -> encoding`: sines and cosines, interleaved, base 10000."""
    length, d_model = 6, 8
    right = position.sinusoidal(length, d_model)
    angles = np.arange(length)[:, None] * position.frequencies(d_model)
    swapped = np.stack((np.cos(angles), np.sin(angles)), axis=-1).reshape(length, d_model)
    halves = np.concatenate((np.sin(angles), np.cos(angles)), axis=-1)
    wrong_angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(d_model) / d_model)
    each_own = np.where(np.arange(d_model) % 2, np.cos(wrong_angles), np.sin(wrong_angles))
    half_angles = np.arange(length)[:, None] * 10000.0 ** (-np.arange(d_model // 2) / d_model)
    half_speed = np.stack((np.sin(half_angles), np.cos(half_angles)), axis=-1).reshape(length, d_model)
    cases = [
        Case("6 positions and 8 features", (length, d_model), right,
             {"sine and cosine have changed places; sine goes to the even features 0, 2, 4, …": swapped,
              "all sines come first; let sine and cosine of one frequency stand side by side.": halves,
              "features 2i and 2i+1 share one frequency, with the exponent 2i/d_model for both.":
              each_own,
              "the exponent is 2i/d_model, where i counts pairs; here it is i/d_model.": half_speed,
              "positions count from 0, so the first row is 0, 1, 0, 1, …": position.sinusoidal(7, 8)[1:]}),
        Case("50 positions and 4 features", (50, 4), position.sinusoidal(50, 4)),
    ]  # fmt: skip
    return judge(candidate, cases, "Each pair of features turns at its own speed, sine beside cosine.")


def shift_matrix(candidate: object) -> CheckResult:
    """Check a function `(offset, d_model) -> matrix`: the rotation that moves an encoding by `offset`."""
    backwards = "this one moves positions back; look at the sign of the two sines."
    cases = [
        Case("offset 0 and 6 features", (0, 6), np.eye(6)),
        Case("offset 3 and 2 features", (3, 2), position.shift_matrix(3, 2),
             {backwards: position.shift_matrix(-3, 2)}),
        Case("offset 5 and 8 features", (5, 8), position.shift_matrix(5, 8),
             {backwards: position.shift_matrix(-5, 8),
              "every pair turns by the same angle; each has its own frequency.":
              np.kron(np.eye(4), position.shift_matrix(5, 2))}),
    ]  # fmt: skip
    return judge(
        candidate, cases, "A shift is a rotation: one matrix moves every position by the same offset."
    )


def rotary(candidate: object) -> CheckResult:
    """Check a function `(x, positions) -> turned`: each pair of neighbours turned by position × frequency."""
    x = np.arange(1.0, 25.0).reshape(3, 8) / 10
    positions = np.array([0.0, 1.0, 5.0])
    halves = np.argsort([0, 2, 4, 6, 1, 3, 5, 7])  # features whose partner stands half a vector away
    split = position.rotary(x[:, halves], positions)[:, np.argsort(halves)]
    cases = [
        Case("position 0", (x, np.zeros(3)), x,
             {"sinusoids are added; rotary position turns the vector and adds nothing.":
              x + position.sinusoidal(1, 8)}),
        Case("positions 0, 1 and 5", (x, positions), position.rotary(x, positions),
             {"the pairs turn the wrong way; look at the sign of the sines.": position.rotary(x, -positions),
              "feature i is paired with feature i + d/2; here neighbours 2i and 2i+1 make a pair.": split,
              "every pair turns by the same angle; each has its own frequency.":
              position.rotary(x.reshape(3, 4, 2).swapaxes(0, 1), positions).swapaxes(0, 1).reshape(3, 8)}),
        Case("two heads", (np.stack([x, -x]), positions), position.rotary(np.stack([x, -x]), positions)),
    ]  # fmt: skip
    return judge(candidate, cases, "Lengths stay, and inner products depend on the distance alone.")


def alibi_bias(candidate: object) -> CheckResult:
    """Check a function `(num_heads, q_len, k_len) -> bias`: minus distance times the head's slope."""
    right = position.alibi_bias(8, 5, 5)
    slopes = position.alibi_slopes(8)
    distance = np.abs(position.relative_offsets(5, 5))
    cases = [
        Case("8 heads and 5 positions", (8, 5, 5), right,
             {"the bias must be a penalty, zero or below; mind the sign.": -right,
              "the slopes start at 1; the first head's slope is 1/2 for 8 heads.":
              -2 * slopes[:, None, None] * distance,
              "the heads are in the opposite order; the first has the steepest slope.": right[::-1],
              "every head has the same slope; head h has the slope 2^(-8h/num_heads).":
              np.broadcast_to(-0.5 * distance, right.shape),
              "keys ahead of the query are favoured; the penalty grows with distance both ways.":
              slopes[:, None, None] * position.relative_offsets(5, 5)}),
        Case("4 heads and 6 positions", (4, 6, 6), position.alibi_bias(4, 6, 6),
             {"the slopes are those for 8 heads; for 4 they are 2^(-2), 2^(-4), …":
              position.alibi_bias(8, 6, 6)[:4]}),
        Case("one head", (1, 3, 3), position.alibi_bias(1, 3, 3)),
    ]  # fmt: skip
    return judge(candidate, cases, "The diagonal is zero and every head looks back with its own slope.")


# ---------------------------------------------------------------- from similarity to output, and back


def dot_attention(candidate: object) -> CheckResult:
    """Check a function `(query, key, value) -> output`: dot-product attention without scaling.

    One of the slips is the source article's own: a sum over the queries.
    """
    query = np.array([[1.0, 0.5], [0.2, -1.0], [2.0, 0.3]])
    key = np.array([[0.5, 1.0], [1.5, -0.3], [-1.0, 0.4]])
    value = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0], [-3.0, 5.0]])
    scores = attention.dot_score(query, key)
    raised, weights = np.exp(scores), attention.softmax(scores)
    down = raised / raised.sum(axis=0)
    cases = [
        Case("three queries and three keys", (query, key, query), weights @ query,
             {"the sum runs over the queries, as in the article's equation; it must run over the keys.":
              weights.T @ query,
              "softmax runs down the columns; each query's row must sum to one.": down @ query,
              "softmax is missing: the scores themselves are no weights.": scores @ query,
              "the weights do not sum to one; divide by the sum of the exponentials.": raised @ query,
              "the scores are scaled by the root of d; this exercise asks for the plain dot product.":
              attention.softmax(scores / math.sqrt(2)) @ query}),
        Case("two queries and four keys", (_QUERY, _KEY, value),
             attention.softmax(attention.dot_score(_QUERY, _KEY)) @ value),
        Case("scores of a thousand", (30 * query, 30 * query, query),
             attention.softmax(900 * attention.dot_score(query, query)) @ query,
             {"exp overflowed; subtract each row's maximum from the scores first.": np.full((3, 2), np.nan)}),
    ]  # fmt: skip
    return judge(candidate, cases, "Each output blends the values by weights that sum to one.")


def softmax_backward(candidate: object) -> CheckResult:
    """Check a function `(d_weights, weights) -> d_scores`: softmax's gradient, row by row."""
    weights = attention.softmax(_SCORES)
    d_weights = np.array([[0.5, -1.0, 2.0], [3.0, 0.0, 1.0]])
    right = attention.softmax_backward(d_weights, weights)
    batch = (np.stack([d_weights, -d_weights[::-1]]), np.stack([weights, weights[::-1]]))
    cases = [
        Case("one row", (d_weights[0], weights[0]), right[0],
             {"that is only the diagonal of the Jacobian; one score moves every weight.":
              (d_weights * weights * (1 - weights))[0],
              "the mean is missing; subtract the sum of g times a before you multiply by a.":
              (d_weights * weights)[0],
              "the mean must be weighted: the sum of g times a, not of g alone.":
              (weights * (d_weights - d_weights.sum(axis=-1, keepdims=True)))[0],
              "the factor in front is missing; multiply by the weights.":
              (d_weights - (d_weights * weights).sum(axis=-1, keepdims=True))[0]}),
        Case("two rows", (d_weights, weights), right,
             {"the sum runs over all rows together; each row has its own, so sum with axis=-1.":
              weights * (d_weights - (d_weights * weights).sum())}),
        Case("a batch of two matrices", batch, attention.softmax_backward(*batch)),
    ]  # fmt: skip
    return judge(candidate, cases, "No Jacobian was built, and each row of the gradient sums to zero.")
