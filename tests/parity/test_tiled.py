"""Attention in tiles against PyTorch's fused attention, in double precision."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from attend.tiled import tiled_attention


@pytest.mark.parametrize("blocks", [(1, 1), (16, 16), (7, 50), (200, 200)], ids=str)
@pytest.mark.parametrize("mask", ["none", "causal", "scattered"])
def test_against_scaled_dot_product_attention(mask, blocks, rng):
    query, key, value = (
        rng.normal(size=(2, 3, 50, 8)),
        rng.normal(size=(2, 3, 50, 8)),
        rng.normal(size=(2, 3, 50, 4)),
    )
    visible = rng.random((2, 3, 50, 50)) < 0.5 if mask == "scattered" else None
    theirs = F.scaled_dot_product_attention(
        *map(torch.from_numpy, (query, key, value)),
        attn_mask=None if visible is None else torch.from_numpy(visible),
        is_causal=mask == "causal",
    )
    ours = tiled_attention(
        query, key, value, visible, causal=mask == "causal", block_q=blocks[0], block_k=blocks[1]
    )
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=1e-12)
