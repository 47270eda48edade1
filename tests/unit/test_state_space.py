"""State-space models: recurrence, convolution and masked attention are one thing; messages are clear."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attend import state_space as ssm
from attend.brain.fast_weights import hebbian_memory

numbers, shares = st.floats(-3, 3), st.floats(0, 1)


@st.composite
def constant(draw):
    """A signal (batch, n), and decay, write and read (d,)."""
    batch, n, d = (draw(st.integers(1, most)) for most in (2, 9, 4))
    signal = draw(arrays(float, (batch, n), elements=numbers))
    return (
        signal,
        draw(arrays(float, d, elements=shares)),
        *(draw(arrays(float, d, elements=numbers)) for _ in range(2)),
    )


@st.composite
def selective(draw):
    """Queries and keys (batch, n, d), values (batch, n, v), decays (batch, n)."""
    batch, n, d, v = (draw(st.integers(1, most)) for most in (2, 7, 4, 3))
    shapes = ((batch, n, d), (batch, n, d), (batch, n, v))
    inputs = tuple(draw(arrays(float, shape, elements=numbers)) for shape in shapes)
    return *inputs, draw(arrays(float, (batch, n), elements=shares))


# ---------------------------------------------------------------- constants


@given(constant())
def test_recurrence_and_convolution_give_the_same(example):
    signal, decay, write, read = example
    output, state = ssm.recurrence(signal, decay, write, read)
    weights = ssm.kernel(decay, write, read, signal.shape[-1])
    np.testing.assert_allclose(ssm.convolve(signal, weights), output, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(state @ read, output[..., -1], atol=1e-12)


@given(constant())
def test_the_convolution_is_numpys(example):
    signal, *parts = example
    weights = ssm.kernel(*parts, signal.shape[-1])
    expected = [np.convolve(row, weights)[: signal.shape[-1]] for row in signal]
    np.testing.assert_allclose(ssm.convolve(signal, weights), expected, rtol=1e-12, atol=1e-11)


def test_a_kernel_by_hand():
    decay, write, read = np.array([0.5, 1.0]), np.array([2.0, 1.0]), np.array([1.0, -1.0])
    np.testing.assert_allclose(ssm.kernel(decay, write, read, 4), [1, 0, -0.5, -0.75])


def test_steps_of_a_held_input_land_on_the_exact_solution(rng):
    """For an input of 1 held for good, h(t) = (e^(rt) - 1) b / r."""
    rate, write = -rng.uniform(0.1, 3, 5), rng.normal(size=5)
    decay, held = ssm.discretize(rate, write, 0.25)
    for i in range(5):
        _, state = ssm.recurrence(np.ones(8), decay, held, np.eye(5)[i])
        np.testing.assert_allclose(state, np.expm1(rate * 2) / rate * write, atol=1e-14)


def test_two_half_steps_make_a_whole_one(rng):
    rate, write = -rng.uniform(0.1, 3, 5), rng.normal(size=5)
    half, whole = ssm.discretize(rate, write, 0.5), ssm.discretize(rate, write, 1)
    np.testing.assert_allclose(half[0] ** 2, whole[0], atol=1e-15)
    np.testing.assert_allclose(half[0] * half[1] + half[1], whole[1], atol=1e-15)


# ---------------------------------------------------------------- numbers that depend on the token


@given(selective())
def test_the_scan_is_attention_with_a_mask_of_products(example):
    output, _ = ssm.selective_scan(*example)
    expected, weights = ssm.gated_attention(*example)
    np.testing.assert_allclose(output, expected, rtol=1e-12, atol=1e-12)
    assert not np.triu(weights, 1).any()


@given(selective())
def test_the_weights_are_scores_times_products_of_decays(example):
    query, key, _, decay = example
    _, weights = ssm.gated_attention(*example)
    for b, i in np.ndindex(decay.shape):
        for j in range(i + 1):
            expected = query[b, i] @ key[b, j] * np.prod(decay[b, j + 1 : i + 1])
            np.testing.assert_allclose(weights[b, i, j], expected, rtol=1e-12, atol=1e-12)


@given(selective(), shares)
def test_equal_decays_are_hebbian_memory(example, share):
    query, key, value, decay = example
    output, state = ssm.selective_scan(query, key, value, np.full_like(decay, share))
    expected, matrix = hebbian_memory(query, key, value, share)
    np.testing.assert_allclose(output, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(state, matrix, rtol=1e-12, atol=1e-12)


def test_a_decay_of_zero_forgets_everything_before(rng):
    query, key, value = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    decay = np.array([1, 1, 1, 0.0, 1, 1])
    output, _ = ssm.selective_scan(query, key, value, decay)
    alone, _ = ssm.selective_scan(query[3:], key[3:], value[3:], decay[3:])
    np.testing.assert_allclose(output[3:], alone, atol=1e-14)


def test_the_first_decay_changes_nothing(rng):
    query, key, value = (rng.normal(size=(4, 3)) for _ in range(3))
    outputs = [ssm.selective_scan(query, key, value, np.array([a, 1, 1, 1.0]))[0] for a in (0, 1)]
    np.testing.assert_array_equal(*outputs)


# ---------------------------------------------------------------- messages

SMALL, PAIR = np.ones(3), np.ones((3, 2))


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ssm.discretize(np.zeros(2), np.ones(2), 1), ValueError, "rate: expected numbers below zero"),
        (lambda: ssm.discretize(-np.ones(2), np.ones(2), 0), ValueError, "step: expected a number above"),
        (lambda: ssm.discretize(-np.ones(2), SMALL, 1), ValueError, "write: expected axis d = 2 as in rate"),
        (lambda: ssm.recurrence(SMALL, SMALL, SMALL, np.ones(2)), ValueError, "read: expected axis d = 3"),
        (lambda: ssm.recurrence([1.0], SMALL, SMALL, SMALL), TypeError, "signal: expected a NumPy array"),
        (lambda: ssm.kernel(SMALL, SMALL, SMALL, 0), ValueError, "length: expected a whole number of at le"),
        (lambda: ssm.convolve(SMALL, np.ones(2)), ValueError, "kernel: expected axis n = 3 as in signal"),
        (lambda: ssm.selective_scan(PAIR, PAIR, PAIR, np.ones(2)), ValueError, "decay: expected axis n = 3"),
        (lambda: ssm.selective_scan(PAIR, PAIR, PAIR, 2 * SMALL), ValueError,
         "decay: expected numbers from 0 to 1, received 2.0"),
        (lambda: ssm.gated_attention(PAIR, PAIR, PAIR, -SMALL), ValueError,
         "decay: expected numbers from 0 to 1, received -1.0"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
