"""Agreement in float64 between the artificial neurons and PyTorch's layers and activations."""

import numpy as np
import torch
from torch.nn import functional as F

from attend.brain import neuron

CLOSE = {"rtol": 0, "atol": 1e-12}


def test_activations(rng):
    x = np.concatenate([10 * rng.normal(size=200), [-800.0, -30.0, 0.0, 30.0, 800.0]])
    for ours, theirs in [(neuron.sigmoid, torch.sigmoid), (neuron.relu, F.relu)]:
        np.testing.assert_allclose(ours(x), theirs(torch.from_numpy(x)).numpy(), **CLOSE)
    bounded = np.clip(x, -800, 500)  # PyTorch's own overflows beyond, unless it may give up at its threshold
    theirs = F.softplus(torch.from_numpy(bounded), threshold=700)
    np.testing.assert_allclose(neuron.softplus(bounded), theirs.numpy(), **CLOSE)


def test_a_perceptron_is_a_linear_layer_and_a_step(rng):
    inputs, weights = rng.normal(size=(4, 50, 3)), rng.normal(size=3)
    sums = F.linear(torch.from_numpy(inputs), torch.from_numpy(weights)[None], torch.tensor([-0.3]).double())
    step = torch.heaviside(sums, torch.ones((), dtype=torch.float64))
    np.testing.assert_array_equal(neuron.perceptron(inputs, weights, -0.3), step[..., 0].numpy())
