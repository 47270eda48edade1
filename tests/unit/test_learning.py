"""One neuron learns: growth and brake, the window of timing, mistakes and their bound, what it can hold."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attend.brain import learning

seeds = st.integers(0, 2**32 - 1)


def cloud(seed, p=2000, spread=(2.0, 0.7)):
    """Correlated inputs of mean zero, and the unit vector along which they vary most."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(len(spread), len(spread))))[0]
    inputs = rng.normal(size=(p, len(spread))) * spread @ axes
    return inputs, np.linalg.eigh(inputs.T @ inputs)[1][:, -1]


def alignment(weights, direction):
    return np.abs(weights @ direction) / np.linalg.norm(weights, axis=-1)


# ---------------------------------------------------------------- Hebb and Oja

WEIGHTS, PATTERNS = np.array([0.5, -1.0]), np.array([[2.0, 1.0], [1.0, 0.0]])


def test_hebb_by_hand():
    """The outputs are 0 and 0.5: the first pattern changes nothing."""
    path = learning.hebb(WEIGHTS, PATTERNS, 0.1)
    np.testing.assert_allclose(path, [[0.5, -1.0], [0.5, -1.0], [0.55, -1.0]], atol=1e-15)


def test_oja_by_hand():
    """The output is 0.5, so the decay takes 0.1 · 0.25 of each weight."""
    path = learning.oja(WEIGHTS, PATTERNS, 0.1)
    np.testing.assert_allclose(path[1], WEIGHTS, atol=1e-15)
    np.testing.assert_allclose(path[2], [0.5 + 0.05 - 0.0125, -1.0 + 0.025], atol=1e-15)


def test_hebb_multiplies_by_identity_plus_the_outer_product(rng):
    inputs, weights = rng.normal(size=(4, 3)), rng.normal(size=3)
    matrix = np.eye(3)
    for x in inputs:
        matrix = (np.eye(3) + 0.2 * np.outer(x, x)) @ matrix
    np.testing.assert_allclose(learning.hebb(weights, inputs, 0.2)[-1], matrix @ weights, atol=1e-12)


@given(seeds)
def test_hebb_never_shrinks(seed):
    rng = np.random.default_rng(seed)
    path = learning.hebb(rng.normal(size=3), rng.normal(size=(20, 3)), 0.1)
    assert (np.diff(np.linalg.norm(path, axis=1)) >= -1e-12).all()


@given(seeds)
def test_oja_is_hebb_scaled_to_length_one_up_to_the_square_of_the_rate(seed):
    rng = np.random.default_rng(seed)
    weights, inputs = rng.normal(size=4), rng.normal(size=(1, 4))
    weights /= np.linalg.norm(weights)

    def gap(rate):
        hebbian = learning.hebb(weights, inputs, rate)[-1]
        return np.linalg.norm(hebbian / np.linalg.norm(hebbian) - learning.oja(weights, inputs, rate)[-1])

    assert gap(1e-3) < 1e-5 * np.linalg.norm(inputs) ** 4 + 1e-12


def test_oja_finds_the_first_principal_component_and_hebb_only_its_direction():
    for seed in range(5):
        inputs, first = cloud(seed)
        hebbian, braked = (
            rule(np.array([0.2, 0.1]), inputs, 0.005)[-1] for rule in (learning.hebb, learning.oja)
        )
        assert alignment(hebbian, first) > 0.99
        assert alignment(braked, first) > 0.99
        assert np.linalg.norm(hebbian) > 1e6
        assert abs(np.linalg.norm(braked) - 1) < 0.05


def test_oja_rests_on_every_component_on_average_and_stays_only_on_the_first():
    inputs, first = cloud(3)
    second = np.array([-first[1], first[0]])
    for direction in (first, second):
        changes = [learning.oja(direction, x[None], 1e-3)[-1] - direction for x in inputs]
        np.testing.assert_allclose(np.mean(changes, axis=0), 0.0, atol=1e-12)
    assert alignment(learning.oja(second, inputs, 0.005)[-1], first) > 0.99


@pytest.mark.parametrize("rule", [learning.hebb, learning.oja])
def test_a_path_begins_with_the_weights_and_leaves_its_inputs_alone(rule, rng):
    weights, inputs = rng.normal(size=3).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)
    before = weights.copy(), inputs.copy()
    path = rule(weights, inputs, 0.1)
    assert path.shape == (6, 3)
    assert path.dtype == np.float32
    np.testing.assert_array_equal(path[0], weights)
    np.testing.assert_array_equal(weights, before[0])
    np.testing.assert_array_equal(inputs, before[1])


@pytest.mark.parametrize("rule", [learning.hebb, learning.oja])
def test_weights_that_outgrow_floating_point_are_said_with_the_place(rule):
    inputs = np.full((3000, 2), 10.0)
    with pytest.raises(OverflowError, match=r"rate: 2 makes the weights overflow at pattern \d+; choose a"):
        rule(np.ones(2), inputs, 2)
    with pytest.raises(OverflowError, match="at pattern 2;"):
        learning.hebb(np.ones(1), np.full((5, 1), 1e154), 1.0)  # each pattern multiplies by 1e308


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("rule", [learning.hebb, learning.oja])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rate": 0.0}, ValueError, "rate: expected a number above zero, received 0.0"),
        ({"rate": "fast"}, TypeError, "rate: expected a number, received 'fast'"),
        ({"weights": np.ones(3)}, ValueError, "weights: expected axis d = 2 as in inputs, received 3"),
        ({"weights": [1.0, 2.0]}, TypeError, "weights: expected a NumPy array"),
        ({"inputs": np.ones((2, 2), int)}, TypeError, "inputs: expected floating point numbers"),
        ({"inputs": np.ones(2)}, ValueError, r"inputs: expected shape \(p, d\), received \(2,\)"),
        ({"inputs": np.array([[1.0, np.nan]])}, ValueError, r"inputs: expected finite numbers, received nan"),
    ],
)
def test_bad_input_to_a_rule_is_named(rule, change, error, message):
    arguments = {"weights": WEIGHTS, "inputs": PATTERNS, "rate": 0.1} | change
    with pytest.raises(error, match=message):
        rule(**arguments)


# ---------------------------------------------------------------- spike timing


def test_the_window_by_hand():
    change = learning.stdp(np.array([-20.0, 0.0, 20.0, 40.0]))
    np.testing.assert_allclose(change, [-1.05 * math.exp(-1), 0.0, math.exp(-1), math.exp(-2)], atol=1e-15)


def test_each_parameter_shapes_its_own_side():
    delay = np.array([-10.0, 10.0])
    np.testing.assert_allclose(
        learning.stdp(delay, 2.0, 3.0, 5.0, 40.0), [-3 * math.exp(-0.25), 2 * math.exp(-2)], atol=1e-15
    )


@given(st.floats(0.01, 500))
def test_earlier_inputs_gain_later_ones_lose_and_more_so_when_closer(delay):
    delays = np.array([-delay - 1, -delay, delay, delay + 1])
    far_late, late, early, far_early = learning.stdp(delays)
    assert late < far_late < 0 < far_early < early


def test_the_area_under_the_window():
    delay = np.arange(-400, 400, 0.01) + 0.005
    assert learning.stdp(delay).sum() * 0.01 == pytest.approx(20 - 1.05 * 20, abs=1e-3)


def test_the_window_keeps_shape_and_precision():
    change = learning.stdp(np.ones((2, 3), np.float32))
    assert change.shape == (2, 3)
    assert change.dtype == np.float32


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("name", ["potentiation", "depression", "potentiation_time", "depression_time"])
def test_amplitudes_and_times_are_above_zero(name):
    with pytest.raises(ValueError, match=f"{name}: expected a number above zero, received -1.0"):
        learning.stdp(np.ones(1), **{name: -1.0})
    with pytest.raises(
        TypeError, match="delay: expected a NumPy array of floating point numbers, received float"
    ):
        learning.stdp(3.0)


# ---------------------------------------------------------------- the perceptron

CORNERS = np.column_stack([np.array(list(product([1.0, -1.0], repeat=2))), np.ones(4)])
XOR, OR = np.array([-1.0, 1.0, 1.0, -1.0]), np.array([1.0, 1.0, 1.0, -1.0])


def test_the_perceptron_by_hand():
    """Only the first corner is a mistake: weights of zero decide nothing, and (1, 1, 1) does OR."""
    weights, mistakes = learning.perceptron(CORNERS, OR)
    np.testing.assert_array_equal(weights, [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(mistakes, [1, 0])


def test_the_perceptron_takes_the_patterns_in_order():
    """(1, 0) then (1, 2): the second is wrong after the first, and its step is minus its input."""
    weights, mistakes = learning.perceptron(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([1.0, -1.0]), 1)
    np.testing.assert_array_equal(weights, [0.0, -2.0])
    np.testing.assert_array_equal(mistakes, [2])


@given(seeds)
def test_mistakes_stay_below_novikoffs_bound(seed):
    rng = np.random.default_rng(seed)
    inputs, teacher = rng.normal(size=(30, 4)), rng.normal(size=4)
    agreement = inputs @ teacher / np.linalg.norm(teacher)
    clear = np.abs(agreement) > 0.2
    inputs, labels = inputs[clear], np.sign(agreement[clear])
    bound = (np.linalg.norm(inputs, axis=1).max() / np.abs(agreement[clear]).min()) ** 2
    weights, mistakes = learning.perceptron(inputs, labels, max_epochs=10_000)
    assert mistakes[-1] == 0
    assert mistakes.sum() <= bound
    assert (labels * (inputs @ weights) > 0).all()


def test_xor_is_never_learned_and_the_weights_go_round():
    weights, mistakes = learning.perceptron(CORNERS, XOR, max_epochs=50)
    assert mistakes.shape == (50,)
    assert (mistakes > 0).all()
    np.testing.assert_array_equal(weights, 0.0)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("decide", [learning.perceptron, learning.separate])
@pytest.mark.parametrize(
    ("inputs", "labels", "error", "message"),
    [
        (
            CORNERS,
            np.array([1.0, 0.0, 1.0, 1.0]),
            ValueError,
            r"labels: expected 1 or -1, received 0.0 at index 1",
        ),
        (CORNERS, np.ones(3), ValueError, "labels: expected axis p = 4 as in inputs, received 3"),
        (CORNERS, np.ones(4, int), TypeError, "labels: expected floating point numbers"),
        (CORNERS[0], np.ones(1), ValueError, r"inputs: expected shape \(p, d\)"),
        (CORNERS * np.inf, OR, ValueError, "inputs: expected finite numbers"),
    ],
)
def test_bad_patterns_are_named(decide, inputs, labels, error, message):
    with np.errstate(invalid="ignore"), pytest.raises(error, match=message):
        decide(inputs, labels)


def test_the_number_of_passes_is_whole_and_positive():
    with pytest.raises(ValueError, match="max_epochs: expected a whole number of at least 1, received 0"):
        learning.perceptron(CORNERS, OR, max_epochs=0)


# ---------------------------------------------------------------- how much one neuron can hold


def test_the_count_of_known_cases():
    assert [learning.separable_count(p, 3) for p in range(1, 9)] == [2, 4, 8, 14, 22, 32, 44, 58]
    assert learning.separable_count(5, 1) == 2


@given(st.integers(1, 60), st.integers(2, 60))
def test_the_count_obeys_covers_recursion(p, n):
    count = learning.separable_count
    assert count(p + 1, n) == count(p, n) + count(p, n - 1)


@given(st.integers(1, 400))
def test_the_chance_is_one_up_to_n_and_one_half_at_twice_n(n):
    assert learning.separable_share(n, n) == 1.0
    assert learning.separable_share(2 * n, n) == 0.5
    assert learning.separable_count(n + 1, n) == 2 ** (n + 1) - 2  # all but one labelling and its opposite


@pytest.mark.usefixtures("unchecked_shapes")
def test_numbers_from_an_array_do_not_overflow():
    p, n = np.array([200, 100])
    assert learning.separable_count(p, n) == 2**199
    assert learning.separable_share(p, n) == 0.5


@pytest.mark.parametrize("wrong", [(0, 3), (3, 0), (-1, 1)])
def test_counts_are_positive(wrong):
    with pytest.raises(ValueError, match=r"num_(patterns|inputs): expected a whole number of at least 1"):
        learning.separable_share(*wrong)


def is_proved(inputs, labels, separable, proof):
    """Test a proof by what it claims alone, without the function that gave it."""
    signed = labels[:, None] * inputs / np.linalg.norm(inputs, axis=1, keepdims=True)
    if separable:
        return (
            proof.shape == inputs.shape[1:]
            and math.isclose(np.linalg.norm(proof), 1)
            and (signed @ proof).min() > 0
        )
    blends_to_nothing = np.linalg.norm(proof @ signed) < 1e-9
    return (
        proof.shape == labels.shape
        and blends_to_nothing
        and (proof >= 0).all()
        and math.isclose(proof.sum(), 1)
    )


@given(seeds, st.integers(1, 8), st.integers(1, 24))
def test_every_answer_carries_a_proof(seed, d, p):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(p, d)) * 10.0 ** rng.integers(-3, 4, size=(p, 1))
    labels = rng.choice([-1.0, 1.0], size=p)
    assert is_proved(inputs, labels, *learning.separate(inputs, labels))


@pytest.mark.parametrize(("p", "n"), [(5, 2), (8, 3), (7, 4), (9, 5), (4, 6)])
def test_as_many_labellings_are_separable_as_cover_counts(p, n, rng):
    inputs = rng.normal(size=(p, n))
    found = sum(learning.separate(inputs, np.array(labels))[0] for labels in product([-1.0, 1.0], repeat=p))
    assert found == learning.separable_count(p, n)


@given(seeds)
def test_what_a_teacher_labelled_is_separable_and_what_contradicts_itself_is_not(seed):
    rng = np.random.default_rng(seed)
    inputs, teacher = rng.normal(size=(40, 5)), rng.normal(size=5)
    labels = np.where(inputs @ teacher > 0, 1.0, -1.0)
    assert learning.separate(inputs, labels)[0]
    contradiction = np.vstack([inputs, -3 * inputs[:1]])
    assert not learning.separate(contradiction, np.append(labels, labels[0]))[0]


def test_xor_is_blended_away():
    separable, shares = learning.separate(CORNERS, XOR)
    assert not separable
    np.testing.assert_allclose(shares, 0.25, atol=1e-12)


def test_the_weights_leave_the_widest_gap():
    """The point of the hull nearest to the origin is also the direction of the widest gap."""
    _, weights = learning.separate(np.array([[1.0, 1.0], [1.0, -1.0], [5.0, 0.0]]), np.ones(3))
    np.testing.assert_allclose(weights, [1.0, 0.0], atol=1e-12)


def test_a_pattern_of_zeros_can_have_no_label():
    separable, shares = learning.separate(np.array([[1.0, 2.0], [0.0, 0.0]]), np.ones(2))
    assert not separable
    np.testing.assert_allclose(shares, [0.0, 1.0], atol=1e-12)


def test_a_narrow_gap_is_seen_and_one_below_the_tolerance_is_not():
    def apart(gap):
        return learning.separate(np.array([[1.0, gap], [-1.0, gap]]), np.ones(2))[0]

    assert apart(1e-4)
    assert not apart(1e-12)


def test_an_answer_that_cannot_be_proved_is_refused():
    with pytest.raises(ArithmeticError, match="too close to call"):
        learning.separate(np.array([[0.3, 0.1], [-0.3, -0.1], [0.1, 0.7]]), np.ones(3), tolerance=1e-30)
    with pytest.raises(ValueError, match="tolerance: expected a number above zero"):
        learning.separate(CORNERS, XOR, tolerance=0.0)
