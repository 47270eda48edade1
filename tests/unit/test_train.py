"""The loss and the step in NumPy: known numbers, properties, and the gradient by finite differences."""

import math

import numpy as np
import pytest
from differences import CLOSE, central_differences
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attend.train import adam_step, cross_entropy, cross_entropy_backward

logit_arrays = arrays(float, (3, 4), elements=st.floats(-1e4, 1e4))
TARGETS = np.array([0, 3, 1])


# ---------------------------------------------------------------- cross-entropy


def test_cross_entropy_of_known_probabilities():
    logits, targets = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]), np.array([0, 2])
    assert cross_entropy(logits, targets) == pytest.approx(-(math.log(0.5) + math.log(0.8)) / 2, abs=1e-15)
    assert cross_entropy(np.zeros((5, 7)), np.arange(5)) == pytest.approx(math.log(7), abs=1e-15)
    assert cross_entropy(1e3 * np.eye(4), np.arange(4)) == 0
    assert cross_entropy(np.array([2e3, 0.0]), np.array(1)) == 2e3  # one position, no other axes


@given(logit_arrays, st.floats(-1e3, 1e3))
def test_cross_entropy_is_finite_not_negative_and_blind_to_a_shift(logits, shift):
    loss = cross_entropy(logits, TARGETS)
    assert math.isfinite(loss)
    assert loss >= 0
    assert cross_entropy(logits + shift, TARGETS) == pytest.approx(loss, rel=1e-9, abs=1e-9)


def test_only_what_is_counted_counts(rng):
    logits, targets = rng.normal(size=(2, 3, 5)), rng.integers(5, size=(2, 3))
    counted = np.array([[True, True, False], [True, False, False]])
    loss, d_logits = (f(logits, targets, counted) for f in (cross_entropy, cross_entropy_backward))
    assert loss == pytest.approx(cross_entropy(logits[counted], targets[counted]), abs=1e-15)
    np.testing.assert_array_equal(d_logits[~counted], 0)
    alone = cross_entropy_backward(logits[counted], targets[counted])
    np.testing.assert_allclose(d_logits[counted], alone, atol=1e-15)


@pytest.mark.parametrize("batch", [(), (4,), (2, 3)], ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_agrees_with_finite_differences(batch, masked, rng):
    logits, targets = rng.normal(size=(*batch, 5)), np.asarray(rng.integers(5, size=batch))
    counted = np.asarray(np.arange(targets.size).reshape(batch) % 3 == 0) if masked else None
    tried = central_differences(lambda z: cross_entropy(z, targets, counted), logits)
    d_logits = cross_entropy_backward(logits, targets, counted)
    np.testing.assert_allclose(d_logits, tried, **CLOSE)
    np.testing.assert_allclose(d_logits.sum(axis=-1), 0, atol=1e-15)  # probabilities move, their sum stays


def test_float32_stays_float32():
    logits = np.ones((3, 4), dtype=np.float32)
    assert cross_entropy_backward(logits, TARGETS).dtype == np.float32


# ---------------------------------------------------------------- Adam


def test_the_first_step_is_the_learning_rate_whatever_the_gradient_is():
    """m̂/√v̂ = g/|g|: the sign. Where there is no gradient nothing moves."""
    parameters = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([[4.0]])}
    gradients = {"a": np.array([1e-3, -70.0, 0.0]), "b": np.array([[2.0]])}
    moved, state = adam_step(parameters, gradients, learning_rate=0.25)
    np.testing.assert_allclose(moved["a"], [0.75, 2.25, 3.0], atol=1e-5)
    np.testing.assert_allclose(moved["b"], [[3.75]], atol=1e-5)
    assert state["steps"] == 1
    assert adam_step(moved, gradients, state)[1]["steps"] == 2


def test_two_steps_by_hand():
    gradient, after = {"w": np.array([3.0])}, {"w": np.array([-1.0])}
    first, state = adam_step({"w": np.array([0.0])}, gradient, None, 0.5, 0.5, 0.75, 1.0)
    np.testing.assert_allclose(first["w"], -0.5 * 3 / (3 + 1), atol=1e-15)
    second, state = adam_step(first, after, state, 0.5, 0.5, 0.75, 1.0)
    mean, square = 0.5 * 1.5 - 0.5, 0.75 * 2.25 + 0.25
    step = 0.5 * (mean / 0.75) / (math.sqrt(square / (1 - 0.75**2)) + 1)
    np.testing.assert_allclose(second["w"], first["w"] - step, atol=1e-15)
    np.testing.assert_allclose([state["mean"]["w"], state["square"]["w"]], [[mean], [square]], atol=1e-15)


def test_adam_finds_the_bottom_of_a_bowl_and_changes_none_of_its_inputs(rng):
    start, goal = {"w": rng.normal(size=(3, 2))}, rng.normal(size=(3, 2))
    before, parameters, state = start["w"].copy(), start, None
    for _ in range(400):
        gradients = {"w": 2 * (parameters["w"] - goal)}
        earlier = state and {name: state[name]["w"].copy() for name in ("mean", "square")}
        parameters, new_state = adam_step(parameters, gradients, state, learning_rate=0.05)
        for name, copy in (earlier or {}).items():
            np.testing.assert_array_equal(state[name]["w"], copy)
        state = new_state
    np.testing.assert_array_equal(start["w"], before)
    np.testing.assert_allclose(parameters["w"], goal, atol=1e-3)


def test_adam_keeps_float32():
    moved, _ = adam_step({"w": np.ones(2, np.float32)}, {"w": np.ones(2, np.float32)})
    assert moved["w"].dtype == np.float32
