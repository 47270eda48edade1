"""One neuron, spiking and artificial: from current to spikes, from spikes to a rate, from the rate to a unit.

Units: mV, ms, nA, MΩ (so that nA × MΩ = mV) and Hz. Axis letters: t steps of time, n inputs or points of a
curve; `*batch` stands for neurons that do not know of each other. The default neuron has round numbers of the
usual size: tau 10 ms, resistance 10 MΩ, rest -65 mV, threshold 15 mV above it, 2 ms of refractory time.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float

from attend._arguments import (
    check_floats,
    check_not_negative,
    check_positive,
    check_real,
    check_shapes,
    check_whole,
)

Array = np.ndarray


# ---------------------------------------------------------------- a membrane that leaks and fires


def membrane_step(
    voltage: Float[Array, "*batch"],
    current: Float[Array, "*batch"],
    step: float | int,
    tau: float | int = 10.0,
    resistance: float | int = 10.0,
    rest: float | int = -65.0,
) -> Float[Array, "*batch"]:
    r"""Move the membrane's voltage on by `step` ms under a current that stays the same meanwhile.

    $\tau \, dU/dt = -(U - U_{rest}) + RI$ has the solution $U(t + \Delta) = U_\infty + (U(t) - U_\infty)
    e^{-\Delta/\tau}$ with $U_\infty = U_{rest} + RI$: exact for any step, long or short. Voltages in mV, step
    and tau in ms, current in nA, resistance in MΩ. Raises TypeError or ValueError for arrays that are not
    finite floating point numbers of one shape, or a step, tau or resistance that is not above zero.
    """
    check_floats(voltage=voltage, current=current)
    check_shapes(voltage=(voltage, "..."), current=(current, "..."))
    check_positive("step", step)
    _check_membrane(tau, resistance, rest)
    return _relax(voltage, rest + resistance * current, step, tau)


def _relax(voltage: Array | float, target: Array, elapsed: Array | float, tau: float) -> Array:
    """Let the voltage decay towards `target` for `elapsed` ms."""
    return target + (voltage - target) * np.exp(-elapsed / tau)


def integrate_and_fire(
    current: Float[Array, "*batch t"],
    step: float | int = 0.1,
    tau: float | int = 10.0,
    resistance: float | int = 10.0,
    rest: float | int = -65.0,
    threshold: float | int = -50.0,
    refractory: float | int = 2.0,
) -> tuple[Float[Array, "*batch t"], Float[Array, "*batch t"]]:
    """Drive leaky integrate-and-fire neurons with currents in nA, constant during each step of `step` ms.

    The membrane starts at rest. When it reaches the threshold, a spike is noted, and the voltage is held at
    rest for the refractory time. Returns (voltage, spike_times): the voltage in mV at the end of each step,
    and the moment of the spike in ms where one fell into the step, NaN elsewhere. Between two changes of the
    current nothing is approximated, neither the voltage nor the moment of a spike, so the step's length only
    says how often the voltage is looked at. Lapicque (1907) is often named as the origin of the model.

    Raises TypeError or ValueError for a current that is not an array of finite floating point numbers, for
    quantities out of range, or if a neuron would fire twice within one step.
    """
    check_floats(current=current)
    check_shapes(current=(current, "... t"))
    check_positive("step", step)
    _check_neuron(tau, resistance, rest, threshold, refractory)
    target_voltage = rest + resistance * current  # mV, where the voltage heads
    drive = target_voltage.reshape(-1, current.shape[-1])  # (neurons, t)
    voltage, spike_times = np.empty_like(drive), np.full_like(drive, np.nan)
    v = np.full(len(drive), float(rest))
    silent = np.zeros_like(v)  # ms of refractory time still to come
    for t, target in enumerate(drive.T):
        free = np.clip(step - silent, 0.0, step)  # ms of this step in which the membrane may move
        silent = np.maximum(silent - step, 0.0)
        before, v = v, _relax(v, target, free, tau)
        fired = (v >= threshold) & (target > threshold)
        if fired.any():
            to, left = target[fired], free[fired]
            wait = np.minimum(tau * np.log((to - before[fired]) / (to - threshold)), left)
            spike_times[fired, t] = t * step + (step - left) + wait
            recovered = left - wait - refractory  # ms of this step after the silence, if above zero
            silent[fired] = np.maximum(-recovered, 0.0)
            v[fired] = _relax(rest, to, np.maximum(recovered, 0.0), tau)
            if (v[fired] >= threshold).any():
                raise ValueError(
                    f"step: expected a step so short that a neuron fires once at most, received {step} ms"
                )
        voltage[:, t] = v
    return voltage.reshape(current.shape), spike_times.reshape(current.shape)


def noise_size(
    spread: float | int, step: float | int = 0.1, tau: float | int = 10.0, resistance: float | int = 10.0
) -> float:
    r"""Say how strong a current in nA, drawn anew in each step, makes the membrane jitter by `spread` mV.

    `spread` is the standard deviation that the voltage would have if there were no threshold; the current's
    is $(\mathrm{spread}/R)\sqrt{(1 + a)/(1 - a)}$ with $a = e^{-\Delta/\tau}$, the share of a deviation
    that is left after one step of $\Delta$ ms. Raises TypeError or ValueError for a spread below zero or a
    step, tau or resistance that is not above zero.
    """
    check_not_negative("spread", spread)
    for name, value in {"step": step, "tau": tau, "resistance": resistance}.items():
        check_positive(name, value)
    left = math.exp(-step / tau)
    return spread / resistance * math.sqrt((1 + left) / (1 - left))


def noise_current(
    spread: float | int,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    step: float | int = 0.1,
    tau: float | int = 10.0,
    resistance: float | int = 10.0,
) -> Float[Array, "..."]:
    """Draw a current in nA that is new in each step and makes the membrane jitter by `spread` mV.

    The last axis of `shape` is time. The shorter the step, the closer this comes to white noise. Raises as
    `noise_size`.
    """
    return noise_size(spread, step, tau, resistance) * rng.standard_normal(shape)


def _check_membrane(tau: object, resistance: object, rest: object) -> None:
    check_positive("tau", tau)
    check_positive("resistance", resistance)
    check_real("rest", rest)


def _check_neuron(
    tau: object, resistance: object, rest: object, threshold: object, refractory: object
) -> None:
    _check_membrane(tau, resistance, rest)
    check_real("threshold", threshold)
    if threshold <= rest:
        raise ValueError(f"threshold: expected more than rest = {rest} mV, received {threshold}")
    check_not_negative("refractory", refractory)


# ---------------------------------------------------------------- from spikes to a rate


def measured_rate(spike_times: Float[Array, "*batch t"]) -> Float[Array, "*batch"]:
    """Say how fast each neuron fires, in Hz: one over its mean interval; 0 for fewer than two spikes.

    `spike_times` in ms, NaN where there is none, as `integrate_and_fire` returns them. Raises TypeError or
    ValueError for anything else.
    """
    is_floats = isinstance(spike_times, np.ndarray) and np.issubdtype(spike_times.dtype, np.floating)
    is_spike = ~np.isnan(spike_times) if is_floats else True
    check_floats(spike_times=np.where(is_spike, spike_times, 0.0) if is_floats else spike_times)
    check_shapes(spike_times=(spike_times, "... t"))
    first = np.where(is_spike, spike_times, np.inf).min(axis=-1)
    last = np.where(is_spike, spike_times, -np.inf).max(axis=-1)
    intervals = np.maximum(is_spike.sum(axis=-1) - 1, 0)
    return np.asarray(1000.0 * intervals / np.where(intervals > 0, last - first, 1.0))


def rheobase(
    resistance: float | int = 10.0, rest: float | int = -65.0, threshold: float | int = -50.0
) -> float:
    r"""Return the current in nA up to which a steady current never makes the neuron fire.

    $I_0 = (U_{th} - U_{rest})/R$. Raises TypeError or ValueError for quantities out of range.
    """
    _check_neuron(1.0, resistance, rest, threshold, 0.0)
    return (threshold - rest) / resistance


def firing_rate(
    current: Float[Array, "*batch"],
    tau: float | int = 10.0,
    resistance: float | int = 10.0,
    rest: float | int = -65.0,
    threshold: float | int = -50.0,
    refractory: float | int = 2.0,
) -> Float[Array, "*batch"]:
    r"""Say how fast the neuron fires, in Hz, under a steady current in nA: its f-I curve.

    $f = [t_{ref} + \tau \ln(RI / (RI - (U_{th} - U_{rest})))]^{-1}$ above the rheobase, 0 up to it. Raises
    TypeError or ValueError for a current that is not an array of finite floating point numbers, or quantities
    out of range.
    """
    check_floats(current=current)
    _check_neuron(tau, resistance, rest, threshold, refractory)
    push = resistance * current  # mV above rest, where the voltage heads
    gap = threshold - rest
    fires = push > gap
    push = np.where(fires, push, 2.0 * gap)  # any value that the logarithm bears
    interval = refractory + tau * np.log(push / (push - gap))  # ms
    return np.where(fires, 1000.0 / interval, 0.0)


def noisy_firing_rate(
    current: Float[Array, "*batch"],
    spread: float | int,
    tau: float | int = 10.0,
    resistance: float | int = 10.0,
    rest: float | int = -65.0,
    threshold: float | int = -50.0,
    refractory: float | int = 2.0,
) -> Float[Array, "*batch"]:
    r"""Say how fast the neuron fires on average, in Hz, under a steady current in nA plus white noise.

    `spread` is the noise's strength in mV, as in `noise_current`; with 0 this is `firing_rate`. Siegert's
    (1951) formula in the form of one integral, $1/f = t_{ref} + \tau \int_0^\infty e^{-r^2} (e^{2 y_{th} r} -
    e^{2 y_{rest} r}) \, dr/r$ with $y = (U - U_{rest} - RI)/(\sqrt 2 \, \mathrm{spread})$ at the threshold
    and at rest, taken by the trapezoidal rule in $\ln r$. Kreutz-Delgado (2015) derives the formula. Raises
    as `firing_rate`, or for a spread below zero.
    """
    check_not_negative("spread", spread)
    if spread == 0:
        return firing_rate(current, tau, resistance, rest, threshold, refractory)
    check_floats(current=current)
    _check_neuron(tau, resistance, rest, threshold, refractory)
    log_step = 0.1
    r = np.exp(log_step * np.arange(-220, 36))  # from 3e-10, so that almost nothing is left out, to 33
    from_rest = -resistance * current[..., None] / (math.sqrt(2) * spread)  # (..., 1)
    from_threshold = from_rest + (threshold - rest) / (math.sqrt(2) * spread)
    with np.errstate(over="ignore"):  # far below the threshold the mean interval is infinite, the rate zero
        integrand = np.exp(r * (2 * from_threshold - r)) * -np.expm1(r * 2 * (from_rest - from_threshold))
        return 1000.0 / (refractory + tau * log_step * integrand.sum(axis=-1))


# ---------------------------------------------------------------- the artificial neuron


def threshold_unit(
    excitatory: Bool[Array, "*batch n"], threshold: int, inhibitory: Bool[Array, "*batch m"] | None = None
) -> Bool[Array, "*batch"]:
    """Fire when at least `threshold` excitatory inputs are on and no inhibitory one is.

    The unit of McCulloch and Pitts (1943): inputs count alike, and one inhibitory input is a veto. Raises
    TypeError or ValueError for inputs that are not booleans or a threshold that is not a whole number above
    zero.
    """
    inputs = {"excitatory": excitatory} if inhibitory is None else {
        "excitatory": excitatory, "inhibitory": inhibitory,
    }  # fmt: skip
    for name, array in inputs.items():
        if getattr(array, "dtype", None) != np.bool_:
            received = getattr(array, "dtype", type(array).__name__)
            raise TypeError(f"{name}: expected an array of booleans, received {received}")
    check_shapes(**{name: (array, f"... {name}") for name, array in inputs.items()})
    check_whole("threshold", threshold)
    enough = np.asarray(excitatory.sum(axis=-1) >= threshold)
    return enough if inhibitory is None else np.asarray(enough & ~inhibitory.any(axis=-1))


def perceptron(
    inputs: Float[Array, "*batch n"], weights: Float[Array, " n"], bias: float | int = 0.0
) -> Float[Array, "*batch"]:
    r"""Return 1 where the weighted sum reaches zero, else 0: $y = [\mathbf{w} \cdot \mathbf{x} + b \ge 0]$.

    After Rosenblatt (1958); minus the bias is the threshold. Raises TypeError or ValueError for arrays that
    are not finite floating point numbers or do not fit.
    """
    check_floats(inputs=inputs, weights=weights)
    check_shapes(inputs=(inputs, "... n"), weights=(weights, "n"))
    check_real("bias", bias)
    return np.where(inputs @ weights + bias >= 0, 1.0, 0.0)


def sigmoid(x: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    r"""Rise smoothly from 0 to 1: $1/(1 + e^{-x})$, without overflow. Raises unless x is finite floats."""
    check_floats(x=x)
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def relu(x: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    r"""Keep what is above zero: $\max(0, x)$. Raises TypeError or ValueError unless x is finite floats."""
    check_floats(x=x)
    return np.maximum(x, 0.0)


def softplus(x: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    r"""Round off the corner of `relu`: $\ln(1 + e^x)$, without overflow. Raises unless x is finite floats.

    Glorot et al. (2011) compare it with the ReLU and with the f-I curve of a leaky integrate-and-fire neuron.
    """
    check_floats(x=x)
    return np.logaddexp(0.0, x)


def fit_activation(
    current: Float[Array, " n"], rate: Float[Array, " n"], activation: Callable[[Array], Array]
) -> tuple[float, float, float]:
    """Stretch and shift an activation function until it lies closest to an f-I curve, by least squares.

    Returns (scale, middle, width) of `scale * activation((current - middle) / width)`. A search over middle
    and width, each with the scale that suits it best, looks around and narrows when the best lies within its
    sight. No width falls below a thousandth of the currents' range, and a ReLU's stays 1, since a ReLU that
    is stretched sideways is a ReLU stretched upwards. Raises TypeError or ValueError for arrays that are not
    finite floating point numbers of one length, with at least two different currents.
    """
    check_floats(current=current, rate=rate)
    check_shapes(current=(current, "n"), rate=(rate, "n"))
    reach = float(np.ptp(current))
    if reach == 0:
        raise ValueError(f"current: expected at least two different currents, received only {current[0]}")
    has_width = not np.array_equal(activation(2.0 * current), 2.0 * activation(current))
    middle, width = float(current.min()) + reach / 2, reach / 8 if has_width else 1.0
    octaves, narrow, sharpest = 3.0 if has_width else 0.0, 1e-6 * reach, 1e-3 * reach
    reach /= 2
    grid = np.linspace(-1.0, 1.0, 5)
    for _ in range(200):
        middles = np.repeat(middle + reach * grid, 5)  # 5 middles, each with 5 widths
        widths = np.tile(np.maximum(width * 2.0 ** (octaves * grid), sharpest), 5)
        shapes = activation((current - middles[:, None]) / widths[:, None])  # (25, n)
        size = (shapes**2).sum(axis=-1)
        scales = shapes @ rate / np.where(size > 0, size, 1.0)  # the best, for these middles and widths
        best = ((scales[:, None] * shapes - rate) ** 2).sum(axis=-1).argmin()
        scale, middle, width = float(scales[best]), float(middles[best]), float(widths[best])
        at_edge = best // 5 in (0, 4) or (has_width and best % 5 in (0, 4) and width > sharpest)
        if not at_edge:
            reach, octaves = reach / 2, octaves / 2
        if reach < narrow:
            break
    return scale, middle, width


# ---------------------------------------------------------------- what a weight is and is not


def separate_signs(weights: Float[Array, "m n"]) -> Float[Array, "m nn"]:
    r"""Give each sending neuron one sign: `[max(W, 0), min(W, 0)]`, from n senders to twice as many.

    Row i holds what neuron i receives. Fed with $(\mathbf{x}, \mathbf{x})$ instead of $\mathbf{x}$, the new
    matrix gives the same sums, and each of its columns obeys Dale's principle. Raises TypeError or ValueError
    unless the weights are a matrix of finite floating point numbers.
    """
    check_floats(weights=weights)
    check_shapes(weights=(weights, "m n"))
    return np.concatenate([np.maximum(weights, 0.0), np.minimum(weights, 0.0)], axis=1)  # (m, 2n)
