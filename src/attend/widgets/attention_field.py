"""The attention-field widget: two stimuli on a line of neurons, and where attention falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import traitlets
from jaxtyping import Float

from attend.brain.normalization import (
    attended_response,
    attention_field,
    contrast_response,
    gaussian,
    gaussian_pool,
    spread,
)
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

END = 100  # neurons stand at −100, −99, …, 100

# The lowest and highest value of each trait that is a number with a fraction.
RANGES = {
    "contrast_1": (0.0, 100.0), "size_1": (1.0, 60.0), "contrast_2": (0.0, 100.0), "size_2": (1.0, 60.0),
    "attention_width": (1.0, 200.0), "attention_gain": (0.0, 10.0), "sigma": (0.0, 50.0),
    "receptive_width": (1.0, 40.0), "pool_width": (5.0, 200.0),
}  # fmt: skip
PLACES = ("position_1", "position_2", "attention_position", "neuron")


class Curve(NamedTuple):
    """A neuron's response as the contrast of stimulus 1 rises: its start, limit and midway contrast."""

    floor: float
    maximum: float
    half: float


class AttentionField(AttendWidget, module="attention_field"):
    """Play with the normalization model of attention (Reynolds and Heeger, 2009) on a line.

    Positions and sizes are in the same unit as the neurons' positions, -100 to 100; sizes and widths are
    standard deviations. Contrasts and sigma are in per cent. Every trait can be given to the constructor and
    set afterwards. Raises traitlets.TraitError that names the trait, the value and what was expected.
    """

    contrast_1 = traitlets.Float(50.0, help="of stimulus 1, per cent").tag(sync=True)
    position_1 = traitlets.Int(-40, help="where stimulus 1 stands").tag(sync=True)
    size_1 = traitlets.Float(3.0, help="of stimulus 1").tag(sync=True)
    contrast_2 = traitlets.Float(50.0, help="of stimulus 2, per cent").tag(sync=True)
    position_2 = traitlets.Int(40, help="where stimulus 2 stands").tag(sync=True)
    size_2 = traitlets.Float(3.0, help="of stimulus 2").tag(sync=True)
    attention_position = traitlets.Int(-40, help="the centre of the attention field").tag(sync=True)
    attention_width = traitlets.Float(30.0, help="of the attention field").tag(sync=True)
    attention_gain = traitlets.Float(2.0, help="at its centre; 1 is no attention").tag(sync=True)
    sigma = traitlets.Float(2.0, help="what is added to the pool, per cent").tag(sync=True)
    receptive_width = traitlets.Float(5.0, help="of each neuron's receptive field").tag(sync=True)
    pool_width = traitlets.Float(20.0, help="of each neuron's suppressive field").tag(sync=True)
    neuron = traitlets.Int(-40, help="where the neuron stands whose response is drawn").tag(sync=True)

    @traitlets.validate(*RANGES)
    def _check_number(self, proposal: Any) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} must be a number from {low:g} to {high:g}; got {value:g}")
        return value

    @traitlets.validate(*PLACES)
    def _check_place(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if not -END <= value <= END:
            raise traitlets.TraitError(f"{name} must be a whole number from -{END} to {END}; got {value}")
        return value

    @property
    def positions(self) -> Float[np.ndarray, " x"]:
        """Where the neurons stand."""
        return np.arange(-END, END + 1.0)

    @property
    def field(self) -> Float[np.ndarray, " x"]:
        """The factor by which attention multiplies each neuron's drive."""
        place = gaussian(self.positions, self.attention_position, self.attention_width)
        return attention_field(self.attention_gain, place)

    @property
    def drives(self) -> tuple[Float[np.ndarray, " x"], Float[np.ndarray, " x"]]:
        """What each of the two stimuli alone drives every neuron with, in per cent of contrast."""
        receptive = gaussian_pool(self.positions, self.receptive_width)
        first = self.contrast_1 * gaussian(self.positions, self.position_1, self.size_1)
        second = self.contrast_2 * gaussian(self.positions, self.position_2, self.size_2)
        return spread(first, receptive), spread(second, receptive)

    def responses(self, attended: bool = True) -> tuple[Float[np.ndarray, " x"], Float[np.ndarray, " x"]]:
        """Return every neuron's response and suppressive drive, with attention or as if there were none."""
        drive = sum(self.drives)
        field = self.field if attended else np.ones_like(drive)
        return attended_response(drive, field, self.sigma, gaussian_pool(self.positions, self.pool_width))

    def curve(self, attended: bool = True) -> Curve:
        """Return the chosen neuron's response to rising contrast of stimulus 1, while stimulus 2 stays."""
        receptive = gaussian_pool(self.positions, self.receptive_width)
        drive = spread(gaussian(self.positions, self.position_1, self.size_1), receptive)
        field = self.field if attended else np.ones_like(drive)
        pool = gaussian_pool(self.positions, self.pool_width)
        numbers = contrast_response(drive, field, self.sigma, pool, background=self.drives[1])
        return Curve(*(float(array[self.neuron + END]) for array in numbers))

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        where = f"attention at {self.attention_position}, width {self.attention_width:g}"
        if self.attention_gain == 1:
            where = "no attention"
        else:
            where += f", gain {self.attention_gain:g}"
        here, away = (self.responses(attended)[0][self.neuron + END] for attended in (True, False))
        return (
            f"two stimuli at {self.position_1} and {self.position_2}, {where}; "
            f"the neuron at {self.neuron} responds with {here:.2f}, without attention {away:.2f}"
        )

    def _figure(self) -> Figure:
        """Return the population's response and the neuron's contrast response, with and without attention."""
        import matplotlib.pyplot as plt

        from attend import plots, style

        figure, (along, against) = plt.subplots(1, 2, figsize=(7, 3.2))
        curves = {"with attention": self.responses()[0], "without": self.responses(attended=False)[0]}
        plots.lines(self.positions, curves, along, x_label="position of the neuron", y_label="response")
        for name, place in (("1", self.position_1), ("2", self.position_2)):
            along.annotate(
                name, (place, 0), xytext=(0, -4), textcoords="offset points", ha="center", va="top"
            )
        along.axvline(self.neuron, color=style.TOKENS["ink"][0], linewidth=1, linestyle=":")
        contrast = np.logspace(-1, 2, 121)
        curves = {
            name: _response_at(contrast, self.curve(attended))
            for name, attended in (("with attention", True), ("without", False))
        }
        plots.lines(contrast, curves, against, x_label="contrast of stimulus 1 (%)", y_label="")
        against.set(xscale="log", title=f"neuron at {self.neuron}")
        return figure


def _response_at(contrast: np.ndarray, curve: Curve) -> np.ndarray:
    """The whole contrast response from its three numbers."""
    if np.isinf(curve.half):
        return np.full_like(contrast, curve.floor)
    return (contrast * curve.maximum + curve.half * curve.floor) / (contrast + curve.half)
