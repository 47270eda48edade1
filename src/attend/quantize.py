"""Weights in few bits: whole numbers and one step for each group of them.

Symmetric quantisation: a group's largest weight takes the largest code, zero stays zero, and what lies
between is rounded to the nearest step. Krishnamoorthi (2018), section 2.2; Dettmers et al. (2022).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int8

from attend._arguments import check_floats, check_shapes, check_whole

Array = np.ndarray


class Quantized(NamedTuple):
    """A matrix as whole numbers, `codes`, and the `steps` that they count: one for each group of weights."""

    codes: Int8[Array, "rows groups size"]
    steps: Float[Array, "..."]


def quantize(matrix: Float[Array, "rows columns"], bits: int = 8, group: int | str = "row") -> Quantized:
    r"""Round a matrix to codes from $-(2^{b-1} - 1)$ to $2^{b-1} - 1$, with b = `bits`.

    A step is the group's largest magnitude over the largest code, so that no weight moves by more than half
    a step. `group` says who shares a step: the whole "matrix" (per tensor), a "row" (per channel: the weights
    of one output), or that many neighbours in a row. A group of zeros has the step 1. Raises TypeError or
    ValueError for anything but a matrix of finite floating point numbers, bits outside 2 to 8, or a group
    that does not divide a row.
    """
    check_floats(matrix=matrix)
    check_shapes(matrix=(matrix, "rows columns"))
    check_whole("bits", bits, at_least=2)
    if bits > 8:
        raise ValueError(f"bits: expected at most 8, received {bits}")
    rows, columns = matrix.shape
    size = columns if group in ("matrix", "row") else group
    if not isinstance(size, str):
        check_whole("group", size)
    if isinstance(size, str) or columns % size:
        raise ValueError(f"group: expected 'matrix', 'row' or a divisor of {columns}, received {group!r}")
    groups, limit = matrix.reshape(rows, columns // size, size), 2 ** (bits - 1) - 1
    axes = {"axis": None if group == "matrix" else -1, "keepdims": True}
    largest = np.maximum(groups.max(**axes), -groups.min(**axes))  # (rows, groups, 1), or (1, 1, 1)
    steps = (largest / limit).astype(matrix.dtype)
    steps[steps == 0] = 1  # zeros, or numbers too small to be told from zero
    codes = groups / steps
    np.rint(codes, out=codes)  # in place: a model's table of tokens is large
    return Quantized(codes.clip(-limit, limit, out=codes).astype(np.int8), steps)


def dequantize(quantized: Quantized) -> Float[Array, "rows columns"]:
    """Return the matrix that the codes stand for, in the type of the steps."""
    codes, steps = quantized
    return (codes.astype(steps.dtype) * steps).reshape(len(codes), -1)


def quantized_bytes(quantized: Quantized, bits: int = 8) -> float:
    """Count the memory of the steps as they are, and of codes of `bits` bits side by side.

    In NumPy a code takes a byte even if it has fewer bits; a file packs them. Raises TypeError or ValueError
    for bits that are not a positive whole number.
    """
    check_whole("bits", bits)
    return quantized.codes.size * bits / 8 + quantized.steps.nbytes
