"""How an exercise's check runs a reader's function and answers in words."""

import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray


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
