"""Normalization's properties: what must hold for any drives, pools and attention fields."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from attend import attention
from attend.brain import normalization as nm

drives = arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.floats(0, 1e6))
exponents = st.floats(0.2, 5)
sigmas = st.floats(0, 100)

# ---------------------------------------------------------------- divisive normalization


def test_known_shares():
    shares = nm.divisive_normalization(np.array([1.0, 2.0, 0.0]), exponent=2, sigma=2)
    np.testing.assert_allclose(shares, [1 / 9, 4 / 9, 0], atol=1e-15)


@given(drives, exponents, sigmas)
def test_shares_and_what_sigma_keeps_add_up_to_one(drive, exponent, sigma):
    shares = nm.divisive_normalization(drive, exponent, sigma)
    assert ((shares >= 0) & (shares <= 1)).all()
    # sigma is one more neuron of the pool, whose share nobody gets
    kept = np.full((*drive.shape[:-1], 1), float(sigma))
    everyone = nm.divisive_normalization(np.concatenate([drive, kept], axis=-1), exponent, 0)
    np.testing.assert_allclose(shares, everyone[..., :-1], rtol=1e-9, atol=1e-300)
    silent = (drive.max(axis=-1) == 0) & (sigma == 0)
    np.testing.assert_allclose(everyone.sum(axis=-1), np.where(silent, 0.0, 1.0), atol=1e-12)


@given(drives, exponents, st.floats(0.01, 100), st.floats(0.01, 100))
def test_only_the_ratio_of_drive_to_sigma_counts(drive, exponent, sigma, factor):
    assume((drive == 0).any() or drive.min() > 1e-100)
    np.testing.assert_allclose(
        nm.divisive_normalization(factor * drive, exponent, factor * sigma),
        nm.divisive_normalization(drive, exponent, sigma),
        rtol=1e-9, atol=1e-300,
    )  # fmt: skip


def test_more_drive_gives_more_response_and_takes_it_from_the_others():
    before = nm.divisive_normalization(np.array([1.0, 2.0, 3.0]))
    after = nm.divisive_normalization(np.array([1.0, 2.5, 3.0]))
    assert after[1] > before[1]
    assert (after[[0, 2]] < before[[0, 2]]).all()


def test_a_single_neuron_saturates_at_one_and_is_halfway_at_sigma():
    halfway, saturated = (nm.divisive_normalization(np.array([d]), 3, 7.0)[0] for d in (7.0, 1e6))
    assert halfway == pytest.approx(0.5, abs=1e-15)
    assert saturated == pytest.approx(1, abs=1e-12)


def test_huge_and_tiny_drives_neither_overflow_nor_vanish():
    np.testing.assert_allclose(
        nm.divisive_normalization(np.array([1e300, 2e300]), 4, 1e300), [1 / 18, 16 / 18]
    )
    np.testing.assert_allclose(nm.divisive_normalization(np.array([1e-300, 2e-300]), 4, 0), [1 / 17, 16 / 17])
    np.testing.assert_array_equal(nm.divisive_normalization(np.array([1e-200]), 2, 1.0), [0.0])
    np.testing.assert_array_equal(nm.divisive_normalization(np.zeros(3), 2, 0), np.zeros(3))


@given(
    arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=st.floats(-20, 20)),
    st.floats(0.2, 5),
)
def test_exponentials_without_sigma_are_softmax(scores, temperature):
    np.testing.assert_allclose(
        nm.divisive_normalization(np.exp(scores), 1 / temperature, 0),
        attention.softmax(scores, temperature=temperature),
        atol=1e-12,
    )


@given(arrays(float, st.integers(1, 6), elements=st.floats(-20, 20)), st.floats(0.2, 5), st.floats(1e-3, 1e3))
def test_sigma_is_one_more_key_of_score_log_sigma(scores, temperature, sigma):
    shares = nm.divisive_normalization(np.exp(scores), 1 / temperature, sigma)
    with_sink = attention.softmax(np.append(scores, np.log(sigma)), temperature=temperature)
    np.testing.assert_allclose(shares, with_sink[:-1], atol=1e-12)


# ---------------------------------------------------------------- bumps and pools


def test_a_bump_has_height_one_and_its_width_is_a_standard_deviation():
    bump = nm.gaussian(np.array([3.0, 1.0, 5.0, 7.0]), 3, 2)
    np.testing.assert_allclose(bump, [1, np.exp(-0.5), np.exp(-0.5), np.exp(-2)], atol=1e-15)


def test_on_a_circle_distance_goes_the_short_way_round():
    degrees = np.array([-170.0, 170.0, 180.0])
    np.testing.assert_allclose(
        nm.gaussian(degrees, 175, 10, period=360), np.exp([-0.5 * 1.5**2, -0.125, -0.125]), atol=1e-15
    )
    assert nm.gaussian(degrees, 175, 10)[0] < 1e-100


@pytest.mark.parametrize("step", [1.0, 0.5])
def test_a_pool_has_unit_volume_whatever_the_spacing(step):
    x = np.arange(-60, 60 + step / 2, step)
    pool = nm.gaussian_pool(x, 5)
    assert pool[len(x) // 2].sum() == pytest.approx(1, abs=1e-12)
    assert pool[0].sum() == pytest.approx(0.5, abs=0.05)  # half of it lies beyond the end
    np.testing.assert_array_equal(pool, pool.T)
    assert (pool[len(x) // 2] @ x**2) == pytest.approx(25, abs=1e-9)  # its variance


@pytest.mark.parametrize("width", [20, 360])
def test_a_pool_on_a_circle_treats_every_place_alike(width):
    pool = nm.gaussian_pool(np.arange(-180.0, 180.0, 5.0), width, period=360)
    np.testing.assert_allclose(pool.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(pool[7], np.roll(pool[0], 7), atol=1e-15)


def test_spreading_twice_is_spreading_once_with_the_variances_added():
    x = np.arange(-100.0, 101.0)
    image = nm.gaussian(x, 10, 3)
    twice = nm.spread(nm.spread(image, nm.gaussian_pool(x, 5)), nm.gaussian_pool(x, 12))
    once = nm.spread(image, nm.gaussian_pool(x, 13))
    np.testing.assert_allclose(twice, once, atol=1e-9)
    # The closed form: widths add as variances, the volume stays.
    width = np.sqrt(3**2 + 13**2)
    np.testing.assert_allclose(once, 3 / width * nm.gaussian(x, 10, width), atol=1e-9)


def test_space_and_features_spread_on_their_own(rng):
    x, theta = np.arange(-20.0, 20.0), np.arange(-180.0, 180.0, 30.0)
    x_pool, feature_pool = nm.gaussian_pool(x, 4), nm.gaussian_pool(theta, 40, 360)
    a, b = rng.random(x.size), rng.random(theta.size)
    np.testing.assert_allclose(
        nm.spread(np.outer(b, a), x_pool, feature_pool),
        np.outer(feature_pool @ b, x_pool @ a),
        atol=1e-12,
    )
    batch = rng.random((3, x.size))
    np.testing.assert_allclose(nm.spread(batch, x_pool)[1], nm.spread(batch[1], x_pool), atol=1e-12)
    lopsided = np.triu(np.ones((x.size, x.size)))  # neuron i pools those from i on
    np.testing.assert_allclose(nm.spread(a, lopsided)[3], a[3:].sum(), atol=1e-12)


def test_the_attention_field_is_its_gain_in_the_middle_and_one_far_away():
    x, theta = np.arange(-50.0, 51.0), np.arange(-180.0, 180.0, 30.0)
    field = nm.attention_field(3, nm.gaussian(x, 0, 4))
    assert field[50] == 3
    assert field[54] == pytest.approx(1 + 2 * np.exp(-0.5))
    assert field[0] == pytest.approx(1, abs=1e-12)
    oval = nm.attention_field(3, nm.gaussian(x, 0, 4), nm.gaussian(theta, 30, 20, 360))
    assert oval.shape == (12, 101)
    assert np.unravel_index(oval.argmax(), oval.shape) == (7, 50)
    np.testing.assert_allclose(oval[7], field, atol=1e-15)
    np.testing.assert_array_equal(nm.attention_field(1, nm.gaussian(x, 0, 4)), np.ones(101))


# ---------------------------------------------------------------- the normalization model of attention

X = np.arange(-100.0, 101.0)
POOL = nm.gaussian_pool(X, 20)


def drive_of(size, at=0.0):
    return nm.spread(nm.gaussian(X, at, size), nm.gaussian_pool(X, 5))


def test_attention_stands_above_and_below_the_line():
    drive, field = np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 0.5])
    pool = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 2.0]])
    response, suppression = nm.attended_response(drive, field, 0.5, pool)
    np.testing.assert_allclose(suppression, [4.0, 2.0, 4.0], atol=1e-15)
    np.testing.assert_allclose(response, [2 / 4.5, 2 / 2.5, 1.5 / 4.5], atol=1e-15)


def test_a_pool_of_everyone_is_divisive_normalization_and_attention_a_bias_on_the_scores(rng):
    scores, field = rng.normal(size=6), rng.uniform(0.5, 3, size=6)
    everyone = np.ones((6, 6))
    response, _ = nm.attended_response(np.exp(scores), field, 0.7, everyone)
    np.testing.assert_allclose(
        response, nm.divisive_normalization(field * np.exp(scores), 1, 0.7), atol=1e-12
    )
    response, _ = nm.attended_response(np.exp(scores), field, 0.0, everyone)
    np.testing.assert_allclose(response, attention.softmax(scores + np.log(field)), atol=1e-12)


def test_where_nothing_is_driven_nothing_responds():
    response, suppression = nm.attended_response(np.zeros(201), np.ones(201), 0.0, POOL)
    assert not response.any()
    assert not suppression.any()


@pytest.mark.parametrize("background", [None, 0.3 * drive_of(4, at=30.0)])
@pytest.mark.parametrize("contrast", [0.0, 0.01, 0.2, 1.0, 40.0])
def test_three_numbers_hold_the_whole_contrast_response(background, contrast):
    drive, field = drive_of(6), nm.attention_field(2.5, nm.gaussian(X, 3, 8))
    floor, maximum, half = nm.contrast_response(drive, field, 0.04, POOL, background=background)
    still = 0.0 if background is None else background
    response, _ = nm.attended_response(contrast * drive + still, field, 0.04, POOL)
    np.testing.assert_allclose(response, (contrast * maximum + half * floor) / (contrast + half), rtol=1e-12)


def test_halfway_between_floor_and_maximum_at_the_contrast_half():
    drive, background = drive_of(6), 0.3 * drive_of(4, at=30.0)
    floor, maximum, half = nm.contrast_response(drive, np.ones(201), 0.04, POOL, background=background)
    at_half, _ = nm.attended_response(half[100] * drive + background, np.ones(201), 0.04, POOL)
    assert at_half[100] == pytest.approx((floor[100] + maximum[100]) / 2, rel=1e-12)
    beyond, _ = nm.attended_response(1e9 * drive + background, np.ones(201), 0.04, POOL)
    assert beyond[100] == pytest.approx(maximum[100], rel=1e-6)


def test_a_neuron_out_of_reach_stays_at_its_floor():
    drive, background = np.array([0.0, 2.0, 1e-320]), np.array([3.0, 0.0, 0.0])
    floor, maximum, half = nm.contrast_response(drive, np.ones(3), 1.0, np.eye(3), background=background)
    np.testing.assert_array_equal(floor, [0.75, 0.0, 0.0])
    np.testing.assert_array_equal(maximum, [0.75, 1.0, 1.0])
    np.testing.assert_array_equal(half, [np.inf, 0.5, np.inf])


def test_features_are_pooled_too():
    theta = np.arange(-180.0, 180.0, 30.0)
    feature_pool = nm.gaussian_pool(theta, 60, 360)
    drive = np.outer(nm.gaussian(theta, 0, 40, 360), drive_of(6))
    field = nm.attention_field(2, nm.gaussian(X, 0, 10), nm.gaussian(theta, 0, 40, 360))
    _, maximum, half = nm.contrast_response(drive, field, 0.04, POOL, feature_pool)
    response, suppression = nm.attended_response(0.3 * drive, field, 0.04, POOL, feature_pool)
    np.testing.assert_allclose(suppression, feature_pool @ (0.3 * field * drive) @ POOL.T, atol=1e-12)
    np.testing.assert_allclose(response, 0.3 * maximum / (0.3 + half), rtol=1e-12)


@given(st.floats(2, 30), st.floats(2, 60), st.floats(0.2, 6))
def test_the_gain_is_shared_between_a_shift_and_a_change_of_height(size, width, gain):
    field = nm.attention_field(gain, nm.gaussian(X, 0, width))
    _, maximum, half = nm.contrast_response(drive_of(size), field, 0.04, POOL)
    _, maximum_away, half_away = nm.contrast_response(drive_of(size), np.ones(201), 0.04, POOL)
    product = (maximum / maximum_away) * (half_away / half)
    np.testing.assert_allclose(product, field, rtol=1e-11)


def test_a_wide_field_shifts_and_a_narrow_one_scales():
    def effect(size, width):
        field = nm.attention_field(2, nm.gaussian(X, 0, width))
        _, maximum, half = nm.contrast_response(drive_of(size), field, 0.04, POOL)
        _, maximum_away, half_away = nm.contrast_response(drive_of(size), np.ones(201), 0.04, POOL)
        return half_away[100] / half[100], maximum[100] / maximum_away[100]

    shift, height = effect(size=2, width=90)
    assert shift == pytest.approx(2, abs=0.02)
    assert height == pytest.approx(1, abs=0.02)
    shift, height = effect(size=60, width=1)
    assert shift == pytest.approx(1, abs=0.06)
    assert height == pytest.approx(2, abs=0.12)


# ---------------------------------------------------------------- biased competition

pairs = arrays(float, 3, elements=st.floats(0.01, 10))


@given(pairs, pairs, pairs, st.floats(0, 5))
def test_a_response_to_many_is_a_weighted_sum_of_the_responses_to_each(e, i, a, sigma):
    response, weights = nm.biased_competition(e, i, a, sigma)
    assert response == pytest.approx((a * e).sum() / (sigma + (a * (e + i)).sum()), rel=1e-10)
    assert response == pytest.approx(weights @ (e / (e + i)), rel=1e-10)
    if sigma == 0:
        np.testing.assert_allclose(weights, attention.softmax(np.log(a * (e + i))), atol=1e-12)
        assert (e / (e + i)).min() - 1e-12 <= response <= (e / (e + i)).max() + 1e-12


def test_attention_pulls_the_response_towards_the_attended_stimulus():
    e, i = np.array([4.0, 0.5]), np.array([1.0, 4.5])
    alone = e / (e + i)
    neutral, _ = nm.biased_competition(e, i, np.ones(2))
    to_first, _ = nm.biased_competition(e, i, np.array([5.0, 1.0]))
    to_second, _ = nm.biased_competition(e, i, np.array([1.0, 5.0]))
    assert alone[1] < to_second < neutral < to_first < alone[0]


def test_many_neurons_at_once(rng):
    e, i, a = rng.random((3, 2)), rng.random((3, 2)), 1 + rng.random((3, 2))
    responses, weights = nm.biased_competition(e, i, a, 0.2)
    assert responses.shape == (3,)
    for row in range(3):
        one, its_weights = nm.biased_competition(e[row], i[row], a[row], 0.2)
        assert responses[row] == pytest.approx(one, abs=1e-15)
        np.testing.assert_allclose(weights[row], its_weights, atol=1e-15)


# ---------------------------------------------------------------- bad input

ones = np.ones
BAD_CALLS = [
    (TypeError, "drive: expected a NumPy array of floating point numbers, received list",
     lambda: nm.divisive_normalization([1.0])),
    (ValueError, "drive: expected no number below zero, received -1.0",
     lambda: nm.divisive_normalization(np.array([1.0, -1.0]))),
    (ValueError, "exponent: expected a number above zero, received 0",
     lambda: nm.divisive_normalization(ones(2), exponent=0)),
    (ValueError, "sigma: expected no number below zero, received -0.5",
     lambda: nm.divisive_normalization(ones(2), sigma=-0.5)),
    (TypeError, "sigma: expected a number, received '1'",
     lambda: nm.divisive_normalization(ones(2), sigma="1")),
    (ValueError, "drive: expected shape (..., k), received ()",
     lambda: nm.divisive_normalization(np.array(1.0))),
    (ValueError, "width: expected a number above zero, received 0", lambda: nm.gaussian(ones(2), 0, 0)),
    (ValueError, "period: expected a number above zero, received -360",
     lambda: nm.gaussian(ones(2), 0, 1, period=-360)),
    (ValueError, "points: expected shape (n,), received (2, 2)", lambda: nm.gaussian(ones((2, 2)), 0, 1)),
    (TypeError, "centre: expected a number, received None", lambda: nm.gaussian(ones(2), None, 1)),
    (ValueError, "points: expected at least two, evenly spaced and rising",
     lambda: nm.gaussian_pool(np.array([0.0, 1.0, 3.0]), 1)),
    (ValueError, "points: expected at least two, evenly spaced and rising",
     lambda: nm.gaussian_pool(np.array([1.0, 0.0]), 1)),
    (ValueError, "points: expected at least two, evenly spaced and rising",
     lambda: nm.gaussian_pool(np.array([1.0]), 1)),
    (ValueError, "width: expected a number above zero, received -1", lambda: nm.gaussian_pool(ones(2), -1)),
    (ValueError, "period: expected a number above zero, received 0",
     lambda: nm.gaussian_pool(np.array([0.0, 1.0]), 1, 0)),
    (ValueError, "x_pool: expected axis x = 3 as in x_pool, received 4 (shape (3, 4))",
     lambda: nm.spread(ones(4), ones((3, 4)))),
    (ValueError, "image: expected axis x = 3 as in x_pool, received 4 (shape (4,))",
     lambda: nm.spread(ones(4), ones((3, 3)))),
    (ValueError, "image: expected shape (f, x), received (3,)",
     lambda: nm.spread(ones(3), ones((3, 3)), ones((2, 2)))),
    (ValueError, "feature_pool: expected axis f = 2 as in image, received 5 (shape (5, 5))",
     lambda: nm.spread(ones((2, 3)), ones((3, 3)), ones((5, 5)))),
    (ValueError, "gain: expected no number below zero, received -2", lambda: nm.attention_field(-2, ones(3))),
    (ValueError, "feature_profile: expected shape (f,), received (2, 2)",
     lambda: nm.attention_field(2, ones(3), ones((2, 2)))),
    (ValueError, "attention: expected axis x = 3 as in drive, received 4 (shape (4,))",
     lambda: nm.attended_response(ones(3), ones(4), 1, ones((3, 3)))),
    (ValueError, "attention: expected no number below zero, received -1.0",
     lambda: nm.attended_response(ones(3), -ones(3), 1, ones((3, 3)))),
    (ValueError, "x_pool: expected no number below zero, received -1.0",
     lambda: nm.attended_response(ones(3), ones(3), 1, -ones((3, 3)))),
    (ValueError, "sigma: expected no number below zero, received -1",
     lambda: nm.attended_response(ones(3), ones(3), -1, ones((3, 3)))),
    (ValueError, "excitation: expected each stimulus to excite or inhibit, received one that does neither",
     lambda: nm.biased_competition(np.zeros(2), np.array([1.0, 0.0]), ones(2))),
    (ValueError, "inhibition: expected axis k = 2 as in excitation, received 3 (shape (3,))",
     lambda: nm.biased_competition(ones(2), ones(3), ones(2))),
    (ValueError, "inhibition: expected no number below zero, received -1.0",
     lambda: nm.biased_competition(ones(2), -ones(2), ones(2))),
]  # fmt: skip


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(("kind", "message", "call"), BAD_CALLS, ids=[message for _, message, _ in BAD_CALLS])
def test_bad_input_is_named_with_what_was_expected(kind, message, call):
    with pytest.raises(kind, match=re.escape(message)):
        call()
