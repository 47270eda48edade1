"""Networks by hand: what must hold whatever PyTorch says, and errors that name the argument."""

import numpy as np
import pytest

from attend.brain import backpropagation as backprop
from attend.brain.backpropagation import Layer

CORNERS = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
XOR = np.array([[-1.0], [1.0], [1.0], [-1.0]])


@pytest.fixture
def layers(rng):
    return backprop.random_network([3, 5, 4, 2], rng)


@pytest.fixture
def data(rng):
    return rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


def total_loss(layers, inputs, target):
    return backprop.loss(backprop.forward(layers, inputs)[-1], target)


def test_forward_and_backward_by_hand():
    """One input 0.5, one hidden unit with weight 2 and bias -1, so its sum is 0; output 3 · 0 + 0.25."""
    layers = [Layer(np.array([[2.0]]), np.array([-1.0])), Layer(np.array([[3.0]]), np.array([0.25]))]
    activity = backprop.forward(layers, np.array([[0.5]]))
    assert [a.item() for a in activity] == [0.5, 0.0, 0.25]
    assert backprop.loss(activity[-1], np.array([[1.25]])) == 0.5
    first, second = backprop.backward(layers, activity, np.array([[1.25]]))
    assert (second.matrix.item(), second.bias.item()) == (0.0, -1.0)
    assert (first.matrix.item(), first.bias.item()) == (-1.5, -3.0)


def test_the_gradient_agrees_with_finite_differences(layers, data):
    inputs, target = data
    gradient = backprop.backward(layers, backprop.forward(layers, inputs), target)
    for number, layer in enumerate(layers):
        for part in (0, 1):
            slope = np.empty_like(layer[part])
            for place in np.ndindex(slope.shape):
                ends = []
                for nudge in (1e-5, -1e-5):
                    nudged = [[part.copy() for part in layer] for layer in layers]
                    nudged[number][part][place] += nudge
                    ends.append(total_loss([Layer(*parts) for parts in nudged], inputs, target))
                slope[place] = (ends[0] - ends[1]) / 2e-5
            np.testing.assert_allclose(gradient[number][part], slope, rtol=0, atol=1e-9)


def test_feedback_by_the_transposes_is_the_gradient(layers, data):
    inputs, target = data
    activity = backprop.forward(layers, inputs)
    transposes = [layer.matrix.T for layer in layers[1:]]
    for given, default in zip(
        backprop.backward(layers, activity, target, transposes),
        backprop.backward(layers, activity, target),
        strict=True,
    ):
        np.testing.assert_array_equal(given.matrix, default.matrix)
        np.testing.assert_array_equal(given.bias, default.bias)


def test_feedback_of_zero_teaches_the_output_alone(layers, data):
    inputs, target = data
    zero = [0 * layer.matrix.T for layer in layers[1:]]
    trained, losses = backprop.train(layers, inputs, target, 0.1, 20, zero)
    for before, after in zip(layers[:-1], trained[:-1], strict=True):
        np.testing.assert_array_equal(before.matrix, after.matrix)
        np.testing.assert_array_equal(before.bias, after.bias)
    assert losses[-1] < losses[0]


def test_random_feedback_reaches_every_layer_and_is_no_gradient(layers, data, rng):
    inputs, target = data
    feedback = backprop.random_feedback(layers, rng)
    assert [matrix.shape for matrix in feedback] == [(4, 5), (2, 4)]
    activity = backprop.forward(layers, inputs)
    aligned = backprop.backward(layers, activity, target, feedback)
    gradient = backprop.backward(layers, activity, target)
    np.testing.assert_array_equal(aligned[-1].matrix, gradient[-1].matrix)
    for mine, true in zip(aligned[:-1], gradient[:-1], strict=True):
        assert not np.allclose(mine.matrix, true.matrix)
        assert np.abs(mine.matrix).max() > 0


def test_xor_is_learned():
    layers = backprop.random_network([2, 4, 1], np.random.default_rng(0))
    trained, losses = backprop.train(layers, CORNERS, XOR, 0.5, 300)
    assert losses[-1] < 1e-6
    np.testing.assert_allclose(backprop.forward(trained, CORNERS)[-1], XOR, atol=1e-2)


def test_the_losses_are_those_of_every_network_from_the_first_to_the_last(layers, data):
    before = [layer.matrix.copy() for layer in layers]
    trained, losses = backprop.train(layers, *data, 0.1, 5)
    assert losses.shape == (6,)
    assert losses[0] == pytest.approx(total_loss(layers, *data), rel=1e-12)
    assert losses[-1] == pytest.approx(total_loss(trained, *data), rel=1e-12)
    assert (np.diff(losses) < 0).all()
    for layer, copy in zip(layers, before, strict=True):
        np.testing.assert_array_equal(layer.matrix, copy)


def test_one_layer_is_linear_regression(rng):
    inputs, target = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    trained, _ = backprop.train(backprop.random_network([3, 2], rng), inputs, target, 0.5, 2000)
    best = np.linalg.lstsq(np.column_stack([inputs, np.ones(20)]), target)[0]
    np.testing.assert_allclose(trained[0].matrix, best[:3], atol=1e-8)
    np.testing.assert_allclose(trained[0].bias, best[3], atol=1e-8)


def test_weights_are_drawn_with_a_spread_that_keeps_sums_level():
    rng = np.random.default_rng(0)
    hidden, output = layers = backprop.random_network([400, 100, 50], rng)
    assert [layer.matrix.shape for layer in layers] == [(400, 100), (100, 50)]
    assert hidden.matrix.std() == pytest.approx(1 / 20, rel=0.02)
    assert output.matrix.std() == pytest.approx(1 / 10, rel=0.02)
    assert backprop.random_feedback(layers, rng)[0].std() == pytest.approx(1 / 10, rel=0.02)
    assert all((layer.bias == 0).all() for layer in layers)


@pytest.mark.parametrize(
    ("widths", "error", "message"),
    [
        ([3], ValueError, "widths: expected at least two, inputs and outputs, received 1"),
        ([3, 0, 1], ValueError, r"widths\[1\]: expected a whole number of at least 1, received 0"),
        ([3, 2.5], TypeError, r"widths\[1\]: expected a whole number, received 2.5"),
    ],
)
@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_widths_are_named(widths, error, message, rng):
    with pytest.raises(error, match=message):
        backprop.random_network(widths, rng)


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_input_is_named(layers, data, rng):
    inputs, target = data
    activity = backprop.forward(layers, inputs)
    with pytest.raises(
        ValueError, match=r"inputs: expected axis u0 = 3 as in layers\[0\].matrix, received 2"
    ):
        backprop.forward(layers, inputs[:, :2])
    with pytest.raises(TypeError, match="inputs: expected floating point numbers"):
        backprop.forward(layers, np.ones((2, 3), int))
    with pytest.raises(
        ValueError, match=r"layers\[1\].matrix: expected axis u1 = 5 as in layers\[0\].matrix"
    ):
        backprop.forward([layers[0], layers[2]], inputs)
    with pytest.raises(ValueError, match=r"layers\[0\].bias: expected axis u1 = 5"):
        backprop.forward([Layer(layers[0].matrix, np.zeros(4))], inputs)
    with pytest.raises(ValueError, match="layers: expected at least one, received none"):
        backprop.forward([], inputs)
    with pytest.raises(ValueError, match="activity: expected 4 arrays, received 3"):
        backprop.backward(layers, activity[1:], target)
    with pytest.raises(ValueError, match=r"activity\[2\]: expected axis u2 = 4"):
        backprop.backward(layers, [*activity[:2], activity[1], activity[3]], target)
    with pytest.raises(ValueError, match=r"target: expected axis p = 6 as in activity\[0\], received 5"):
        backprop.backward(layers, activity, target[:5])
    with pytest.raises(ValueError, match="feedback: expected 2 arrays, received 1"):
        backprop.backward(layers, activity, target, [layers[2].matrix.T])
    with pytest.raises(ValueError, match=r"feedback\[0\]: expected axis u2 = 4"):
        backprop.backward(layers, activity, target, [layers[1].matrix, layers[2].matrix])
    with pytest.raises(ValueError, match="target: expected axis p = 6 as in output, received 5"):
        backprop.loss(activity[-1], target[:5])


@pytest.mark.usefixtures("unchecked_shapes")
def test_bad_training_is_named(layers, data):
    inputs, target = data
    for change, error, message in (
        ({"rate": -1.0}, ValueError, "rate: expected a number above zero"),
        ({"steps": 0}, ValueError, "steps: expected a whole number of at least 1"),
        ({"target": target[:, :1]}, ValueError, r"target: expected axis u3 = 2"),
        ({"inputs": inputs[:4]}, ValueError, r"target: expected axis p = 4 as in inputs, received 6"),
        ({"feedback": []}, ValueError, "feedback: expected 2 arrays, received 0"),
        ({"rate": 1e4}, OverflowError, r"rate: at 10000.0 the outputs ran away within \d+ steps"),
    ):
        arguments = {"inputs": inputs, "target": target, "rate": 0.1, "steps": 200} | change
        with pytest.raises(error, match=message):
            backprop.train(layers, **arguments)
