"""Normalisation, activations, the position-wise network against PyTorch, forward and gradient, in float64."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from attend import block

FORWARD, GRADIENT = {"rtol": 0, "atol": 1e-12}, {"rtol": 0, "atol": 1e-10}
BATCHES = pytest.mark.parametrize("batch", [(), (4,), (2, 3)], ids=str)


def leaf(array: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(array).requires_grad_()


def agree(ours, gradients, theirs, leaves, d_output):
    """The output to 1e-12 and, once PyTorch has gone back through its own, every gradient to 1e-10."""
    np.testing.assert_allclose(ours, theirs.detach(), **FORWARD)
    theirs.backward(torch.from_numpy(d_output))
    for gradient, tensor in zip(gradients, leaves, strict=True):
        np.testing.assert_allclose(gradient, tensor.grad, **GRADIENT)


@BATCHES
@pytest.mark.parametrize("epsilon", [1e-5, 0.5])
def test_layer_norm(batch, epsilon, rng):
    x, d_output = 3 * rng.normal(size=(*batch, 6)) + 2, rng.normal(size=(*batch, 6))
    gain, bias = rng.normal(size=6), rng.normal(size=6)
    leaves = [leaf(array) for array in (x, gain, bias)]
    agree(
        block.layer_norm(x, gain, bias, epsilon),
        block.layer_norm_backward(d_output, x, gain, epsilon),
        F.layer_norm(leaves[0], (6,), *leaves[1:], epsilon), leaves, d_output,
    )  # fmt: skip


@BATCHES
@pytest.mark.parametrize("epsilon", [1e-5, 0.5])
def test_rms_norm(batch, epsilon, rng):
    x, gain, d_output = 3 * rng.normal(size=(*batch, 6)) + 2, rng.normal(size=6), rng.normal(size=(*batch, 6))
    leaves = [leaf(x), leaf(gain)]
    agree(
        block.rms_norm(x, gain, epsilon),
        block.rms_norm_backward(d_output, x, gain, epsilon),
        F.rms_norm(leaves[0], (6,), leaves[1], epsilon), leaves, d_output,
    )  # fmt: skip


def test_the_epsilon_of_both_norms_is_that_of_pytorchs_layer_norm(rng):
    x, one = 1e-3 * rng.normal(size=(4, 6)), np.ones(6)
    theirs = torch.nn.LayerNorm(6, dtype=torch.float64)(torch.from_numpy(x)).detach()
    np.testing.assert_allclose(block.layer_norm(x, one, 0 * one), theirs, **FORWARD)
    np.testing.assert_allclose(
        block.rms_norm(x, one), F.rms_norm(torch.from_numpy(x), (6,), eps=1e-5), **FORWARD
    )


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_activations(name, rng):
    x, d_output = np.linspace(-12, 12, 49).reshape(7, 7), rng.normal(size=(7, 7))
    tensor = leaf(x)
    gradient = getattr(block, f"{name}_backward")(d_output, x)
    agree(getattr(block, name)(x), [gradient], getattr(F, name)(tensor), [tensor], d_output)


@BATCHES
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_feed_forward(batch, activation, rng):
    x, d_output = rng.normal(size=(*batch, 5)), rng.normal(size=(*batch, 5))
    shapes = {"up_matrix": (5, 8), "up_bias": (8,), "down_matrix": (8, 5), "down_bias": (5,)}
    network = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    d_x, gradients = block.feed_forward_backward(d_output, x, **network, activation=activation)
    leaves = [leaf(array) for array in (x, *network.values())]
    inner = getattr(F, activation)(F.linear(leaves[0], leaves[1].T, leaves[2]))
    agree(
        block.feed_forward(x, **network, activation=activation),
        [d_x, *(gradients[name] for name in network)],
        F.linear(inner, leaves[3].T, leaves[4]), leaves, d_output,
    )  # fmt: skip
