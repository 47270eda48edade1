"""Neurons: the membrane's step is exact, rates are as their formulas say, units and fits as defined."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attend.brain import neuron

CURRENTS = np.linspace(1.6, 6.0, 23)
taus = st.floats(2.0, 50.0)
resistances = st.floats(1.0, 100.0)
refractories = st.floats(0.5, 10.0)
gaps = st.floats(5.0, 30.0)
pushes = st.floats(1.05, 5.0)  # the current as a multiple of the rheobase


def steady(current, duration, step):
    """Constant currents, a row for each."""
    return np.repeat(np.asarray(current, dtype=float)[:, None], round(duration / step), axis=1)


# ---------------------------------------------------------------- the membrane


def test_a_membrane_step_by_hand():
    """After one time constant 1/e of the way is left: from -65 towards -45 mV under 2 nA."""
    v = neuron.membrane_step(np.array([-65.0, -55.0]), np.array([2.0, 0.0]), 10.0)
    np.testing.assert_allclose(v, [-45 - 20 / math.e, -65 + 10 / math.e], rtol=1e-14)


@given(st.floats(-90, -40), st.floats(-3, 5), st.floats(0.01, 30), st.floats(0.01, 30), taus, resistances)
def test_two_steps_are_one_step_of_their_sum(v, current, first, second, tau, resistance):
    v, current = np.array([v]), np.array([current])
    cell = {"tau": tau, "resistance": resistance}
    halfway = neuron.membrane_step(v, current, first, **cell)
    there = neuron.membrane_step(halfway, current, second, **cell)
    np.testing.assert_allclose(there, neuron.membrane_step(v, current, first + second, **cell), rtol=1e-12)


@given(st.floats(-90, -40), st.floats(-3, 5), taus, resistances)
def test_a_short_step_obeys_the_differential_equation(v, current, tau, resistance):
    step = 1e-4
    after = neuron.membrane_step(np.array([v]), np.array([current]), step, tau, resistance, rest=-70.0)[0]
    slope = (after - v) / step
    assert tau * slope == pytest.approx(-(v + 70) + resistance * current, rel=1e-3, abs=1e-3)


def test_without_a_spike_the_simulation_is_a_chain_of_membrane_steps(rng):
    current = rng.uniform(-1, 1.4, size=(3, 40))
    voltage, spike_times = neuron.integrate_and_fire(current, 0.7, tau=8.0, resistance=9.0)
    v = np.full(3, -65.0)
    for t in range(40):
        v = neuron.membrane_step(v, current[:, t], 0.7, 8.0, 9.0)
        np.testing.assert_allclose(voltage[:, t], v, rtol=1e-13)
    assert np.isnan(spike_times).all()


# ---------------------------------------------------------------- spikes


def test_the_first_spikes_by_hand():
    """2 nA for the default neuron: the threshold is reached 10 ln 4 ms after each start."""
    charge = 10 * math.log(20 / 5)
    _, spike_times = neuron.integrate_and_fire(np.full(500, 2.0), 0.1)
    spikes = spike_times[~np.isnan(spike_times)]
    np.testing.assert_allclose(spikes, [charge, 2 * charge + 2, 3 * charge + 4], rtol=1e-12)
    steps = np.flatnonzero(~np.isnan(spike_times))
    assert (np.floor(spikes / 0.1) == steps).all(), "each spike stands in the step it falls into"


def test_the_voltage_after_a_spike_is_rest_for_the_refractory_time():
    voltage, spike_times = neuron.integrate_and_fire(np.full(400, 2.0), 0.1, refractory=3.0)
    end = 0.1 * np.arange(1, 401)
    first = np.nanmin(spike_times)
    silent = (end >= first) & (end <= first + 3.0)
    assert (voltage[silent] == -65.0).all()
    since = end[end > first + 3.0][:50] - first - 3.0
    np.testing.assert_allclose(voltage[end > first + 3.0][:50], -45 - 20 * np.exp(-since / 10), rtol=1e-12)


@given(pushes, taus, resistances, gaps, refractories, st.sampled_from([0.05, 0.1, 0.13, 0.5]))
def test_simulated_and_analytic_rates_agree_for_any_step(push, tau, resistance, gap, refractory, step):
    cell = {"tau": tau, "resistance": resistance, "threshold": -65.0 + gap, "refractory": refractory}
    current = np.array([push * neuron.rheobase(resistance, threshold=-65.0 + gap)])
    expected = neuron.firing_rate(current, **cell)
    duration = 4.5 * 1000 / expected[0]
    _, spike_times = neuron.integrate_and_fire(steady(current, duration, step), step, **cell)
    assert (~np.isnan(spike_times)).sum() >= 4
    np.testing.assert_allclose(neuron.measured_rate(spike_times), expected, rtol=1e-9)


def test_the_length_of_the_step_changes_nothing_while_the_current_stays(rng):
    """A current that changes every 6 ms, looked at every 6, 1.5 and 0.3 ms; silence may end within a step."""
    levels = rng.uniform(-1, 5, size=(4, 50))
    coarse, coarse_spikes = neuron.integrate_and_fire(levels, 6.0, refractory=2.5)
    for often in (4, 20):
        fine, fine_spikes = neuron.integrate_and_fire(
            np.repeat(levels, often, axis=1), 6.0 / often, refractory=2.5
        )
        np.testing.assert_allclose(fine[:, often - 1 :: often], coarse, rtol=1e-10)
        for a, b in zip(fine_spikes, coarse_spikes, strict=True):
            np.testing.assert_allclose(a[~np.isnan(a)], b[~np.isnan(b)], rtol=1e-10)


def test_neurons_of_a_batch_do_not_know_of_each_other(rng):
    current = rng.uniform(0, 4, size=(2, 3, 200))
    voltage, spike_times = neuron.integrate_and_fire(current)
    assert voltage.shape == spike_times.shape == (2, 3, 200)
    alone = neuron.integrate_and_fire(current[1, 0])
    np.testing.assert_array_equal(voltage[1, 0], alone[0])
    np.testing.assert_array_equal(spike_times[1, 0], alone[1])


def test_the_simulation_keeps_the_current_s_type_and_leaves_it_alone(rng):
    current = rng.uniform(0, 4, size=300).astype(np.float32)
    before = current.copy()
    voltage, spike_times = neuron.integrate_and_fire(current)
    assert voltage.dtype == spike_times.dtype == np.float32
    np.testing.assert_array_equal(current, before)


def test_no_voltage_stands_above_the_threshold(rng):
    current = rng.uniform(0, 20, size=(5, 2000))
    voltage, _ = neuron.integrate_and_fire(current, 0.1, refractory=0.5)
    assert voltage.max() < -50.0


def test_a_current_at_the_rheobase_never_fires_and_one_above_does():
    current = steady([1.5, 1.5 + 1e-6], 300.0, 0.5)
    _, spike_times = neuron.integrate_and_fire(current, 0.5)
    assert (~np.isnan(spike_times)).any(axis=1).tolist() == [False, True]


def test_without_refractory_time_a_long_step_is_refused():
    fast = np.full(20, 20.0)
    assert (~np.isnan(neuron.integrate_and_fire(fast, 0.7, refractory=0.0)[1])).sum() > 10
    message = "step: expected a step so short that a neuron fires once at most, received 2.0 ms"
    with pytest.raises(ValueError, match=re.escape(message)):
        neuron.integrate_and_fire(fast, 2.0, refractory=0.0)


# ---------------------------------------------------------------- rates


def test_the_rate_is_one_over_the_mean_interval_and_zero_below_two_spikes():
    nan = math.nan
    spike_times = np.array([[nan, 10.0, nan, 20.0, 40.0], [nan, nan, 7.0, nan, nan], [nan] * 5])
    np.testing.assert_allclose(neuron.measured_rate(spike_times), [1000 / 15, 0, 0], rtol=1e-15)
    assert neuron.measured_rate(np.array([1.0, 3.0])) == 500


def test_the_f_i_curve_by_hand():
    """2 nA push 20 mV, 5 mV more than the gap: an interval of 2 + 10 ln 4 ms."""
    rate = neuron.firing_rate(np.array([-1.0, 0.0, 1.5, 2.0]))
    np.testing.assert_allclose(rate, [0, 0, 0, 1000 / (2 + 10 * math.log(4))], rtol=1e-14)


@given(taus, resistances, gaps, st.floats(0, 10))
def test_the_f_i_curve_rises_and_never_reaches_its_ceiling(tau, resistance, gap, refractory):
    rheobase = neuron.rheobase(resistance, threshold=-65.0 + gap)
    current = rheobase * np.geomspace(1.001, 1e4, 200)
    rate = neuron.firing_rate(current, tau, resistance, -65.0, -65.0 + gap, refractory)
    assert (np.diff(rate) > 0).all()
    assert rate[-1] < 1000 / refractory if refractory > 0 else True
    shifted = neuron.firing_rate(current, tau, resistance, -20.0, -20.0 + gap, refractory)
    np.testing.assert_allclose(shifted, rate, rtol=1e-6)


def test_the_rheobase_is_where_firing_begins():
    assert neuron.rheobase() == 1.5
    assert neuron.rheobase(20.0, -70.0, -50.0) == 1.0
    around = neuron.rheobase(20.0, -70.0, -50.0) * np.array([1.0, 1.0 + 1e-9])
    assert (neuron.firing_rate(around, 10.0, 20.0, -70.0, -50.0) > 0).tolist() == [False, True]


# ---------------------------------------------------------------- noise


def test_noise_makes_the_membrane_jitter_by_its_spread(rng):
    for step, tau, spread in ((0.1, 10.0, 2.0), (0.5, 4.0, 7.0)):
        current = neuron.noise_current(spread, (200, 4000), rng, step, tau, resistance=25.0)
        voltage, _ = neuron.integrate_and_fire(current, step, tau, 25.0, threshold=1e6)
        late = voltage[:, round(8 * tau / step) :]
        assert late.std() == pytest.approx(spread, rel=0.02)
        assert late.mean() == pytest.approx(-65.0, abs=0.05 * spread)
    assert not neuron.noise_current(0.0, (3, 5), rng).any()


def siegert(current, spread, tau, resistance, rest, threshold, refractory):
    """The formula as Siegert gave it, e^(x²) (1 + erf x) between rest and threshold, by a sum of bars."""
    scale = math.sqrt(2) * spread
    low, high = ((v - rest - resistance * current) / scale for v in (rest, threshold))
    x = low + (high - low) * (np.arange(20_000) + 0.5) / 20_000
    bars = np.exp(x**2) * np.array([math.erfc(-value) for value in x])
    return 1000 / (refractory + tau * math.sqrt(math.pi) * bars.mean() * (high - low))


@pytest.mark.parametrize("spread", [2.0, 5.0, 12.0])
@pytest.mark.parametrize("current", [-0.5, 0.9, 1.5, 4.0])
def test_the_noisy_rate_is_siegert_s(current, spread):
    cell = {"tau": 12.0, "resistance": 8.0, "rest": -70.0, "threshold": -52.0, "refractory": 3.0}
    found = neuron.noisy_firing_rate(np.array([current]), spread, **cell)
    assert found[0] == pytest.approx(siegert(current, spread, **cell), rel=1e-6)


def test_weak_noise_leaves_the_f_i_curve_and_any_noise_rounds_its_corner():
    np.testing.assert_allclose(
        neuron.noisy_firing_rate(CURRENTS, 0.05), neuron.firing_rate(CURRENTS), rtol=1e-3
    )
    np.testing.assert_array_equal(neuron.noisy_firing_rate(CURRENTS, 0.0), neuron.firing_rate(CURRENTS))
    below = np.array([[0.0, 1.0, 1.4]])
    weak, strong = (neuron.noisy_firing_rate(below, spread) for spread in (1.0, 5.0))
    assert weak.shape == (1, 3)
    assert (strong > weak).all()
    assert neuron.noisy_firing_rate(np.array([-20.0]), 0.5)[0] == 0.0


def test_the_noisy_rate_is_what_simulations_count(rng):
    """The noise of a simulation is new in each step, which is like a threshold that stands a bit higher."""
    current = np.array([1.0, 1.6, 3.0])
    for spread in (2.0, 5.0):
        raised = (
            0.5826 * spread * math.sqrt(2 * 0.1 / 10)
        )  # Broadie et al. (1997), for barriers watched in steps
        noise = neuron.noise_current(spread, (3, 50, 20_000), rng)
        _, spike_times = neuron.integrate_and_fire(current[:, None, None] + noise)
        counted = (~np.isnan(spike_times)).sum(axis=(1, 2)) / 100
        expected = neuron.noisy_firing_rate(current, spread, threshold=-50.0 + raised)
        np.testing.assert_allclose(counted, expected, rtol=0.04, atol=0.3)


# ---------------------------------------------------------------- artificial neurons


def test_threshold_units_compute_logic():
    pairs = np.array([[False, False], [False, True], [True, False], [True, True]])
    assert neuron.threshold_unit(pairs, 2).tolist() == [False, False, False, True], "and"
    assert neuron.threshold_unit(pairs, 1).tolist() == [False, True, True, True], "or"
    on = np.ones((2, 1), dtype=bool)
    assert neuron.threshold_unit(on, 1, np.array([[False], [True]])).tolist() == [True, False], "not"


@given(arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 8))), st.integers(1, 9))
def test_one_veto_silences_any_number_of_inputs(inputs, threshold):
    vetoes = np.zeros((len(inputs), 3), dtype=bool)
    np.testing.assert_array_equal(
        neuron.threshold_unit(inputs, threshold, vetoes), inputs.sum(axis=1) >= threshold
    )
    vetoes[:, 1] = True
    assert not neuron.threshold_unit(inputs, threshold, vetoes).any()


def test_a_perceptron_fires_from_zero_on():
    inputs = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]])
    fired = neuron.perceptron(inputs, np.array([2.0, -1.0]), -1.0)
    np.testing.assert_array_equal(fired, [[1, 0], [1, 0]])
    assert neuron.perceptron(np.array([1.0]), np.array([3.0]), -3.0) == 1.0


def test_activations_by_hand_and_at_the_ends():
    x = np.array([-800.0, -1.0, 0.0, 2.0, 800.0])
    np.testing.assert_allclose(
        neuron.sigmoid(x), [0, 1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-2)), 1], rtol=1e-14
    )
    np.testing.assert_array_equal(neuron.relu(x), [0, 0, 0, 2, 800])
    expected = [0, math.log(1 + 1 / math.e), math.log(2), math.log(1 + math.e**2), 800]
    np.testing.assert_allclose(neuron.softplus(x), expected, rtol=1e-14)


@given(st.floats(0.5, 300.0), st.floats(0.5, 4.5), st.floats(0.15, 2.0))
def test_a_curve_that_is_the_activation_is_fitted_exactly(scale, middle, width):
    current = np.linspace(0, 5, 61)
    for activation in (neuron.sigmoid, neuron.softplus):
        curve = scale * activation((current - middle) / width)
        fitted = neuron.fit_activation(current, curve, activation)
        a, m, w = fitted
        error = np.abs(a * activation((current - m) / w) - curve).max()
        assert error < 1e-3 * curve.max()


def test_a_fitted_relu_finds_slope_and_onset():
    current = np.linspace(-1, 5, 61)
    scale, middle, width = neuron.fit_activation(current, 40 * neuron.relu(current - 1.3), neuron.relu)
    assert scale == pytest.approx(40, rel=1e-4)
    assert width == 1.0
    assert middle == pytest.approx(1.3, abs=1e-4)


def test_no_fit_nearby_is_better():
    current = np.linspace(0, 5, 61)
    rate = neuron.noisy_firing_rate(current, 3.0, refractory=4.0)

    def error(scale, middle, width):
        return ((scale * neuron.sigmoid((current - middle) / width) - rate) ** 2).sum()

    scale, middle, width = neuron.fit_activation(current, rate, neuron.sigmoid)
    best = error(scale, middle, width)
    for a, m, w in ((1.01, 0, 1), (0.99, 0, 1), (1, 0.02, 1), (1, -0.02, 1), (1, 0, 1.02), (1, 0, 0.98)):
        assert error(a * scale, middle + m, w * width) > best


@given(arrays(float, (3, 5), elements=st.floats(-5, 5)), arrays(float, 5, elements=st.floats(-5, 5)))
def test_senders_of_one_sign_give_the_same_sums(weights, x):
    separate = neuron.separate_signs(weights)
    assert separate.shape == (3, 10)
    np.testing.assert_allclose(separate @ np.concatenate([x, x]), weights @ x, atol=1e-12)
    assert (separate[:, :5] >= 0).all()
    assert (separate[:, 5:] <= 0).all()


# ---------------------------------------------------------------- bad input

ones = np.ones
BAD_CALLS = [
    (TypeError, "current: expected a NumPy array of floating point numbers, received list",
     lambda: neuron.integrate_and_fire([1.0])),
    (TypeError, "current: expected floating point numbers, received dtype int64",
     lambda: neuron.firing_rate(ones(3, dtype=int))),
    (ValueError, "current: expected finite numbers, received nan at index (1,)",
     lambda: neuron.noisy_firing_rate(np.array([1.0, math.nan]), 1.0)),
    (ValueError, "current: expected batch shape = (2,) as in voltage, received (3,)",
     lambda: neuron.membrane_step(ones(2), ones(3), 0.1)),
    (ValueError, "step: expected a number above zero, received 0",
     lambda: neuron.membrane_step(ones(2), ones(2), 0)),
    (ValueError, "step: expected a number above zero, received -0.1",
     lambda: neuron.integrate_and_fire(ones(3), -0.1)),
    (ValueError, "step: expected a number above zero, received 0",
     lambda: neuron.noise_current(1.0, (3,), np.random.default_rng(0), 0)),
    (ValueError, "tau: expected a number above zero, received 0", lambda: neuron.firing_rate(ones(3), 0)),
    (ValueError, "resistance: expected a number above zero, received -1",
     lambda: neuron.integrate_and_fire(ones(3), resistance=-1)),
    (ValueError, "rest: expected a finite number, received inf",
     lambda: neuron.membrane_step(ones(2), ones(2), 0.1, rest=math.inf)),
    (ValueError, "threshold: expected more than rest = -65.0 mV, received -65.0",
     lambda: neuron.firing_rate(ones(3), threshold=-65.0)),
    (TypeError, "threshold: expected a number, received '-50'",
     lambda: neuron.integrate_and_fire(ones(3), threshold="-50")),
    (ValueError, "threshold: expected more than rest = -65.0 mV, received -70",
     lambda: neuron.rheobase(threshold=-70)),
    (ValueError, "refractory: expected a number of zero or above, received -1",
     lambda: neuron.noisy_firing_rate(ones(3), 1.0, refractory=-1)),
    (ValueError, "spread: expected a number of zero or above, received -2",
     lambda: neuron.noisy_firing_rate(ones(3), -2)),
    (ValueError, "spread: expected a number of zero or above, received -2",
     lambda: neuron.noise_current(-2, (3,), np.random.default_rng(0))),
    (TypeError, "spread: expected a number, received None", lambda: neuron.noisy_firing_rate(ones(3), None)),
    (TypeError, "spike_times: expected a NumPy array of floating point numbers, received list",
     lambda: neuron.measured_rate([1.0])),
    (TypeError, "spike_times: expected floating point numbers, received dtype int64",
     lambda: neuron.measured_rate(ones(3, dtype=int))),
    (ValueError, "spike_times: expected finite numbers, received inf at index (0,)",
     lambda: neuron.measured_rate(np.array([math.inf]))),
    (TypeError, "excitatory: expected an array of booleans, received float64",
     lambda: neuron.threshold_unit(ones(3), 1)),
    (TypeError, "inhibitory: expected an array of booleans, received list",
     lambda: neuron.threshold_unit(ones(3, dtype=bool), 1, [True])),
    (ValueError, "inhibitory: expected batch shape = (2,) as in excitatory, received (3,)",
     lambda: neuron.threshold_unit(ones((2, 4), dtype=bool), 1, ones((3, 4), dtype=bool))),
    (ValueError, "threshold: expected a whole number of at least 1, received 0",
     lambda: neuron.threshold_unit(ones(3, dtype=bool), 0)),
    (ValueError, "weights: expected axis n = 3 as in inputs, received 2",
     lambda: neuron.perceptron(ones(3), ones(2))),
    (TypeError, "bias: expected a number, received array",
     lambda: neuron.perceptron(ones(3), ones(3), ones(1))),
    (TypeError, "x: expected a NumPy array", lambda: neuron.sigmoid(1.0)),
    (TypeError, "x: expected a NumPy array", lambda: neuron.relu(1.0)),
    (TypeError, "x: expected a NumPy array", lambda: neuron.softplus(1.0)),
    (ValueError, "rate: expected axis n = 3 as in current, received 2",
     lambda: neuron.fit_activation(ones(3), ones(2), neuron.relu)),
    (ValueError, "current: expected at least two different currents, received only 1.0",
     lambda: neuron.fit_activation(ones(3), ones(3), neuron.relu)),
    (ValueError, "weights: expected shape (m, n), received (3,)", lambda: neuron.separate_signs(ones(3))),
]  # fmt: skip


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(("kind", "message", "call"), BAD_CALLS, ids=[message for _, message, _ in BAD_CALLS])
def test_bad_input_is_named_with_what_was_expected(kind, message, call):
    with pytest.raises(kind, match="^" + re.escape(message)):
        call()
