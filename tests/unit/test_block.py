"""Normalisation, activations, the position-wise network: properties, and gradients by finite differences."""

import math

import numpy as np
import pytest
from differences import CLOSE, central_differences
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from attend import block

vectors = arrays(
    float,
    array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=6),
    elements=st.floats(-100, 100, width=32),
)
scales = st.floats(0.01, 100)


def plain(norm, x, epsilon=1e-5):
    """A norm whose gain is 1 and whose bias, if it has one, is 0."""
    gain = np.ones(x.shape[-1])
    return norm(x, gain, 0 * gain, epsilon) if norm is block.layer_norm else norm(x, gain, epsilon)


# ---------------------------------------------------------------- layer norm


@given(vectors)
def test_layer_norm_gives_mean_0_and_variance_1(x):
    """But for epsilon, which matters where the variance is no larger than it."""
    normal, variance = plain(block.layer_norm, x), x.var(axis=-1)
    np.testing.assert_allclose(normal.mean(axis=-1), 0, atol=1e-9)
    np.testing.assert_allclose(normal.var(axis=-1), variance / (variance + 1e-5), rtol=1e-6, atol=1e-12)


def test_layer_norm_by_hand():
    x, gain, bias = np.array([[1.0, 3.0], [5.0, 5.0]]), np.array([10.0, 100.0]), np.array([0.5, 0.25])
    np.testing.assert_allclose(block.layer_norm(x, gain, bias, 3), [[-4.5, 50.25], [0.5, 0.25]], atol=1e-12)


@given(vectors, st.floats(-100, 100))
def test_layer_norm_does_not_see_a_shift(x, shift):
    np.testing.assert_allclose(plain(block.layer_norm, x + shift), plain(block.layer_norm, x), atol=1e-8)


@pytest.mark.parametrize("norm", [block.layer_norm, block.rms_norm])
@given(vectors, scales)
def test_norms_do_not_see_the_scale(norm, x, scale):
    """Exactly so when epsilon, which is added to a square, is scaled as well."""
    epsilon = 1e-3
    expected = plain(norm, x, epsilon)
    np.testing.assert_allclose(plain(norm, scale * x, scale**2 * epsilon), expected, atol=1e-8)
    np.testing.assert_allclose(plain(norm, -x, epsilon), -expected, atol=1e-12)


@given(vectors)
def test_rms_norm_gives_mean_square_1_and_keeps_directions(x):
    normal, square = plain(block.rms_norm, x), (x**2).mean(axis=-1, keepdims=True)
    np.testing.assert_allclose((normal**2).mean(axis=-1, keepdims=True), square / (square + 1e-5), atol=1e-12)
    np.testing.assert_allclose(normal * np.sqrt(square + 1e-5), x, atol=1e-9)


def test_rms_norm_by_hand_and_its_view_of_a_shift():
    x = np.array([1.0, 7.0])
    np.testing.assert_allclose(block.rms_norm(x, np.array([12.0, 6.0]), 11), [2.0, 7.0], atol=1e-12)
    # On a vector of mean 0 the two norms are the same, elsewhere not.
    np.testing.assert_allclose(plain(block.rms_norm, x - x.mean()), plain(block.layer_norm, x), atol=1e-12)
    assert np.abs(plain(block.rms_norm, x) - plain(block.layer_norm, x)).max() > 0.1


@given(vectors)
def test_the_gradient_of_layer_norm_asks_for_no_shift_and_no_stretch(x):
    """What the output does not see, the input need not do."""
    d_output = np.cos(np.arange(x.size)).reshape(x.shape)
    d_x, _, _ = block.layer_norm_backward(d_output, x, np.ones(x.shape[-1]), 1.0)
    np.testing.assert_allclose(d_x.sum(axis=-1), 0, atol=1e-10)
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = centred.std(axis=-1)
    along = (d_x * centred).sum(axis=-1)  # what is left is epsilon's: it fades as the spread grows
    bound = x.shape[-1] * spread / (spread**2 + 1) ** 1.5
    assert np.all(np.abs(along) <= bound + 1e-10)


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 5)], ids=str)
def test_norms_backward_agree_with_finite_differences(shape, rng):
    x, gain, bias = rng.normal(size=shape), rng.normal(size=5), rng.normal(size=5)
    d_output, epsilon = rng.normal(size=shape), 0.3

    def layer(x=x, gain=gain, bias=bias):
        return float((d_output * block.layer_norm(x, gain, bias, epsilon)).sum())

    def rms(x=x, gain=gain):
        return float((d_output * block.rms_norm(x, gain, epsilon)).sum())

    d_x, d_gain, d_bias = block.layer_norm_backward(d_output, x, gain, epsilon)
    np.testing.assert_allclose(d_x, central_differences(lambda x: layer(x=x), x), **CLOSE)
    np.testing.assert_allclose(d_gain, central_differences(lambda g: layer(gain=g), gain), **CLOSE)
    np.testing.assert_allclose(d_bias, central_differences(lambda b: layer(bias=b), bias), **CLOSE)
    d_x, d_gain = block.rms_norm_backward(d_output, x, gain, epsilon)
    np.testing.assert_allclose(d_x, central_differences(lambda x: rms(x=x), x), **CLOSE)
    np.testing.assert_allclose(d_gain, central_differences(lambda g: rms(gain=g), gain), **CLOSE)


# ---------------------------------------------------------------- activations


def test_activations_of_known_numbers():
    x = np.array([-1e9, -40.0, -1.0, 0.0, 1.0, 40.0, 1e9])
    below_1 = 0.8413447460685429  # the share of a normal distribution below one standard deviation
    np.testing.assert_array_equal(block.relu(x), [0, 0, 0, 0, 1, 40, 1e9])
    np.testing.assert_allclose(
        block.gelu(x), [0, 0, below_1 - 1, 0, below_1, 40, 1e9], rtol=1e-15, atol=1e-300
    )


@given(arrays(float, 5, elements=st.floats(-30, 30)))
def test_gelu_and_its_mirror_image_make_a_straight_line(x):
    """x Φ(x) − (−x) Φ(−x) = x, because the shares below x and above it add to one."""
    np.testing.assert_allclose(block.gelu(x) - block.gelu(-x), x, atol=1e-12)


def test_the_tanh_approximation_of_gelu_is_off_by_less_than_0_0005():
    x = np.linspace(-10, 10, 20_001)
    approximate = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    assert 0.0004 < np.abs(block.gelu(x) - approximate).max() < 0.0005


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_activations_backward_agree_with_finite_differences(name, rng):
    activate, activate_backward = getattr(block, name), getattr(block, f"{name}_backward")
    x, d_output = np.linspace(-4.05, 4.05, 24).reshape(2, 12), rng.normal(size=(2, 12))
    loss = lambda x: float((d_output * activate(x)).sum())  # noqa: E731
    np.testing.assert_allclose(activate_backward(d_output, x), central_differences(loss, x), **CLOSE)


def test_relu_has_no_slope_at_0():
    np.testing.assert_array_equal(block.relu_backward(np.ones(3), np.array([-1.0, 0.0, 1.0])), [0, 0, 1])


# ---------------------------------------------------------------- the position-wise network


@pytest.fixture
def network(rng):
    """Parameters of a network with 4 features outside and 6 inside."""
    return {
        "up_matrix": rng.normal(size=(4, 6)),
        "up_bias": rng.normal(size=6),
        "down_matrix": rng.normal(size=(6, 4)),
        "down_bias": rng.normal(size=4),
    }


def test_feed_forward_by_hand():
    x, up, down = np.array([[1.0, -2.0]]), np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]]), np.ones((3, 2))
    down[:, 1] = [1.0, 10.0, 100.0]
    output = block.feed_forward(x, up, np.array([0.0, 0.5, 3.0]), down, np.array([0.25, -0.25]))
    np.testing.assert_allclose(output, [[1 + 0.5 + 1 + 0.25, 1 + 5 + 100 - 0.25]], atol=1e-12)


def test_the_activation_is_the_one_that_was_asked_for(network, rng):
    x = rng.normal(size=(3, 4))
    before = x @ network["up_matrix"] + network["up_bias"]
    for name in ("relu", "gelu"):
        expected = getattr(block, name)(before) @ network["down_matrix"] + network["down_bias"]
        np.testing.assert_allclose(block.feed_forward(x, **network, activation=name), expected, atol=1e-12)
    np.testing.assert_array_equal(
        block.feed_forward(x, **network), block.feed_forward(x, **network, activation="relu")
    )


def test_feed_forward_treats_every_position_alike_and_on_its_own(network, rng):
    x = rng.normal(size=(2, 5, 4))
    output, order = block.feed_forward(x, **network), [3, 0, 4, 1, 2]
    np.testing.assert_allclose(block.feed_forward(x[:, order], **network), output[:, order], atol=1e-12)
    other = x.copy()
    other[:, 2] += 1
    changed = np.any(block.feed_forward(other, **network) != output, axis=(0, 2))
    np.testing.assert_array_equal(changed, [False, False, True, False, False])


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)], ids=str)
def test_feed_forward_backward_agrees_with_finite_differences(activation, batch, network, rng):
    x, d_output = rng.normal(size=(*batch, 4)), rng.normal(size=(*batch, 4))
    d_x, gradients = block.feed_forward_backward(d_output, x, **network, activation=activation)

    def loss(**changed):
        output = block.feed_forward(**{"x": x, **network, **changed}, activation=activation)
        return float((d_output * output).sum())

    np.testing.assert_allclose(d_x, central_differences(lambda x: loss(x=x), x), **CLOSE)
    assert gradients.keys() == network.keys()
    for name, gradient in gradients.items():
        tried = central_differences(lambda p, name=name: loss(**{name: p}), network[name])
        np.testing.assert_allclose(gradient, tried, **CLOSE, err_msg=name)


def test_float32_stays_float32(network):
    x = np.ones((2, 4), dtype=np.float32)
    single = {name: array.astype(np.float32) for name, array in network.items()}
    gain, bias = x[0], x[1]
    for made in (
        block.layer_norm(x, gain, bias),
        *block.layer_norm_backward(x, x, gain),
        block.rms_norm(x, gain),
        *block.rms_norm_backward(x, x, gain),
        block.gelu(x),
        block.gelu_backward(x, x),
        block.relu_backward(x, x),
        block.feed_forward(x, **single, activation="gelu"),
        *block.feed_forward_backward(x, x, **single)[1].values(),
    ):
        assert made.dtype == np.float32


def test_inputs_are_left_as_they_were(network, rng):
    x, d_output, gain = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.normal(size=4)
    given_arrays = [x, d_output, gain, *network.values()]
    before = [array.copy() for array in given_arrays]
    block.layer_norm(x, gain, gain)
    block.layer_norm_backward(d_output, x, gain)
    block.rms_norm_backward(d_output, x, gain)
    block.feed_forward(x, **network)
    block.feed_forward_backward(d_output, x, **network, activation="gelu")
    for array, copy in zip(given_arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)
