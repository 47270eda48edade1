"""The checks of chapter 12: right answers pass, each well-known slip meets the hint that names it."""

import numpy as np
import pytest
import torch

from attend.checks import pytorch as checks

# ---------------------------------------------------------------- packed projections


def packed(q, k, v):
    return np.hstack([q, k, v]).T


PACKING_SLIPS = [
    (lambda q, k, v: np.hstack([q, k, v]), "rows are the matrices' columns"),
    (lambda q, k, v: np.vstack([q, k, v]), "expected the shape (3, 3), received (9, 1)"),
    (lambda q, k, v: np.hstack([q.T, k.T, v.T]), "expected the shape (3, 3), received (1, 9)"),
    (lambda q, k, v: np.tile(q.T, (3, 1)), "expected"),
    (lambda q, k, v: packed(k, q, v), "queries come first"),
    (lambda q, k, v: packed(v, k, q), "the order is queries, keys, values"),
    (lambda q, k, v: packed(q, v, k), "keys and values have changed places"),
    (lambda q, k, v: np.column_stack([q, k, v]).reshape(-1, 3), "for three features, d = "),
    (lambda q, k, v: ..., "where the three dots stand"),
]


@pytest.mark.parametrize(("candidate", "hint"), PACKING_SLIPS, ids=[h for _, h in PACKING_SLIPS])
def test_a_slip_in_packing_meets_its_hint(candidate, hint):
    result = checks.packed_projections(candidate)
    assert not result
    assert hint in result.message


def test_right_packing_passes_and_is_what_a_linear_layer_needs():
    assert checks.packed_projections(packed)
    rng = np.random.default_rng(0)
    x, matrices = rng.normal(size=(5, 3)), rng.normal(size=(3, 3, 2))
    weight = torch.from_numpy(packed(*matrices))
    theirs = torch.nn.functional.linear(torch.from_numpy(x), weight).chunk(3, dim=-1)
    for matrix, projected in zip(matrices, theirs, strict=True):
        np.testing.assert_allclose(projected, x @ matrix, atol=1e-12)


# ---------------------------------------------------------------- joined gradients

JOINING_SLIPS = [
    (lambda g, n: g.mean(axis=0), "as DDP takes it"),
    (lambda g, n: g.sum(axis=0), "that is the sum over processes"),
    (lambda g, n: n @ g, "now divide by the number of all tokens"),
    (lambda g, n: n @ g / len(n), "not by that of the processes"),
    (lambda g, n: (n[:, None] * g).sum(axis=1) / n.sum(), "expected"),
    (lambda g, n: sum(g_r * n_r for g_r, n_r in zip(g, n, strict=True) if n_r) / n[n > 1].sum(), "expected"),
]


@pytest.mark.parametrize(("candidate", "hint"), JOINING_SLIPS)
def test_a_slip_in_joining_meets_its_hint(candidate, hint):
    result = checks.joined_gradient(candidate)
    assert not result
    assert hint in result.message


def test_right_joining_passes():
    assert checks.joined_gradient(lambda g, n: n @ g / n.sum())
    assert checks.joined_gradient(lambda g, n: np.average(g, axis=0, weights=n))


# ---------------------------------------------------------------- AdamW


def adamw(p, g, m, v, t, rate, decay, *, take_in=True, unbias=True, root=np.sqrt, sign=-1.0, shrink=None):
    """The right step, or one with a slip."""
    if take_in:
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    if unbias:
        m, v = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return (1 - (rate * decay if shrink is None else shrink)) * p + sign * rate * m / (root(v) + 1e-8)


def decay_in_the_gradient(p, g, m, v, t, rate, decay):
    return adamw(p, g + decay * p, m, v, t, rate, 0.0)


ADAMW_SLIPS = [
    (lambda *a: adamw(*a, unbias=False), "too small; divide by 1 - beta ** step"),
    (lambda *a: adamw(*a, root=lambda v: v), "not by the square"),
    (lambda *a: adamw(*a, sign=1.0), "uphill"),
    (lambda *a: adamw(*a, shrink=0.0), "the decay is missing"),
    (lambda *a: adamw(*a, shrink=a[-1]), "not multiplied by the learning rate"),
    (lambda *a: adamw(*a, take_in=a[4] == 1), "take the gradient in first"),
    (decay_in_the_gradient, "Adam with L2"),
    (lambda p, g, m, v, t, rate, decay: (1 - rate * decay) * p - rate * g, "plain gradient step"),
    (lambda *a: None, "does it end in a return"),
]


@pytest.mark.parametrize(("candidate", "hint"), ADAMW_SLIPS, ids=[h for _, h in ADAMW_SLIPS])
def test_a_slip_in_adamw_meets_its_hint(candidate, hint):
    result = checks.adamw_step(candidate)
    assert not result
    assert hint in result.message


def test_right_adamw_passes_and_is_pytorch_s():
    assert checks.adamw_step(adamw)
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    optimizer = torch.optim.AdamW([parameter], lr=0.1, betas=(0.9, 0.999), weight_decay=0.5)
    p, m, v = parameter.detach().numpy().copy(), np.zeros(2), np.zeros(2)
    for t, g in enumerate(np.array([[0.3, -4.0], [0.01, 2.0], [-1.0, 0.5]]), start=1):
        parameter.grad = torch.from_numpy(g)
        optimizer.step()
        p = adamw(p, g, m, v, t, 0.1, 0.5)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    np.testing.assert_allclose(parameter.detach(), p, atol=1e-12)


def test_the_third_case_is_pytorch_s_too():
    """The reference inside the check, against the optimiser itself, in the middle of a run."""
    parameter = torch.nn.Parameter(torch.from_numpy(checks._PARAMETER.copy()))
    optimizer = torch.optim.AdamW([parameter], lr=0.1, betas=(0.9, 0.999), weight_decay=0.5)
    parameter.grad = torch.from_numpy(checks._GRADIENT)
    optimizer.state[parameter] = {
        "step": torch.tensor(3.0),
        "exp_avg": torch.from_numpy(checks._MEAN.copy()),
        "exp_avg_sq": torch.from_numpy(checks._SQUARE.copy()),
    }
    optimizer.step()
    expected = checks._adamw(
        checks._PARAMETER, checks._GRADIENT, checks._MEAN, checks._SQUARE, 4, 0.1, 0.5
    )  # fmt: skip
    np.testing.assert_allclose(parameter.detach(), expected, atol=1e-12)
