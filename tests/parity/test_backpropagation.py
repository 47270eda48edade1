"""Agreement in float64: the network by hand, its gradient and its training, against PyTorch."""

import numpy as np
import pytest
import torch
from torch import nn

from attend.brain import backpropagation as backprop

FORWARD, GRADIENT = {"rtol": 0, "atol": 1e-13}, {"rtol": 0, "atol": 1e-13}
DEPTHS = [[4, 3], [4, 6, 3], [4, 5, 6, 2], [3, 4, 1, 5, 2]]


def as_torch(layers):
    """The same network from PyTorch's own layers, with the same weights."""
    modules = []
    for layer in layers:
        linear = nn.Linear(*layer.matrix.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.matrix.T))
            linear.bias.copy_(torch.from_numpy(layer.bias))
        modules += [linear, nn.Tanh()]
    return nn.Sequential(*modules[:-1])


def loss_of(network, inputs, target):
    return (
        0.5
        * nn.functional.mse_loss(network(torch.from_numpy(inputs)), torch.from_numpy(target), reduction="sum")
        / len(inputs)
    )


def gradients(network):
    linears = [module for module in network if isinstance(module, nn.Linear)]
    return [(linear.weight.grad.T.numpy(), linear.bias.grad.numpy()) for linear in linears]


@pytest.fixture(params=DEPTHS, ids=str)
def case(request, rng):
    widths = request.param
    layers = [
        backprop.Layer(layer.matrix, rng.normal(size=layer.bias.shape))
        for layer in backprop.random_network(widths, rng)
    ]
    return layers, rng.normal(size=(7, widths[0])), rng.normal(size=(7, widths[-1]))


def test_activity_and_loss(case):
    layers, inputs, target = case
    network, activity = as_torch(layers), backprop.forward(layers, inputs)
    np.testing.assert_allclose(activity[-1], network(torch.from_numpy(inputs)).detach(), **FORWARD)
    for number in range(1, len(layers)):
        hidden = network[: 2 * number](torch.from_numpy(inputs)).detach()
        np.testing.assert_allclose(activity[number], hidden, **FORWARD)
    assert backprop.loss(activity[-1], target) == pytest.approx(
        loss_of(network, inputs, target).item(), abs=1e-13
    )


def test_gradient(case):
    layers, inputs, target = case
    network = as_torch(layers)
    loss_of(network, inputs, target).backward()
    ours = backprop.backward(layers, backprop.forward(layers, inputs), target)
    for mine, (matrix, bias) in zip(ours, gradients(network), strict=True):
        np.testing.assert_allclose(mine.matrix, matrix, **GRADIENT)
        np.testing.assert_allclose(mine.bias, bias, **GRADIENT)


def test_training_is_gradient_descent(case):
    layers, inputs, target = case
    network = as_torch(layers)
    optimizer, theirs = torch.optim.SGD(network.parameters(), lr=0.1), []
    for _ in range(50):
        optimizer.zero_grad()
        theirs.append(loss_of(network, inputs, target))
        theirs[-1].backward()
        optimizer.step()
    theirs = [loss.item() for loss in (*theirs, loss_of(network, inputs, target))]
    trained, losses = backprop.train(layers, inputs, target, 0.1, 50)
    np.testing.assert_allclose(losses, theirs, rtol=0, atol=1e-11)
    np.testing.assert_allclose(trained[0].matrix, network[0].weight.detach().T, rtol=0, atol=1e-11)


class Misdirected(torch.autograd.Function):
    """Multiply by a matrix on the way forward and by quite another one on the way back."""

    @staticmethod
    def forward(context, x, matrix, feedback):
        context.save_for_backward(x, feedback)
        return x @ matrix

    @staticmethod
    def backward(context, error):
        x, feedback = context.saved_tensors
        return error @ feedback, x.T @ error, None


def test_feedback_alignment(case, rng):
    layers, inputs, target = case
    feedback = backprop.random_feedback(layers, rng)
    parts = [[torch.from_numpy(part).requires_grad_() for part in layer] for layer in layers]
    x = torch.from_numpy(inputs) @ parts[0][0] + parts[0][1]
    for (matrix, bias), back in zip(parts[1:], feedback, strict=True):
        x = Misdirected.apply(torch.tanh(x), matrix, torch.from_numpy(back)) + bias
    (0.5 * (x - torch.from_numpy(target)).square().sum() / len(inputs)).backward()
    ours = backprop.backward(layers, backprop.forward(layers, inputs), target, feedback)
    for mine, (matrix, bias) in zip(ours, parts, strict=True):
        np.testing.assert_allclose(mine.matrix, matrix.grad, **GRADIENT)
        np.testing.assert_allclose(mine.bias, bias.grad, **GRADIENT)
