"""Position's properties: shifts are rotations, rotary scores know distances, biases are as published."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attend import position

even = st.integers(1, 16).map(lambda n: 2 * n)
bases = st.sampled_from([1.0, 2.0, 100.0, 10000.0, 500000.0])


# ---------------------------------------------------------------- sinusoids


def test_sinusoids_by_hand():
    np.testing.assert_allclose(
        position.sinusoidal(3, 4),
        [
            [0, 1, 0, 1],
            [np.sin(1), np.cos(1), np.sin(0.01), np.cos(0.01)],
            [np.sin(2), np.cos(2), np.sin(0.02), np.cos(0.02)],
        ],
        atol=1e-15,
    )


def test_frequencies_fall_from_one_towards_one_over_base():
    """Vaswani et al. (2017), section 3.5: the wavelengths run from 2π towards 10000 · 2π."""
    omega = position.frequencies(512)
    assert omega[0] == 1.0
    assert omega[-1] == pytest.approx(1 / 10000 ** (510 / 512), rel=1e-12)
    np.testing.assert_allclose(omega[1:] / omega[:-1], 10000 ** (-2 / 512), rtol=1e-12)
    np.testing.assert_allclose(position.frequencies(6, base=8), [1, 1 / 2, 1 / 4], rtol=1e-12)


@given(even, st.integers(-40, 40), bases)
def test_a_shift_is_a_rotation(d_model, offset, base):
    """Every position moves by the same orthogonal matrix: PE[p + offset] = R PE[p], whatever p."""
    rotation = position.shift_matrix(offset, d_model, base)
    encoding = position.sinusoidal(100, d_model, base)
    here = np.arange(40, 60)
    np.testing.assert_allclose(encoding[here + offset], encoding[here] @ rotation.T, atol=1e-12)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(d_model), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0, abs=1e-12)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_shifts_add_up(first, second):
    np.testing.assert_allclose(
        position.shift_matrix(first, 8) @ position.shift_matrix(second, 8),
        position.shift_matrix(first + second, 8),
        atol=1e-12,
    )


@given(even, bases)
def test_similarity_of_sinusoids_depends_on_the_offset_alone(d_model, base):
    encoding = position.sinusoidal(30, d_model, base)
    similarity = encoding @ encoding.T
    by_offset = np.cos(np.arange(30)[:, None] * position.frequencies(d_model, base)).sum(axis=-1)
    offsets = np.abs(np.subtract.outer(np.arange(30), np.arange(30)))
    np.testing.assert_allclose(similarity, by_offset[offsets], atol=1e-11)


# ---------------------------------------------------------------- rotary


def test_rotary_by_hand():
    """A quarter turn takes (1, 0) to (0, 1); the second of two pairs turns a hundred times slower."""
    turned = position.rotary(np.array([[1.0, 0.0, 1.0, 0.0]]), np.array([np.pi / 2]))
    np.testing.assert_allclose(turned, [[0, 1, np.cos(np.pi / 200), np.sin(np.pi / 200)]], atol=1e-15)


@given(even, st.integers(-100, 100), bases, st.integers(0, 2**32 - 1))
def test_rotary_scores_depend_on_the_offset_alone(d, shift, base, seed):
    numbers = np.random.default_rng(seed)
    query, key = numbers.normal(size=(2, 3, 5, d))
    here, there = np.arange(5), np.arange(5) * 3 - 4
    scores = position.rotary(query, here, base) @ position.rotary(key, there, base).swapaxes(-1, -2)
    moved = position.rotary(query, here + shift, base) @ position.rotary(key, there + shift, base).swapaxes(
        -1, -2
    )
    np.testing.assert_allclose(moved, scores, atol=1e-11)


@given(even, bases, st.integers(0, 2**32 - 1))
def test_rotary_keeps_lengths_and_leaves_position_zero(d, base, seed):
    numbers = np.random.default_rng(seed)
    x, positions = numbers.normal(size=(2, 4, d)), numbers.normal(size=4) * 50
    turned = position.rotary(x, positions, base)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(x, axis=-1), atol=1e-12)
    np.testing.assert_array_equal(position.rotary(x, np.zeros(4, dtype=int), base), x)


@given(even, st.integers(-30, 30), bases)
def test_rotary_turns_against_the_shift_matrix(d, offset, base):
    """Same angles, other sense: (sin, cos) turns with the clock as positions grow, RoPE against it."""
    x = np.cos(np.arange(d))
    turned = position.rotary(x[None], np.array([offset]), base)[0]
    np.testing.assert_allclose(turned, position.shift_matrix(-offset, d, base) @ x, atol=1e-12)


def test_rotary_keeps_float32_and_its_input(rng):
    x = rng.normal(size=(3, 4)).astype(np.float32)
    before = x.copy()
    assert position.rotary(x, np.arange(3)).dtype == np.float32
    np.testing.assert_array_equal(x, before)


# ---------------------------------------------------------------- biases


def published_slopes(n: int) -> list[float]:
    """The slopes for n heads as the recursion that Press et al. (2022) published, in our own words."""
    power = 1
    while 2 * power <= n:
        power *= 2
    first = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    return first if power == n else first + published_slopes(2 * power)[0::2][: n - power]


@pytest.mark.parametrize("num_heads", range(1, 41))
def test_slopes_are_the_published_ones(num_heads):
    slopes = position.alibi_slopes(num_heads)
    assert slopes.shape == (num_heads,)
    np.testing.assert_allclose(slopes, published_slopes(num_heads), rtol=1e-14)


def test_eight_heads_have_the_slopes_of_the_paper():
    np.testing.assert_array_equal(
        position.alibi_slopes(8), [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]
    )


@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 5))
def test_alibi_is_zero_at_home_and_falls_in_a_straight_line(num_heads, q_len, kept):
    bias = position.alibi_bias(num_heads, q_len, q_len + kept)
    slopes = position.alibi_slopes(num_heads)
    home = np.arange(q_len), np.arange(kept, kept + q_len)
    assert np.all(bias[:, *home] == 0)
    assert not np.any(np.signbit(bias[:, *home]))  # 0, not -0, which would print badly
    for h in range(num_heads):
        for i in range(q_len):
            np.testing.assert_allclose(
                bias[h, i], -slopes[h] * np.abs(np.arange(q_len + kept) - i - kept), atol=1e-15
            )


def test_relative_offsets_count_from_the_query():
    np.testing.assert_array_equal(position.relative_offsets(2, 4), [[-2, -1, 0, 1], [-3, -2, -1, 0]])


def test_relative_bias_is_looked_up_and_clipped():
    table = np.array([[-2.0, -1.0, 0.0, 1.0, 2.0], [10.0, 20.0, 30.0, 40.0, 50.0]])
    bias = position.relative_bias(table, 4, 4)
    np.testing.assert_array_equal(bias[0], [[0, 1, 2, 2], [-1, 0, 1, 2], [-2, -1, 0, 1], [-2, -2, -1, 0]])
    np.testing.assert_array_equal(bias[1, 0], [30, 40, 50, 50])


def test_a_kept_text_sees_the_same_biases_as_the_whole(rng):
    """The last rows of the full matrix are what a model needs that has kept its keys."""
    table = rng.normal(size=(2, 7))
    np.testing.assert_array_equal(position.alibi_bias(2, 2, 6), position.alibi_bias(2, 6, 6)[:, 4:])
    np.testing.assert_array_equal(
        position.relative_bias(table, 2, 6), position.relative_bias(table, 6, 6)[:, 4:]
    )


# ---------------------------------------------------------------- learned


def test_learned_positions_are_the_first_rows(rng):
    table = rng.normal(size=(5, 3))
    np.testing.assert_array_equal(position.learned(table, 2), table[:2])
    np.testing.assert_array_equal(position.learned(table, 5), table)
