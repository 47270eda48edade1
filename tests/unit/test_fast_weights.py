"""Fast weights: the same outputs from a matrix that changes as from attention over all that was seen."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attend.brain import fast_weights as fast

numbers = st.floats(-3, 3)


@st.composite
def sequences(draw):
    """Queries and keys (batch, n, d), values (batch, n, v)."""
    batch, n, d, v = (draw(st.integers(1, most)) for most in (2, 6, 4, 3))
    shapes = ((batch, n, d), (batch, n, d), (batch, n, v))
    return tuple(draw(arrays(float, shape, elements=numbers)) for shape in shapes)


def features(query, key, value):
    return fast.positive_features(query), fast.positive_features(key), value


# ---------------------------------------------------------------- linear attention


def test_features_are_elu_plus_one():
    x = np.array([-800.0, -2.0, -0.0, 0.0, 0.5, 3.0])
    expected = [0.0, np.exp(-2), 1.0, 1.0, 1.5, 4.0]
    with np.errstate(over="raise"):
        np.testing.assert_allclose(fast.positive_features(x), expected, rtol=0, atol=1e-15)
    assert (fast.positive_features(np.linspace(-30, 30, 601)) > 0).all()
    with np.errstate(over="raise"):
        assert fast.positive_features(np.array([1000.0])) == 1001


@given(sequences())
def test_attention_over_the_past_and_one_matrix_give_the_same(example):
    query, key, value = features(*example)
    output, _ = fast.linear_attention(query, key, value)
    np.testing.assert_allclose(
        fast.linear_attention_by_steps(query, key, value), output, rtol=1e-12, atol=1e-12
    )


@given(sequences())
def test_linear_attention_is_a_weighted_mean_of_what_came_before(example):
    query, key, value = features(*example)
    output, weights = fast.linear_attention(query, key, value)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-12)
    for b, i in np.ndindex(query.shape[:2]):
        products = key[b, : i + 1] @ query[b, i]
        expected = products / products.sum()
        np.testing.assert_allclose(weights[b, i, : i + 1], expected, atol=1e-12)
        assert (weights[b, i, i + 1 :] == 0).all()
        np.testing.assert_allclose(output[b, i], expected @ value[b, : i + 1], atol=1e-12)


@pytest.mark.parametrize("attend", [lambda *a: fast.linear_attention(*a)[0], fast.linear_attention_by_steps])
def test_the_future_does_not_leak(attend, rng):
    query, key, value = features(*(rng.normal(size=(7, 3)) for _ in range(3)))
    before = attend(query, key, value)
    key[4:] += 5
    value[4:] -= 7
    np.testing.assert_array_equal(attend(query, key, value)[:4], before[:4])


# ---------------------------------------------------------------- Hebb's rule


@given(sequences(), st.floats(0, 1))
def test_hebb_s_matrix_reads_every_past_value_by_its_key_s_product_and_age(example, decay):
    query, key, value = example
    read, matrix = fast.hebbian_memory(query, key, value, decay)
    n = query.shape[1]
    age = np.arange(n)[:, None] - np.arange(n)
    fading = np.where(age >= 0, float(decay) ** np.maximum(age, 0), 0.0)
    np.testing.assert_allclose(read, (query @ key.swapaxes(1, 2) * fading) @ value, atol=1e-9)
    last = sum(decay ** (n - 1 - i) * key[:, i, :, None] * value[:, i, None, :] for i in range(n))
    np.testing.assert_allclose(matrix, last, atol=1e-9)


def test_orthogonal_keys_read_their_values_exactly(rng):
    key = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    value = rng.normal(size=(5, 3))
    _, matrix = fast.hebbian_memory(key, key, value)
    np.testing.assert_allclose(key @ matrix, value, atol=1e-12)


# ---------------------------------------------------------------- the delta rule


def test_the_delta_rule_overwrites_where_hebb_adds():
    key = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])  # the first key comes back
    value = np.array([[5.0], [7.0], [-2.0]])
    hebb, _ = fast.hebbian_memory(key, key, value)
    delta, matrix = fast.delta_memory(key, key, value)
    np.testing.assert_allclose(hebb[:, 0], [5, 7, 3])
    np.testing.assert_allclose(delta[:, 0], [5, 7, -2])
    np.testing.assert_allclose(key[1] @ matrix, [7], err_msg="the other key keeps its value")


@given(sequences())
def test_at_rate_one_a_key_of_length_one_reads_its_newest_value(example):
    _, key, value = example
    key = key + 0.1  # no vector of zeros
    key = key / np.maximum(np.linalg.norm(key, axis=-1, keepdims=True), 1e-3)
    unit = np.isclose(np.linalg.norm(key, axis=-1), 1)
    read, _ = fast.delta_memory(key, key, value)
    np.testing.assert_allclose(read[unit], value[unit], atol=1e-9)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_a_write_is_a_step_down_the_squared_error(rate, rng):
    key, value = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
    _, before = fast.delta_memory(key[:1], key[:1], value[:1], rate)
    _, after = fast.delta_memory(key, key, value, rate)

    def loss(matrix):
        return 0.5 * ((value[1] - key[1] @ matrix) ** 2).sum()

    gradient = np.empty_like(before)
    for place in np.ndindex(before.shape):
        nudge = np.zeros_like(before)
        nudge[place] = 1e-6
        gradient[place] = (loss(before + nudge) - loss(before - nudge)) / 2e-6
    np.testing.assert_allclose(after - before, -rate * gradient, atol=1e-8)


def test_with_rate_zero_nothing_is_written(rng):
    x = rng.normal(size=(3, 4))
    read, matrix = fast.delta_memory(x, x, x, 0.0)
    assert not read.any()
    assert not matrix.any()


def test_batches_do_not_mix_and_precision_stays(rng):
    query, key, value = (rng.normal(size=(2, 5, 3)) for _ in range(3))
    for rule in (fast.hebbian_memory, fast.delta_memory):
        read, matrix = rule(query, key, value, 0.9)
        for b in range(2):
            alone, its_matrix = rule(query[b], key[b], value[b], 0.9)
            np.testing.assert_allclose(read[b], alone, atol=1e-12)
            np.testing.assert_allclose(matrix[b], its_matrix, atol=1e-12)
        narrow = rule(*(x.astype(np.float32) for x in (query, key, value)))
        assert {x.dtype for x in narrow} == {np.dtype(np.float32)}


# ---------------------------------------------------------------- bad input

A = np.ones((3, 2))


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fast.positive_features([1.0]), TypeError, "x: expected a NumPy array"),
        (lambda: fast.linear_attention(A, A[:2], A), ValueError, "key: expected axis n = 3 as in query"),
        (lambda: fast.linear_attention(A, A, A[:2]), ValueError, "value: expected axis n = 3 as in query"),
        (lambda: fast.hebbian_memory(A, np.ones((3, 4)), A), ValueError, "key: expected axis d = 2"),
        (lambda: fast.hebbian_memory(A, A, A, 1.5), ValueError, "decay: expected a number from 0 to 1"),
        (lambda: fast.hebbian_memory(A, A, A, -0.1), ValueError, "decay: expected a number from 0 to 1"),
        (lambda: fast.hebbian_memory(A, A, A, True), TypeError, "decay: expected a number, received True"),
        (lambda: fast.delta_memory(A, A, A, 2), ValueError, "rate: expected a number from 0 to 1"),
        (lambda: fast.delta_memory(A, A.astype(int), A), TypeError, "key: expected floating point numbers"),
        (
            lambda: fast.linear_attention(np.array([[1.0], [1.0]]), np.array([[1.0], [-1.0]]), A[:2]),
            ValueError, "received a sum of 0 at position 1; positive_features gives none",
        ),
        (
            lambda: fast.linear_attention_by_steps(np.zeros((2, 1)), np.ones((2, 1)), A[:2]),
            ValueError, "received a sum of 0 at position 0",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
