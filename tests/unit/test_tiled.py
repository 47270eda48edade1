"""Attention in tiles: the same output for any tiles, and the traffic that is really there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attend import attention, tiled

few = st.integers(1, 7)


class Counted(np.ndarray):
    """An array that counts the numbers that are read out of it."""

    read = 0

    def __getitem__(self, place):
        got = np.asarray(super().__getitem__(place))
        type(self).read += got.size
        return got


@st.composite
def cases(draw):
    """Query, key, value, a mask with some rows where all is hidden, and blocks of any size."""
    batch = draw(st.sampled_from([(), (2,), (2, 3)]))
    q, k, d, v = draw(few), draw(few), draw(few), draw(few)
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([1.0, 30.0, 1e100]))
    arrays = (numbers.normal(size=(*batch, *s)) for s in ((q, d), (k, d), (k, v)))
    query, key, value = arrays
    visible = numbers.random((*batch, q, k)) < draw(st.sampled_from([0.2, 0.9]))
    visible[..., 0, :] = False
    return query * size, key, value, visible, draw(st.integers(1, 9)), draw(st.integers(1, 9))


@given(cases())
def test_any_tiles_give_what_the_whole_matrix_gives(case):
    query, key, value, visible, block_q, block_k = case
    blocks = {"block_q": block_q, "block_k": block_k}
    for mask in (None, visible):
        whole, _ = attention.scaled_dot_product_attention(query, key, value, mask)
        in_tiles = tiled.tiled_attention(query, key, value, mask, **blocks)
        np.testing.assert_allclose(in_tiles, whole, rtol=0, atol=1e-12)
    assert not in_tiles[..., 0, :].any(), "the first query sees nothing"


@given(cases())
def test_causal_tiles_are_those_of_the_causal_mask(case):
    query, key, value, visible, block_q, block_k = case
    q, k = query.shape[-2], key.shape[-2]
    query, visible = query[..., -k:, :], visible[..., -k:, :]
    causal = attention.causal_mask(min(q, k), k)
    for mask, both in ((None, causal), (visible, visible & causal)):
        whole, _ = attention.scaled_dot_product_attention(query, key, value, both)
        in_tiles = tiled.tiled_attention(
            query, key, value, mask, causal=True, block_q=block_q, block_k=block_k
        )
        np.testing.assert_allclose(in_tiles, whole, rtol=0, atol=1e-12)


def test_a_mask_may_broadcast(rng):
    query, key, value = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 4))
    for visible in (attention.padding_mask([4, 0], 6), attention.causal_mask(5, 6), np.array([True] * 3 * 2)):
        whole, _ = attention.scaled_dot_product_attention(query, key, value, visible)
        in_tiles = tiled.tiled_attention(query, key, value, visible, block_q=2, block_k=4)
        np.testing.assert_allclose(in_tiles, whole, rtol=0, atol=1e-12)


@given(cases(), st.randoms(use_true_random=False))
def test_parts_merge_in_any_order(case, chance):
    query, key, value, visible, _, size = case
    parts = [
        tiled.attend_to_part(query, key[..., c, :], value[..., c, :], visible[..., c])
        for c in (slice(i, i + size) for i in range(0, key.shape[-2], size))
    ]
    chance.shuffle(parts)
    while len(parts) > 1:  # a tree, not a row
        parts.append(tiled.merge(parts.pop(0), parts.pop(0)))
    whole, _ = attention.scaled_dot_product_attention(query, key, value, visible)
    np.testing.assert_allclose(tiled.finish(parts[0]), whole, rtol=0, atol=1e-12)


def test_peak_and_total_give_every_weight_back(rng):
    query, key, value = rng.normal(size=(3, 4)), rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
    one, other = (tiled.attend_to_part(query, key[c], value[c]) for c in (slice(0, 5), slice(5, 8)))
    known = tiled.merge(one, other)
    scores = attention.scaled_dot_score(query, key)
    weights = np.exp(scores - known.peak - np.log(known.total))
    np.testing.assert_allclose(weights, attention.softmax(scores), rtol=0, atol=1e-14)


def test_scores_a_thousand_apart():
    query, key, value = np.array([[1.0]]), np.array([[1000.0], [-1000.0], [999.0]]), np.eye(3)
    in_tiles = tiled.tiled_attention(query, key, value, block_k=1)
    np.testing.assert_allclose(in_tiles, [[1 / (1 + np.exp(-1)), 0, 1 / (1 + np.exp(1))]], rtol=1e-14)


def test_single_precision_stays():
    query, key, value = (np.ones((2, 3), np.float32) for _ in range(3))
    assert tiled.tiled_attention(query, key, value, block_k=1).dtype == np.float32


# ---------------------------------------------------------------- traffic


@given(few, few, few, few, st.booleans(), st.integers(1, 9), st.integers(1, 9))
def test_the_traffic_is_what_is_read_and_written(q, k, d, v, causal, block_q, block_k):
    k = q + k if causal else k
    numbers = np.random.default_rng(0)
    arrays = [numbers.normal(size=size).view(Counted) for size in ((q, d), (k, d), (k, v))]
    options = {"causal": causal, "block_q": block_q, "block_k": block_k}
    Counted.read = 0
    output = tiled.tiled_attention(*arrays, **options)
    assert tiled.tiled_traffic(q, k, d, v, **options) == Counted.read + output.size


def test_traffic_of_known_sizes():
    # 8 queries and outputs of 3 + 2; 2 blocks of queries that read 8 keys and values of 3 + 2 each
    assert tiled.tiled_traffic(8, 8, 3, 2, block_q=4, block_k=4) == 8 * 5 + 2 * 8 * 5
    # the first block of queries leaves out the second block of keys
    assert tiled.tiled_traffic(8, 8, 3, 2, causal=True, block_q=4, block_k=4) == 8 * 5 + (4 + 8) * 5
    assert tiled.naive_traffic(8, 6, 3, 2) == (8 + 6) * 5 + 4 * 48
    assert tiled.tile_size(3, 2, block_q=4, block_k=5) == 4 * 3 + 5 * 5 + 20 + 4 * (2 + 2)


# ---------------------------------------------------------------- errors


def test_arguments_are_named(rng, unchecked_shapes):
    query, key, value = rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    with pytest.raises(ValueError, match="block_q: expected a whole number of at least 1, received 0"):
        tiled.tiled_attention(query, key, value, block_q=0)
    with pytest.raises(ValueError, match="k_len: expected a whole number of at least 4, received 2"):
        tiled.tiled_attention(query, key[:2], value[:2], causal=True)
    with pytest.raises(ValueError, match="value: expected axis k = 4"):
        tiled.tiled_attention(query, key, value[:3])
    with pytest.raises(ValueError, match="scores: expected finite numbers"), np.errstate(over="ignore"):
        tiled.tiled_attention(query * 1e200, key * 1e200, value)
    with pytest.raises(ValueError, match=r"visible: expected a shape that broadcasts to \(4, 4\)"):
        tiled.tiled_attention(query, key, value, np.ones((3, 4), dtype=bool))
    with pytest.raises(ValueError, match="d: expected a whole number of at least 1, received 0"):
        tiled.tiled_traffic(4, 4, 0, 3)
    with pytest.raises(ValueError, match="k_len: expected a whole number of at least 1, received 0"):
        tiled.naive_traffic(4, 0, 3, 3)
    with pytest.raises(TypeError, match="block_k: expected a whole number, received None"):
        tiled.tile_size(3, 3, block_k=None)
