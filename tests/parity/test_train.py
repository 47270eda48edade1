"""The NumPy loss and step against torch.nn.functional.cross_entropy and torch.optim.Adam, in float64."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from attend.train import adam_step, cross_entropy, cross_entropy_backward


@pytest.mark.parametrize("batch", [(), (4,), (2, 3)], ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_cross_entropy(batch, masked, rng):
    logits, targets = 5 * rng.normal(size=(*batch, 6)), np.asarray(rng.integers(6, size=batch))
    counted = np.asarray(np.arange(targets.size).reshape(batch) % 2 == 0) if masked else None
    tensor = torch.from_numpy(logits).requires_grad_()
    wanted = torch.from_numpy(targets if counted is None else np.where(counted, targets, -100))
    theirs = F.cross_entropy(tensor.reshape(-1, 6), wanted.reshape(-1))  # which ignores -100
    theirs.backward()
    assert cross_entropy(logits, targets, counted) == pytest.approx(theirs.item(), abs=1e-12)
    np.testing.assert_allclose(
        cross_entropy_backward(logits, targets, counted), tensor.grad, rtol=0, atol=1e-10
    )


@pytest.mark.parametrize("settings", [{}, {"learning_rate": 0.1, "beta1": 0.5, "beta2": 0.8, "epsilon": 0.1}])
def test_adam(settings, rng):
    parameters = {"matrix": rng.normal(size=(3, 4)), "bias": rng.normal(size=4)}
    tensors = {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in parameters.items()}
    chosen = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8} | settings
    optimiser = torch.optim.Adam(
        tensors.values(), chosen["learning_rate"], (chosen["beta1"], chosen["beta2"]), chosen["epsilon"]
    )
    state = None
    for _ in range(10):
        gradients = {name: rng.normal(size=array.shape) for name, array in parameters.items()}
        parameters, state = adam_step(parameters, gradients, state, **settings)
        for name, tensor in tensors.items():
            tensor.grad = torch.from_numpy(gradients[name])
        optimiser.step()
        for name, tensor in tensors.items():
            np.testing.assert_allclose(parameters[name], tensor.detach(), rtol=0, atol=1e-12)
