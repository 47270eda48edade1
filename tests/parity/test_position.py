"""Agreement in float64 between NumPy's positions and their PyTorch twins, forward and gradient."""

import inspect

import numpy as np
import pytest
import torch

from attend import position as ours
from attend.nn import position as twin

CLOSE = {"rtol": 0, "atol": 1e-12}
DOUBLE = {"dtype": torch.float64}


def test_twins_have_the_same_names_and_arguments():
    for name, f in vars(ours).items():
        if not inspect.isfunction(f) or f.__module__ != ours.__name__ or name.startswith("_"):
            continue
        mine, theirs = (inspect.signature(getattr(module, name)).parameters for module in (ours, twin))
        positional = [p for p in theirs.values() if p.kind is not p.KEYWORD_ONLY]
        assert [(p.name, p.default) for p in mine.values()] == [(p.name, p.default) for p in positional], name


@pytest.mark.parametrize("d_model", [2, 6, 64])
@pytest.mark.parametrize("base", [100.0, 10000.0])
def test_sinusoids(d_model, base):
    pairs = [
        (ours.frequencies(d_model, base), twin.frequencies(d_model, base, **DOUBLE)),
        (ours.sinusoidal(50, d_model, base), twin.sinusoidal(50, d_model, base, **DOUBLE)),
        (ours.shift_matrix(-7, d_model, base), twin.shift_matrix(-7, d_model, base, **DOUBLE)),
    ]
    for mine, theirs in pairs:
        assert theirs.dtype == torch.float64
        np.testing.assert_allclose(mine, theirs, **CLOSE)


def test_twins_make_the_default_type_from_exact_angles():
    """In float32 a far position is encoded as well as float32 allows, not as badly as float32 angles."""
    encoding = twin.sinusoidal(50_001, 16)
    assert encoding.dtype == torch.float32
    np.testing.assert_allclose(encoding[50_000], ours.sinusoidal(50_001, 16)[50_000], rtol=0, atol=1e-7)
    for made in (
        twin.frequencies(4),
        twin.shift_matrix(1, 4),
        twin.alibi_slopes(2),
        twin.alibi_bias(2, 3, 3),
    ):
        assert made.dtype == torch.float32


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)], ids=str)
@pytest.mark.parametrize("base", [100.0, 10000.0])
def test_rotary(batch, base, rng):
    x, positions = rng.normal(size=(*batch, 5, 6)), np.array([0, 1, 7, -3, 100])
    turned = twin.rotary(torch.from_numpy(x), torch.from_numpy(positions), base)
    np.testing.assert_allclose(ours.rotary(x, positions, base), turned, **CLOSE)
    real = positions / 3
    np.testing.assert_allclose(
        ours.rotary(x, real, base), twin.rotary(torch.from_numpy(x), torch.from_numpy(real), base), **CLOSE
    )


def test_rotary_against_complex_numbers(rng):
    """A pair of features is a complex number, and turning it is multiplying by e^(i p ω)."""
    x, positions = rng.normal(size=(5, 6)), np.arange(5)
    turns = np.exp(1j * positions[:, None] * ours.frequencies(6))
    theirs = torch.view_as_real(
        torch.view_as_complex(torch.from_numpy(x).view(5, 3, 2)) * torch.from_numpy(turns)
    )
    np.testing.assert_allclose(ours.rotary(x, positions), theirs.flatten(-2), **CLOSE)


def test_rotary_keeps_half_precision_and_its_gradient_turns_back(rng):
    positions = torch.arange(3)
    assert twin.rotary(torch.ones(3, 4, dtype=torch.bfloat16), positions).dtype == torch.bfloat16
    x = torch.from_numpy(rng.normal(size=(3, 4))).requires_grad_()
    d_turned = rng.normal(size=(3, 4))
    twin.rotary(x, positions).backward(torch.from_numpy(d_turned))
    np.testing.assert_allclose(x.grad, ours.rotary(d_turned, -positions.numpy()), rtol=0, atol=1e-10)


@pytest.mark.parametrize("num_heads", [1, 2, 3, 8, 12, 20])
def test_alibi(num_heads):
    np.testing.assert_allclose(ours.alibi_slopes(num_heads), twin.alibi_slopes(num_heads, **DOUBLE), **CLOSE)
    np.testing.assert_allclose(
        ours.alibi_bias(num_heads, 3, 5), twin.alibi_bias(num_heads, 3, 5, **DOUBLE), **CLOSE
    )


def test_tables(rng):
    table = rng.normal(size=(2, 5))
    leaf = torch.from_numpy(table).requires_grad_()
    np.testing.assert_array_equal(ours.relative_offsets(3, 4), twin.relative_offsets(3, 4))
    np.testing.assert_array_equal(ours.relative_bias(table, 3, 4), twin.relative_bias(leaf, 3, 4).detach())
    np.testing.assert_array_equal(ours.learned(table, 1), twin.learned(leaf, 1).detach())
    twin.relative_bias(leaf, 4, 4).sum().backward()
    np.testing.assert_array_equal(
        leaf.grad, [[3, 3, 4, 3, 3]] * 2
    )  # how often each offset occurs, ends clipped


def test_tensors_are_made_where_asked_and_positions_follow(rng):
    """The "meta" device holds shapes alone: mixing it with another fails, as mixing a GPU with a CPU does."""
    made = [
        twin.frequencies(4, device="meta"),
        twin.sinusoidal(3, 4, device="meta"),
        twin.shift_matrix(1, 4, device="meta"),
        twin.relative_offsets(2, 3, device="meta"),
        twin.alibi_slopes(3, device="meta"),
        twin.alibi_bias(3, 2, 2, device="meta"),
        twin.relative_bias(torch.ones(2, 3, device="meta"), 2, 2),
        twin.rotary(torch.ones(3, 4, device="meta"), torch.arange(3)),
    ]
    assert {tensor.device.type for tensor in made} == {"meta"}
