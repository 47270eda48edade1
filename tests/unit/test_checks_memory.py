"""The chapter's own checks: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest

from attend.brain import memory
from attend.checks import memory as checks


def in_turn(state, weights, neurons=None, at_zero=None, row=True):
    state = state.copy()
    for i in neurons if neurons is not None else range(len(state)):
        field = (weights[i] if row else weights[:, i]) @ state
        state[i] = (state[i] if at_zero is None else at_zero) if field == 0 else np.sign(field)
    return state


def blend(state, patterns, beta):
    scores = beta * patterns @ state
    raised = np.exp(scores - scores.max())
    return raised / raised.sum() @ patterns


def write(matrix, key, value, rate):
    return matrix + rate * np.outer(key, value - key @ matrix)


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda x, w: np.sign(w @ x), "all neurons changed at once"),
        (lambda x, w: np.where(w @ x == 0, x, np.sign(w @ x)), "all neurons changed at once"),
        (lambda x, w: x.copy(), "nothing has changed"),
        (lambda x, w: in_turn(x, w, range(len(x))[::-1]), "from first to last"),
        (lambda x, w: in_turn(x, w, at_zero=0.0), "np.sign(0) is 0"),
        (lambda x, w: in_turn(x, w, at_zero=1.0), "here it became 1"),
        (lambda x, w: in_turn(x, w, row=False), "not down the column"),
        (lambda x, w: 2 * in_turn(x, w), "expected"),
        (lambda x, w: ..., "where the three dots stand"),
        (None, "Nothing to check yet"),
    ],
)
def test_a_slip_in_the_sweep_meets_its_hint(candidate, hint):
    result = checks.hopfield_sweep(candidate)
    assert not result
    assert hint in result.message


def test_a_sweep_that_changes_its_input_is_told():
    def in_place(x, w):
        for i in range(len(x)):
            x[i] = np.sign(w[i] @ x) or x[i]
        return x

    assert "changed its input in place" in checks.hopfield_sweep(in_place).message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda x, p, b: memory.modern_update(x, p, b)[1], "returned the weights"),
        (lambda x, p, b: b * (p @ x) @ p, "softmax is missing"),
        (lambda x, p, b: np.exp(b * p @ x) @ p, "do not sum to one"),
        (lambda x, p, b: blend(x, p, 1), "beta has no effect"),
        (lambda x, p, b: blend(x, p, 1 / b), "instead of dividing"),
        (lambda x, p, b: np.exp(b * p @ x) / np.exp(b * p @ x).sum() @ p, "exp overflowed"),
        (lambda x, p, b: np.sign(blend(x, p, b)), "expected"),
        (memory.modern_update, "returned 2 values"),
        (lambda x, p, b: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_update_meets_its_hint(candidate, hint):
    result = checks.modern_update(candidate)
    assert not result
    assert hint in result.message


@pytest.mark.parametrize(
    ("candidate", "hint"),
    [
        (lambda m, k, v, r: m + r * np.outer(k, v), "that is Hebb's rule"),
        (lambda m, k, v, r: m - r * np.outer(k, v - k @ m), "the sign is wrong"),
        (lambda m, k, v, r: m + np.outer(k, v - k @ m), "the rate has no effect"),
        (lambda m, k, v, r: r * np.outer(k, v - k @ m), "the old matrix is gone"),
        (lambda m, k, v, r: (m + r * np.outer(k, v - k @ m)).T, "expected the shape (2, 3)"),
        (lambda m, k, v, r: ..., "where the three dots stand"),
    ],
)
def test_a_slip_in_the_write_meets_its_hint(candidate, hint):
    result = checks.delta_write(candidate)
    assert not result
    assert hint in result.message


def test_right_answers_pass():
    assert checks.hopfield_sweep(in_turn)
    assert checks.hopfield_sweep(memory.hopfield_sweep)
    assert checks.modern_update(blend)
    assert checks.modern_update(lambda *arguments: memory.modern_update(*arguments)[0])
    assert checks.delta_write(write)
