"""Position in PyTorch: the twin of `attend.position`, same names, same argument order.

The mathematics, the sources and the errors are those of the NumPy docstrings. Functions that make a tensor
from nothing also take `dtype` (PyTorch's default where not given) and `device`. Angles are worked out in
float64 first: at position 100,000 those of float32 are off by up to 0.009 radians.
"""

import torch
from jaxtyping import Complex, Float, Int, Real
from torch import Tensor

from attend._arguments import check_even, check_positive, check_real, check_shapes, check_whole
from attend.nn._arguments import check_tensors

Device = torch.device | str | None


def exact_dtype(device: Device) -> torch.dtype:
    """The type in which angles are worked out: float64, except on Apple's GPUs, which have none."""
    device = torch.get_default_device() if device is None else torch.device(device)
    return torch.float32 if device.type == "mps" else torch.float64


def exact_frequencies(d_model: int, base: float | int, device: Device) -> Float[Tensor, " pairs"]:
    """The frequencies as exact as the device allows, whatever type the caller asks for in the end."""
    check_even("d_model", d_model)
    check_positive("base", base)
    return float(base) ** (-torch.arange(0, d_model, 2, dtype=exact_dtype(device), device=device) / d_model)


def frequencies(
    d_model: int, base: float | int = 10000.0, *, dtype: torch.dtype | None = None, device: Device = None
) -> Float[Tensor, " pairs"]:
    """Give each pair of features its speed, in radians a position."""
    return exact_frequencies(d_model, base, device).to(dtype or torch.get_default_dtype())


def sinusoidal(
    length: int,
    d_model: int,
    base: float | int = 10000.0,
    *,
    dtype: torch.dtype | None = None,
    device: Device = None,
) -> Float[Tensor, "n d_model"]:
    """Encode each position by the sine and cosine of angles that grow with it, pair beside pair."""
    check_whole("length", length)
    positions = torch.arange(length, dtype=exact_dtype(device), device=device)
    angles = positions[:, None] * exact_frequencies(d_model, base, device)  # (n, d_model / 2)
    pairs = torch.stack((angles.sin(), angles.cos()), dim=-1)  # (n, d_model / 2, 2)
    return pairs.flatten(-2).to(dtype or torch.get_default_dtype())


def shift_matrix(
    offset: float | int,
    d_model: int,
    base: float | int = 10000.0,
    *,
    dtype: torch.dtype | None = None,
    device: Device = None,
) -> Float[Tensor, "d_model d_model"]:
    """Give the rotation that moves every sinusoidal encoding by `offset` positions."""
    check_real("offset", offset)
    angles = offset * exact_frequencies(d_model, base, device)  # (d_model / 2,)
    cos, sin = angles.cos(), angles.sin()
    blocks = torch.stack(
        (torch.stack((cos, sin), -1), torch.stack((-sin, cos), -1)), -2
    )  # (d_model / 2, 2, 2)
    return torch.block_diag(*blocks).to(dtype or torch.get_default_dtype())


def rotary(
    x: Float[Tensor, "*batch n d"], positions: Real[Tensor, " n"], base: float | int = 10000.0
) -> Float[Tensor, "*batch n d"]:
    """Turn each neighbouring pair of features by an angle that grows with the position."""
    check_tensors(x=x)
    if not isinstance(positions, Tensor) or positions.dtype in (
        torch.bool,
        torch.complex64,
        torch.complex128,
    ):
        received = getattr(positions, "dtype", type(positions).__name__)
        raise TypeError(f"positions: expected a PyTorch tensor of numbers, received {received}")
    check_shapes(x=(x, "... n d"), positions=(positions, "n"))
    check_even("d (the last axis of x)", x.shape[-1])
    positions = positions.to(x.device, exact_dtype(x.device))
    return turn_pairs(x, turns(positions, x.shape[-1], base))


def turns(positions: Float[Tensor, " n"], d: int, base: float | int = 10000.0) -> Complex[Tensor, "n pairs"]:
    r"""Give each position's turn of each pair as a complex number of length one, $e^{ip\omega}$."""
    angles = positions[:, None] * exact_frequencies(d, base, positions.device)  # (n, d / 2)
    return torch.polar(torch.ones_like(angles), angles)


def turn_pairs(
    x: Float[Tensor, "*batch n d"], turns: Complex[Tensor, "n pairs"]
) -> Float[Tensor, "*batch n d"]:
    """Turn each neighbouring pair of features: read as a complex number, times one of length one."""
    wide = x if x.dtype == torch.float64 else x.float()
    pairs = torch.view_as_complex(wide.unflatten(-1, (-1, 2)))  # (..., n, d / 2)
    return torch.view_as_real(pairs * turns.to(pairs.dtype)).flatten(-2).to(x.dtype)


def relative_offsets(q_len: int, k_len: int, *, device: Device = None) -> Int[Tensor, "q k"]:
    """Say how far each key stands from each query: positive ahead, negative behind."""
    check_whole("q_len", q_len)
    check_whole("k_len", k_len, at_least=q_len)
    query_position = torch.arange(k_len - q_len, k_len, device=device)
    return torch.arange(k_len, device=device) - query_position[:, None]  # (q, k)


def alibi_slopes(
    num_heads: int, *, dtype: torch.dtype | None = None, device: Device = None
) -> Float[Tensor, " h"]:
    """Give each head its slope."""
    check_whole("num_heads", num_heads)
    power = 2 ** (int(num_heads).bit_length() - 1)  # the largest power of two that is no more than num_heads
    steps = torch.arange(1, 2 * power + 1, dtype=exact_dtype(device), device=device)
    slopes = torch.exp2(-8.0 * steps[:power] / power)
    between = torch.exp2(-8.0 * steps[::2] / (2 * power))
    return torch.cat((slopes, between))[:num_heads].to(dtype or torch.get_default_dtype())  # (h,)


def alibi_bias(
    num_heads: int, q_len: int, k_len: int, *, dtype: torch.dtype | None = None, device: Device = None
) -> Float[Tensor, "h q k"]:
    """Give the bias that ALiBi adds to the scaled scores: minus the distance times the head's slope."""
    distance = relative_offsets(q_len, k_len, device=device).abs()  # (q, k)
    return alibi_slopes(num_heads, dtype=dtype, device=device)[:, None, None] * -distance  # (h, q, k)


def relative_bias(table: Float[Tensor, "h offsets"], q_len: int, k_len: int) -> Float[Tensor, "h q k"]:
    """Look up a learned bias for each head and each offset, clipped to the farthest offset in the table."""
    check_tensors(table=table)
    check_shapes(table=(table, "h offsets"))
    columns = table.shape[1]
    if columns % 2 == 0:
        raise ValueError(
            f"table: expected an odd number of columns, for -c … c, "
            f"received {columns} (shape {tuple(table.shape)})"
        )
    farthest = columns // 2
    offsets = relative_offsets(q_len, k_len, device=table.device).clamp(-farthest, farthest)  # (q, k)
    return table[:, offsets + farthest]  # (h, q, k)


def learned(table: Float[Tensor, "max_length d_model"], length: int) -> Float[Tensor, "n d_model"]:
    """Take the first `length` rows of a learned table: one vector a position, none beyond the table's end."""
    check_tensors(table=table)
    check_shapes(table=(table, "max_length d_model"))
    check_whole("length", length)
    if length > table.shape[0]:
        raise ValueError(f"length: expected at most {table.shape[0]}, the rows of table, received {length}")
    return table[:length]
