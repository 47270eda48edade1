"""Associative memories: energies that never rise, patterns found again, and softmax attention in disguise."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attend import attention
from attend.brain import memory
from attend.brain.glyphs import LETTERS, letter_pictures

signs = st.sampled_from([-1.0, 1.0])
unit = st.floats(-3, 3)


@st.composite
def stored(draw, entries=signs, states=signs):
    """Patterns (k, d) and a state (d,)."""
    k, d = draw(st.integers(1, 5)), draw(st.integers(2, 9))
    return draw(arrays(float, (k, d), elements=entries)), draw(arrays(float, d, elements=states))


def random_patterns(rng, k, d):
    return rng.choice([-1.0, 1.0], size=(k, d))


def flip(rng, states, share):
    return np.where(rng.random(states.shape) < share, -states, states)


# ---------------------------------------------------------------- overlap


def test_overlap_is_the_share_of_agreement_minus_the_share_of_disagreement(rng):
    patterns = random_patterns(rng, 4, 10)
    state = patterns[2].copy()
    state[:3] *= -1
    found = memory.overlap(state, patterns)
    assert found[2] == pytest.approx(0.4)
    np.testing.assert_allclose(found, [np.mean(state == p) - np.mean(state != p) for p in patterns])
    assert memory.overlap(np.zeros((3, 2, 10)), patterns).shape == (3, 2, 4)


# ---------------------------------------------------------------- Hopfield (1982)


def test_weights_are_hebb_s_sums_of_products_without_the_diagonal(rng):
    patterns = random_patterns(rng, 3, 6)
    weights = memory.hopfield_weights(patterns)
    for i in range(6):
        for j in range(6):
            assert weights[i, j] == (0 if i == j else sum(p[i] * p[j] for p in patterns))
    np.testing.assert_array_equal(weights, weights.round(), err_msg="whole numbers: no sum is rounded")


def test_energy_is_the_double_sum(rng):
    weights = rng.normal(size=(5, 5))
    states = rng.normal(size=(2, 5))
    for state, energy in zip(states, memory.hopfield_energy(states, weights), strict=True):
        double = -0.5 * sum(weights[i, j] * state[i] * state[j] for i in range(5) for j in range(5))
        assert energy == pytest.approx(double, abs=1e-12)


@given(stored(states=st.sampled_from([-1.0, 0.0, 1.0])))
def test_no_single_update_raises_the_energy(example):
    patterns, state = example
    weights = memory.hopfield_weights(patterns)
    for i in range(len(state)):
        after = memory.hopfield_sweep(state, weights, [i])
        assert memory.hopfield_energy(after, weights) <= memory.hopfield_energy(state, weights)
        np.testing.assert_array_equal(np.delete(after, i), np.delete(state, i))
        state = after


@given(stored())
def test_a_sweep_takes_one_neuron_after_the_other_each_seeing_the_last(example):
    patterns, state = example
    weights = memory.hopfield_weights(patterns)
    order = np.arange(len(state))[::-1]
    expected = state.copy()
    for i in order:
        field = sum(weights[i, j] * expected[j] for j in range(len(state)))
        expected[i] = expected[i] if field == 0 else np.sign(field)
    before = state.copy()
    np.testing.assert_array_equal(memory.hopfield_sweep(state, weights, order), expected)
    np.testing.assert_array_equal(state, before, err_msg="the state given stays as it was")


def test_at_once_two_neurons_would_swap_for_ever_one_after_the_other_they_settle():
    opposed = np.array([[0.0, -1.0], [-1.0, 0.0]])
    state = np.array([1.0, 1.0])
    np.testing.assert_array_equal(np.sign(opposed @ state), [-1, -1])
    np.testing.assert_array_equal(memory.hopfield_sweep(state, opposed), [-1, 1])
    np.testing.assert_array_equal(memory.hopfield_sweep(state, opposed, [1, 0]), [1, -1])


def test_a_neuron_listens_along_its_own_row_of_weights():
    one_way = np.array([[0.0, 1.0], [-1.0, 0.0]])  # neuron 0 follows neuron 1, which opposes neuron 0
    np.testing.assert_array_equal(memory.hopfield_sweep(np.array([-1.0, 1.0]), one_way), [1, -1])


def test_without_symmetry_the_energy_can_rise():
    weights = np.array([[0.0, 1.0], [-3.0, 0.0]])
    state = np.array([1.0, 1.0])
    after = memory.hopfield_sweep(memory.hopfield_sweep(state, weights, [1]), weights, [0])
    assert memory.hopfield_energy(after, weights) == memory.hopfield_energy(state, weights)
    middle = memory.hopfield_sweep(state, weights, [1])
    assert memory.hopfield_energy(middle, weights) < memory.hopfield_energy(state, weights)
    assert memory.hopfield_energy(after, weights) > memory.hopfield_energy(middle, weights)


def test_where_the_sum_is_zero_a_neuron_stays_as_it_is():
    patterns = np.array([[1.0, 1.0, 1.0], [1.0, -1.0, -1.0]])  # between them, neuron 0 hears nothing
    weights = memory.hopfield_weights(patterns)
    for first in (-1.0, 0.0, 1.0):
        assert memory.hopfield_sweep(np.array([first, 1.0, 1.0]), weights, [0])[0] == first


def test_a_few_patterns_are_found_again_from_noise_and_from_half(rng):
    patterns = random_patterns(rng, 5, 200)
    weights = memory.hopfield_weights(patterns)
    half = patterns.copy()
    half[:, 100:] = 0
    for cue in (flip(rng, patterns, 0.2), half):
        found = memory.settle(lambda x: memory.hopfield_sweep(x, weights), cue)
        np.testing.assert_array_equal(found, patterns)


@given(stored())
def test_the_input_of_a_neuron_is_the_patterns_weighted_by_their_products_with_the_state(example):
    patterns, state = example
    field = memory.hopfield_weights(patterns) @ state
    np.testing.assert_array_equal(field, (patterns @ state) @ patterns - len(patterns) * state)


def test_settling_ends_at_a_fixed_point_or_at_the_limit():
    seen = []

    def count_down(x):
        seen.append(x)
        return np.maximum(x - 1, 0)

    np.testing.assert_array_equal(memory.settle(count_down, np.array([3.0])), [0])
    assert len(seen) == 4, "the last sweep finds nothing to change"
    assert memory.settle(count_down, np.array([50.0]), most_sweeps=7) == 43


# ---------------------------------------------------------------- dense associative memory


@given(stored())
def test_dense_memory_of_power_two_is_hopfield_s_network(example):
    patterns, state = example
    weights = memory.hopfield_weights(patterns)
    np.testing.assert_array_equal(
        memory.dense_sweep(state, patterns, 2), memory.hopfield_sweep(state, weights)
    )
    expected = 2 * memory.hopfield_energy(state, weights) - patterns.size
    assert memory.dense_energy(state, patterns, 2) == expected


@given(stored(), st.integers(2, 6))
def test_each_neuron_of_a_dense_memory_takes_the_sign_of_lower_energy(example, power):
    patterns, state = example
    for i in range(len(state)):
        up, down = state.copy(), state.copy()
        up[i], down[i] = 1.0, -1.0
        energies = memory.dense_energy(np.stack([up, down]), patterns, power)
        expected = state[i] if energies[0] == energies[1] else 1.0 if energies[0] < energies[1] else -1.0
        state = memory.dense_sweep(state, patterns, power, [i])
        assert state[i] == expected


@given(stored(states=st.sampled_from([-1.0, 0.0, 1.0])), st.integers(2, 6))
def test_a_dense_sweep_is_its_single_updates_in_order(example, power):
    patterns, state = example
    before, expected = state.copy(), state
    order = list(range(len(state)))[::-1]
    for i in order:
        expected = memory.dense_sweep(expected, patterns, power, [i])
    np.testing.assert_array_equal(memory.dense_sweep(state, patterns, power, order), expected)
    np.testing.assert_array_equal(state, before)


def test_dense_energy_is_a_sum_of_powers():
    patterns = np.array([[1.0, 1.0, 1.0], [1.0, -1.0, 1.0]])
    state = np.array([1.0, 1.0, -1.0])  # products 1 and -1
    assert memory.dense_energy(state, patterns, 3) == 0
    assert memory.dense_energy(state, patterns, 4) == -2
    assert memory.dense_energy(patterns[0], patterns, 4) == -(81 + 1)


def test_a_steeper_memory_holds_more(rng):
    patterns = random_patterns(rng, 60, 50)  # more patterns than neurons
    cue = flip(rng, patterns, 0.05)
    found = {n: memory.settle(lambda x, n=n: memory.dense_sweep(x, patterns, n), cue, 10) for n in (2, 4)}
    assert np.mean(found[2] == patterns) < 0.9
    np.testing.assert_array_equal(found[4], patterns)


# ---------------------------------------------------------------- the modern network


def test_the_update_is_scaled_dot_product_attention_with_beta_one_over_root_d(rng):
    patterns, states = rng.normal(size=(9, 16)), rng.normal(size=(3, 4, 16))
    new, weights = memory.modern_update(states, patterns, 1 / np.sqrt(16))
    stacked = np.broadcast_to(patterns, (3, 9, 16))
    output, attended = attention.scaled_dot_product_attention(states, stacked, stacked)
    np.testing.assert_allclose(new, output, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weights, attended, rtol=0, atol=1e-12)


@given(stored(unit, unit), st.floats(0.01, 50))
def test_beta_is_one_over_the_temperature(example, beta):
    patterns, state = example
    expected = attention.softmax(patterns @ state, temperature=1 / beta)
    new, weights = memory.modern_update(state, patterns, beta)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(new, expected @ patterns, rtol=0, atol=1e-12)


@given(stored(unit, unit), st.floats(0.01, 50))
def test_no_update_raises_the_energy_which_stays_in_its_bounds(example, beta):
    patterns, state = example
    longest = (patterns**2).sum(axis=1).max()
    for step in range(4):
        new, _ = memory.modern_update(state, patterns, beta)
        before, after = memory.modern_energy(np.stack([state, new]), patterns, beta)
        assert after <= before + 1e-9 * (1 + abs(before))
        if step:  # by now the state lies among the patterns
            assert -1e-9 <= before <= 2 * longest + 1e-9
        state = new


def test_the_update_follows_from_the_energy(rng):
    """The energy's gradient is the state minus its update, by finite differences."""
    patterns, state, beta = rng.normal(size=(5, 6)), rng.normal(size=6), 0.7
    nudge = 1e-6 * np.eye(6)
    up, down = (memory.modern_energy(state + sign * nudge, patterns, beta) for sign in (1, -1))
    new, _ = memory.modern_update(state, patterns, beta)
    np.testing.assert_allclose((up - down) / 2e-6, state - new, atol=1e-8)


def test_energy_of_one_pattern_is_half_the_square_of_the_distance(rng):
    pattern, state = rng.normal(size=(1, 5)), rng.normal(size=5)
    energy = memory.modern_energy(state, pattern, 3.0)
    assert energy == pytest.approx(((state - pattern[0]) ** 2).sum() / 2, abs=1e-12)


def test_a_small_beta_gives_the_average_and_a_large_one_the_best_pattern(rng):
    patterns = random_patterns(rng, 8, 64)
    cue = flip(rng, patterns[3], 0.3)
    average, weights = memory.modern_update(cue, patterns, 1e-9)
    np.testing.assert_allclose(average, patterns.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(weights, 1 / 8, atol=1e-6)
    with np.errstate(all="raise", under="ignore"):
        best, weights = memory.modern_update(cue, patterns, 1e6)
        assert np.isfinite(memory.modern_energy(cue, patterns, 1e6))
    np.testing.assert_array_equal(best, patterns[3])
    np.testing.assert_array_equal(weights, np.eye(8)[3])


@pytest.mark.parametrize("beta", [0.01, 0.05, 0.3])
def test_one_update_misses_a_separated_pattern_by_an_exponentially_small_amount(beta, rng):
    patterns = random_patterns(rng, 50, 256)
    new, _ = memory.modern_update(patterns, patterns, beta)
    products = patterns @ patterns.T
    np.fill_diagonal(products, -np.inf)
    separation = 256 - products.max(axis=1)
    bound = 2 * 16 * 49 * np.exp(-beta * separation)  # 2 M (k - 1) exp(-beta separation), M = 16
    miss = np.linalg.norm(new - patterns, axis=1)
    assert (miss <= bound + 1e-12).all()
    assert (bound < 0.1).all() == (beta >= 0.05)


# ---------------------------------------------------------------- pictures


def test_letters_are_ink_and_paper_on_a_grid_of_any_size():
    for size in (5, 10, 28):
        pictures = letter_pictures(size=size)
        assert pictures.shape == (10, size * size)
        assert set(np.unique(pictures)) == {-1.0, 1.0}
        assert len(np.unique(pictures, axis=0)) == 10
    assert list(LETTERS) == list("JWKOFLAXHE")


def test_a_letter_looks_as_it_was_drawn():
    drawn = [
        "##......##", "###....###", ".###..###.", "..######..", "...####...",
        "...####...", "..######..", ".###..###.", "###....###", "##......##",
    ]  # fmt: skip
    rows = letter_pictures("X").reshape(10, 10)
    assert ["".join("#" if cell > 0 else "." for cell in row) for row in rows] == drawn
    upright = letter_pictures("L").reshape(10, 10)
    assert (upright[:, 0] == 1).all(), "the stroke of the L stands on the left"
    assert (upright[9] == 1).all(), "and its foot at the bottom"


def test_ink_is_what_a_stroke_covers_at_any_size():
    share = {size: (letter_pictures("O", size) > 0).mean() for size in (10, 60, 200)}
    ring = np.pi * (0.51**2 - 0.29**2)  # cut off a little at the edges of the picture
    assert share[200] == pytest.approx(share[60], abs=0.01)
    assert ring - 0.02 < share[200] < ring


def test_six_letters_fit_into_a_hopfield_network_and_ten_do_not():
    found = {}
    for k in (6, 10):
        pictures = letter_pictures()[:k]
        weights = memory.hopfield_weights(pictures)
        found[k] = memory.settle(lambda x, w=weights: memory.hopfield_sweep(x, w), pictures)
        found[k] = (found[k] == pictures).all(axis=1).sum()
    assert found[6] == 6
    assert found[10] < 5


# ---------------------------------------------------------------- bad input


X = np.array([[1.0, -1.0, 1.0], [1.0, 1.0, -1.0]])


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: memory.overlap([1.0], X), TypeError, "state: expected a NumPy array"),
        (lambda: memory.overlap(np.ones(4), X), ValueError, "patterns: expected axis d = 4 as in state"),
        (
            lambda: memory.hopfield_weights(X * 2), ValueError,
            "patterns: expected entries of -1 and 1, received 2",
        ),
        (
            lambda: memory.hopfield_weights((X > 0).astype(float)), ValueError,
            "patterns: expected entries of -1 and 1, received 0",
        ),
        (lambda: memory.hopfield_weights(X[0]), ValueError, "patterns: expected shape (k, d), received (3,)"),
        (lambda: memory.hopfield_weights(X.astype(int)), TypeError, "patterns: expected floating point"),
        (
            lambda: memory.hopfield_energy(np.ones(2), np.eye(3)), ValueError,
            "weights: expected axis d = 2 as in state, received 3",
        ),
        (
            lambda: memory.hopfield_sweep(np.ones(3), np.ones((3, 2))), ValueError,
            "weights: expected axis d = 3",
        ),
        (
            lambda: memory.hopfield_sweep(np.array([1.0, np.nan]), np.eye(2)), ValueError,
            "state: expected finite numbers, received nan at index (1,)",
        ),
        (
            lambda: memory.hopfield_sweep(np.ones(2), np.eye(2), [0, 2]), ValueError,
            "order: expected whole numbers from 0 to 1, received [0, 2]",
        ),
        (lambda: memory.dense_sweep(np.ones(3), X, 2, [-1]), ValueError, "order: expected whole"),
        (lambda: memory.dense_sweep(np.ones(3), X, 2, [0.5]), ValueError, "order: expected whole numbers"),
        (lambda: memory.dense_energy(np.ones(3), X, 1), ValueError, "power: expected a whole number of at"),
        (lambda: memory.dense_sweep(np.ones(3), X, 2.5), TypeError, "power: expected a whole number"),
        (lambda: memory.dense_sweep(np.ones(3), X / 2, 3), ValueError, "received 0.5"),
        (lambda: memory.dense_sweep(np.ones(2), X, 3), ValueError, "patterns: expected axis d = 2 as in"),
        (lambda: memory.settle(lambda x: x, np.ones(2), 0), ValueError, "most_sweeps: expected"),
        (lambda: memory.modern_update(np.ones(3), X, 0), ValueError, "beta: expected a number above zero"),
        (lambda: memory.modern_update(np.ones(3), X, None), TypeError, "beta: expected a number"),
        (lambda: memory.modern_update(np.ones(2), X, 1.0), ValueError, "patterns: expected axis d = 2"),
        (lambda: memory.modern_energy(np.ones(3), X, -1), ValueError, "beta: expected a number above zero"),
        (lambda: letter_pictures("JZ"), ValueError, "names: expected letters out of JWKOFLAXHE, re"),
        (lambda: letter_pictures(""), ValueError, "names: expected letters out of"),
        (lambda: letter_pictures("J", 4), ValueError, "size: expected a whole number of at least 5"),
    ],
)  # fmt: skip
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
