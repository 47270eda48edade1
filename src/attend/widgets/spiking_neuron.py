"""The spiking-neuron widget: from current to spikes, from spikes to a rate, from the rate to a unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import traitlets
from jaxtyping import Float

from attend.brain import neuron
from attend.widgets.base import AttendWidget
from attend.widgets.draws import uniform_draws

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEP = 0.1  # ms
STEPS = 2500
RESISTANCE = 10.0  # MΩ
REST = -65.0  # mV

# The lowest and highest value of each trait that is a number with a fraction.
RANGES = {
    "current": (0.0, 5.0), "tau": (2.0, 50.0), "threshold": (-60.0, -40.0), "refractory": (0.5, 10.0),
    "noise": (0.0, 10.0),
}  # fmt: skip
LAST_DRAW = 9999
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": neuron.relu, "softplus": neuron.softplus, "sigmoid": neuron.sigmoid,
}  # fmt: skip
NAMES = {"relu": "ReLU", "softplus": "softplus", "sigmoid": "sigmoid"}


class Fit(NamedTuple):
    """An activation function laid as close to the f-I curve as it goes, and how far off it stays, in Hz."""

    scale: float
    middle: float
    width: float
    off: float


class SpikingNeuron(AttendWidget, module="spiking_neuron"):
    """Play with a leaky integrate-and-fire neuron, 10 MΩ, at rest at -65 mV, under a steady current.

    Shown are 250 ms of its voltage and its f-I curve from 0 to 5 nA with an activation function fitted to it.
    Every trait can be given to the constructor and set afterwards. Raises traitlets.TraitError that names the
    trait, the value and what was expected.
    """

    current = traitlets.Float(2.0, help="nA").tag(sync=True)
    tau = traitlets.Float(10.0, help="the membrane's time constant, ms").tag(sync=True)
    threshold = traitlets.Float(-50.0, help="mV").tag(sync=True)
    refractory = traitlets.Float(2.0, help="silence after each spike, ms").tag(sync=True)
    noise = traitlets.Float(0.0, help="how much the idle membrane jitters, mV").tag(sync=True)
    draw = traitlets.Int(0, help="which draw of the noise").tag(sync=True)
    compare = traitlets.Unicode("relu", help=f"one of {tuple(ACTIVATIONS)}").tag(sync=True)

    @traitlets.validate(*RANGES)
    def _check_number(self, proposal: Any) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} must be a number from {low:g} to {high:g}; got {value:g}")
        return value

    @traitlets.validate("draw")
    def _check_draw(self, proposal: Any) -> int:
        value = proposal["value"]
        if not 0 <= value <= LAST_DRAW:
            raise traitlets.TraitError(f"draw must be a whole number from 0 to {LAST_DRAW}; got {value}")
        return value

    @traitlets.validate("compare")
    def _check_compare(self, proposal: Any) -> str:
        value = proposal["value"]
        if value not in ACTIVATIONS:
            raise traitlets.TraitError(f"compare must be one of {', '.join(ACTIVATIONS)}; got {value!r}")
        return value

    @property
    def time(self) -> Float[np.ndarray, " t"]:
        """The end of each step, in ms."""
        return STEP * np.arange(1, STEPS + 1)

    @property
    def trace(self) -> tuple[Float[np.ndarray, " t"], Float[np.ndarray, " t"]]:
        """The voltage in mV at the end of each step, and the moment of the spike in it in ms, NaN without."""
        size = neuron.noise_size(self.noise, STEP, self.tau, RESISTANCE)
        current = self.current + size * normal_draws(STEPS, self.draw)
        return neuron.integrate_and_fire(current, STEP, **self._membrane, refractory=self.refractory)

    @property
    def _membrane(self) -> dict[str, float]:
        return {"tau": self.tau, "resistance": RESISTANCE, "rest": REST, "threshold": self.threshold}

    def rate_at(self, current: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the mean rate in Hz that the formula gives for each current in nA, with the noise."""
        return neuron.noisy_firing_rate(current, self.noise, **self._membrane, refractory=self.refractory)

    @property
    def rate(self) -> float:
        """The mean rate in Hz at the chosen current."""
        return float(self.rate_at(np.array([self.current]))[0])

    @property
    def curve(self) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """The f-I curve: currents from 0 to 5 nA, and the rate in Hz at each."""
        current = np.arange(101) / 20
        return current, self.rate_at(current)

    def fit(self, name: str | None = None) -> Fit:
        """Fit an activation function, by default the one that is shown, to the f-I curve."""
        activation = ACTIVATIONS[name or self.compare]
        current, rate = self.curve
        scale, middle, width = neuron.fit_activation(current, rate, activation)
        error = scale * activation((current - middle) / width) - rate
        return Fit(scale, middle, width, float(np.sqrt((error**2).mean())))

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        noise = f"noise of {self.noise:g} mV" if self.noise > 0 else "no noise"
        spikes = int((~np.isnan(self.trace[1])).sum())
        return (
            f"a neuron under {self.current:g} nA, tau {self.tau:g} ms, threshold {self.threshold:g} mV, "
            f"refractory time {self.refractory:g} ms, {noise}: {spikes} spikes in 250 ms, "
            f"{self.rate:.1f} Hz by the formula; the closest {NAMES[self.compare]} is off by "
            f"{self.fit().off:.1f} Hz"
        )

    def _figure(self) -> Figure:
        """Return the voltage over time beside the f-I curve and the fitted activation function."""
        import matplotlib.pyplot as plt

        from attend import plots, style
        from attend.plots import neurons

        figure, (above, below) = plt.subplots(2, 1, figsize=(7, 5.6))
        neurons.membrane(self.time, *self.trace, self.threshold, above, title=f"{self.current:g} nA")
        current, rate = self.curve
        scale, middle, width, _ = self.fit()
        fitted = scale * ACTIVATIONS[self.compare]((current - middle) / width)
        curves = {"f-I curve": rate, f"closest {NAMES[self.compare]}": fitted}
        plots.lines(current, curves, below, x_label="current (nA)", y_label="rate (Hz)")
        below.plot(self.current, self.rate, "o", color=style.TOKENS["ink"][0], markersize=7)
        return figure


def normal_draws(count: int, draw: int) -> Float[np.ndarray, " count"]:
    """Return ``count`` normally distributed numbers, the same in Python and in the page's JavaScript.

    Pairs of evenly spread numbers, turned into pairs of normal ones as by Box and Muller (1958).
    """
    uniform = uniform_draws(count + count % 2, draw)
    length = np.sqrt(-2.0 * np.log(uniform[0::2]))
    angle = 2.0 * np.pi * uniform[1::2]
    return np.stack([length * np.cos(angle), length * np.sin(angle)], axis=-1).reshape(-1)[:count]
