"""Divisive normalization, and the normalization model of attention that is built on it.

Neurons stand at positions on a line (axis x) and prefer features such as an orientation (axis f). Positions
have any unit of length, features are in degrees. Contrasts, drives and sigma share one unit; responses have
none. A pool is a matrix whose row i says how much every neuron counts for neuron i.
"""

import math

import numpy as np
from jaxtyping import Float

from attend._arguments import check_floats, check_positive, check_real, check_shapes

Array = np.ndarray


def _check_not_negative(**quantities: Array | float | int) -> None:
    """Drives, gains, pools and sigma: no number below zero."""
    for name, quantity in quantities.items():
        if np.min(quantity) < 0:
            raise ValueError(f"{name}: expected no number below zero, received {np.min(quantity)}")


def divisive_normalization(
    drive: Float[Array, "*batch k"], exponent: float | int = 2.0, sigma: float | int = 1.0
) -> Float[Array, "*batch k"]:
    r"""Divide each neuron's drive by that of the whole pool: a neuron is judged among its neighbours.

    $R_j = D_j^n \, / \, (\sigma^n + \sum_l D_l^n)$, as a share of the largest response that is possible. With
    sigma = 0 the shares add up to one; a pool in which nothing is driven stays silent. Carandini and Heeger
    (2012). Raises TypeError or ValueError unless the drives are finite floating point numbers of at least
    zero, the exponent is above zero and sigma is at least zero.
    """
    check_floats(drive=drive)
    check_shapes(drive=(drive, "... k"))
    check_positive("exponent", exponent)
    check_real("sigma", sigma)
    _check_not_negative(drive=drive, sigma=sigma)
    largest = np.maximum(drive.max(axis=-1, keepdims=True), sigma)  # (..., 1)
    largest = np.where(largest > 0, largest, 1.0)
    raised = (drive / largest) ** exponent  # (..., k), at most 1: no power can overflow
    total = (sigma / largest) ** exponent + raised.sum(axis=-1, keepdims=True)  # (..., 1)
    return raised / np.where(total > 0, total, 1.0)


# ---------------------------------------------------------------- stimuli, pools and attention fields


def _distance(points: Array, centre: Array | float | int, period: float | int | None) -> Array:
    """How far each point is from the centre, the short way round where the axis is a circle."""
    if period is None:
        return points - centre
    return (points - centre + period / 2) % period - period / 2


def gaussian(
    points: Float[Array, " n"],
    centre: float | int,
    width: float | int,
    period: float | int | None = None,
) -> Float[Array, " n"]:
    r"""A bump of height 1 around `centre`; `width` is its standard deviation, in the unit of `points`.

    $\exp(-(x - c)^2 / 2 w^2)$; `period` closes the axis to a circle (360 for directions). Raises TypeError or
    ValueError for points that are not finite floats, or a width or period that is not above zero.
    """
    check_floats(points=points)
    check_shapes(points=(points, "n"))
    check_real("centre", centre)
    check_positive("width", width)
    if period is not None:
        check_positive("period", period)
    return np.exp(-0.5 * (_distance(points, centre, period) / width) ** 2)


def gaussian_pool(
    points: Float[Array, " n"], width: float | int, period: float | int | None = None
) -> Float[Array, "n n"]:
    r"""Let every neuron pool its neighbours with Gaussian weights that have unit volume.

    On a line the points are evenly spaced and nothing lies beyond the ends, so a row near an end sums to less
    than one. On a circle (`period`) every row sums to one. These are the kernels $e$ and $s$ of Reynolds and
    Heeger (2009). Raises TypeError or ValueError as `gaussian`, and for fewer than two points or points that
    are not evenly spaced and rising.
    """
    check_floats(points=points)
    check_shapes(points=(points, "n"))
    check_positive("width", width)
    steps = np.diff(points)
    if steps.size == 0 or steps[0] <= 0 or not np.allclose(steps, steps[0], rtol=1e-6, atol=0):
        raise ValueError("points: expected at least two, evenly spaced and rising")
    if period is not None:
        check_positive("period", period)
    distance = _distance(points[:, None], points[None, :], period)  # (n, n)
    weights = np.exp(-0.5 * (distance / width) ** 2)
    if period is None:
        return weights * (steps[0] / (width * math.sqrt(2 * math.pi)))
    return weights / weights.sum(axis=1, keepdims=True)


def spread(
    image: Float[Array, "*f x"], x_pool: Float[Array, "x x"], feature_pool: Float[Array, "f f"] | None = None
) -> Float[Array, "*f x"]:
    """Pool an image over space and, with `feature_pool`, over features: a convolution as a matrix product.

    It makes the stimulus drive from the stimulus (with the neurons' receptive fields) and the suppressive
    drive from the attended drive (with a wider pool). Reynolds and Heeger (2009). Raises TypeError or
    ValueError unless all are finite floating point arrays whose axes fit.
    """
    pools = {"x_pool": x_pool} if feature_pool is None else {"x_pool": x_pool, "feature_pool": feature_pool}
    check_floats(image=image, **pools)
    axes = {"x_pool": (x_pool, "x x"), "image": (image, "... x" if feature_pool is None else "f x")}
    if feature_pool is not None:
        axes["feature_pool"] = (feature_pool, "f f")
    check_shapes(**axes)
    pooled = image @ x_pool.T  # (..., x)
    return pooled if feature_pool is None else feature_pool @ pooled


def attention_field(
    gain: float | int, x_profile: Float[Array, " x"], feature_profile: Float[Array, " f"] | None = None
) -> Float[Array, "*f x"]:
    r"""The factor by which attention multiplies each neuron's drive: `gain` at its centre, 1 far away.

    $A = 1 + (g - 1) \, a(x) \, b(\theta)$ with profiles of height 1, as `gaussian` makes them. Without
    `feature_profile` attention is to a place, whatever the feature, and the field has the axis x alone.
    Reynolds and Heeger (2009). Raises TypeError or ValueError for a gain below zero or profiles that are not
    finite floats.
    """
    check_real("gain", gain)
    _check_not_negative(gain=gain)
    check_floats(x_profile=x_profile)
    check_shapes(x_profile=(x_profile, "x"))
    if feature_profile is None:
        return 1 + (gain - 1) * x_profile
    check_floats(feature_profile=feature_profile)
    check_shapes(feature_profile=(feature_profile, "f"))
    return 1 + (gain - 1) * np.outer(feature_profile, x_profile)


# ---------------------------------------------------------------- the normalization model of attention


def attended_response(
    drive: Float[Array, "*f x"],
    attention: Float[Array, "*f x"],
    sigma: float | int,
    x_pool: Float[Array, "x x"],
    feature_pool: Float[Array, "f f"] | None = None,
) -> tuple[Float[Array, "*f x"], Float[Array, "*f x"]]:
    r"""Multiply the drive by the attention field, then divide by the pooled product.

    $R = A E \, / \, (S + \sigma)$ with $S = s * (A E)$. Attention stands above the line and, through the
    pool, below it. Returns (response, suppressive drive): every figure needs both. Where nothing drives a
    neuron and sigma is 0, the response is 0. Reynolds and Heeger (2009), whose rectification has nothing to
    do here because no drive is negative. Raises TypeError or ValueError unless all are finite, of at least
    zero and of shapes that fit.
    """
    check_floats(drive=drive, attention=attention)
    check_shapes(drive=(drive, "... x"), attention=(attention, "... x"))
    check_real("sigma", sigma)
    _check_not_negative(drive=drive, attention=attention, sigma=sigma, x_pool=x_pool)
    attended = attention * drive  # (..., x)
    suppression = spread(attended, x_pool, feature_pool)  # (..., x)
    total = suppression + sigma
    return attended / np.where(total > 0, total, 1.0), suppression


def contrast_response(
    unit_drive: Float[Array, "*f x"],
    attention: Float[Array, "*f x"],
    sigma: float | int,
    x_pool: Float[Array, "x x"],
    feature_pool: Float[Array, "f f"] | None = None,
    background: Float[Array, "*f x"] | None = None,
) -> tuple[Float[Array, "*f x"], Float[Array, "*f x"], Float[Array, "*f x"]]:
    r"""Describe every neuron's response to rising contrast by three numbers: (floor, maximum, half).

    `unit_drive` is the drive at contrast 1, `background` that of stimuli whose contrast stays. The drive is
    linear in contrast, so $R(c) = (c\,AE + AE_0)/(c\,S + S_0 + \sigma)$ exactly. It rises from the floor
    $AE_0/(S_0 + \sigma)$ towards the maximum $AE/S$ and is midway at the contrast half, $(S_0 + \sigma)/S$.
    Attention that lowers `half` is contrast gain; attention that raises `maximum` is response gain. A neuron
    whose pool the stimuli do not reach stays at its floor, with an infinite half. Derived from Reynolds and
    Heeger's (2009) equation. Raises as `attended_response`.
    """
    background = np.zeros_like(unit_drive) if background is None else background
    floor, still = attended_response(background, attention, sigma, x_pool, feature_pool)
    maximum, pooled = attended_response(unit_drive, attention, 0.0, x_pool, feature_pool)
    reached = pooled > 0
    with np.errstate(
        over="ignore"
    ):  # a pool that is hardly reached may need more contrast than a float holds
        half = np.where(reached, (still + sigma) / np.where(reached, pooled, 1.0), np.inf)
    return floor, np.where(reached, maximum, floor), half


def biased_competition(
    excitation: Float[Array, "*batch k"],
    inhibition: Float[Array, "*batch k"],
    attention: Float[Array, "*batch k"],
    sigma: float | int = 0.0,
) -> tuple[Float[Array, "*batch"] | float, Float[Array, "*batch k"]]:
    r"""One neuron, k stimuli in its receptive field: attention strengthens what comes from one of them.

    $R = \sum_j a_j e_j \, / \, (\sigma + \sum_j a_j (e_j + i_j))$, as a share of the largest response: the
    steady state of Reynolds, Chelazzi and Desimone (1999), figure 2, where sigma is the decay. Returns
    (response, weights) with $w_j = a_j (e_j + i_j) / (\sigma + \sum_l a_l (e_l + i_l))$, so that the response
    is the weighted sum of the saturated responses to each stimulus alone, $e_j / (e_j + i_j)$.

    Raises TypeError or ValueError unless all are finite, of at least zero and of one shape, and every
    stimulus reaches the neuron.
    """
    check_floats(excitation=excitation, inhibition=inhibition, attention=attention)
    check_shapes(
        excitation=(excitation, "... k"), inhibition=(inhibition, "... k"), attention=(attention, "... k")
    )
    check_real("sigma", sigma)
    _check_not_negative(excitation=excitation, inhibition=inhibition, attention=attention, sigma=sigma)
    if not (excitation + inhibition > 0).all():
        raise ValueError(
            "excitation: expected each stimulus to excite or inhibit, received one that does neither"
        )
    alone = excitation / (excitation + inhibition)  # (..., k)
    weights = divisive_normalization(attention * (excitation + inhibition), exponent=1, sigma=sigma)
    return (weights * alone).sum(axis=-1), weights
