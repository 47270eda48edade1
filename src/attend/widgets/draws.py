"""Chance that Python and a page's JavaScript share, number for number."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def uniform_draws(count: int, seed: int) -> Float[np.ndarray, " count"]:
    """Return ``count`` numbers that look evenly spread between 0 and 1, the same ones for the same ``seed``.

    32-bit hashes of a counter, so that neither language needs the other's generator.
    """
    start = _mixed(np.array([seed + 1], dtype=np.uint32))
    hashes = _mixed(start + np.arange(count, dtype=np.uint32))
    return (hashes.astype(float) + 0.5) / 2**32


def _mixed(x: np.ndarray) -> np.ndarray:
    """Hash 32-bit whole numbers so that neighbours have nothing in common (multiply, shift, exclusive or)."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x ^ (x >> np.uint32(16))
