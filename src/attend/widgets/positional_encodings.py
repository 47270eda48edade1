"""The positional-encodings widget: choose a scheme, see what it adds, turns or subtracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Float

from attend.position import alibi_bias, frequencies, rotary, sinusoidal
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMES = ("sinusoidal", "rope", "alibi", "none")
VIEWS = ("heat map", "waves", "similarity", "dials")
LARGEST = 512
LARGEST_BASE = 1e9
MOST_HEADS = 64
MOST_WAVES = 5
_NAMES = {"sinusoidal": "sinusoidal encoding", "rope": "RoPE", "alibi": "ALiBi", "none": "no position"}
# The scheme and view that leave nothing to draw, and what is said instead.
_NOTHING = {
    ("none", "heat map"): "Nothing is added, so there is nothing to draw: every row would be zero.",
    ("none", "dials"): "Nothing turns: without position there are no angles.",
    ("alibi", "dials"): "Nothing turns: ALiBi has no angles, only a penalty that grows with the distance.",
}


class PositionalEncodings(AttendWidget, module="positional_encodings"):
    """Play with sinusoidal encodings, RoPE, ALiBi, and no position at all.

    Every trait can be given to the constructor and set afterwards; those left out take values that fit the
    rest. Positions, dimensions and heads count from 0. ``position + offset`` may fall outside the sequence,
    where the formulas still hold.

    Raises traitlets.TraitError that names the trait, the value and what was expected.
    """

    scheme = traitlets.Unicode("sinusoidal", help=f"one of {SCHEMES}").tag(sync=True)
    view = traitlets.Unicode("heat map", help=f"one of {VIEWS}").tag(sync=True)
    d_model = traitlets.Int(32, help="features, an even number").tag(sync=True)
    base = traitlets.Float(10000.0, help="above 1: nearly how much slower the last pair is").tag(sync=True)
    length = traitlets.Int(64, help="positions in the sequence").tag(sync=True)
    position = traitlets.Int(10, help="the chosen position, or the query's").tag(sync=True)
    offset = traitlets.Int(5, help="how far ahead the compared position, or the key, stands").tag(sync=True)
    dimension = traitlets.Int(4, help="the chosen dimension").tag(sync=True)
    dimensions = traitlets.List(traitlets.Int(), [0, 4, 8, 12], help="drawn as waves").tag(sync=True)
    num_heads = traitlets.Int(4, help="ALiBi's heads").tag(sync=True)
    head = traitlets.Int(0, help="ALiBi's chosen head").tag(sync=True)

    def __init__(self, **traits: Any):
        super().__init__(**{**_fitting_defaults(traits), **traits})

    @traitlets.validate("scheme", "view")
    def _check_name(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = SCHEMES if name == "scheme" else VIEWS
        if value not in known:
            raise traitlets.TraitError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        return value

    @traitlets.validate("d_model")
    def _check_d_model(self, proposal: Any) -> int:
        value = _d_model(proposal["value"])
        return _leaving_room(
            "d_model", value, max([self.dimension, *self.dimensions]), "dimension or dimensions"
        )

    @traitlets.validate("base")
    def _check_base(self, proposal: Any) -> float:
        value = proposal["value"]
        if not 1 < value <= LARGEST_BASE:
            raise traitlets.TraitError(f"base must be above 1 and at most {LARGEST_BASE:g}; got {value!r}")
        return value

    @traitlets.validate("length")
    def _check_length(self, proposal: Any) -> int:
        value = _between("length", proposal["value"], 1, LARGEST)
        _leaving_room("length", value, self.position, "position")
        return _leaving_room("length", value, abs(self.offset), "offset")

    @traitlets.validate("num_heads")
    def _check_num_heads(self, proposal: Any) -> int:
        value = _between("num_heads", proposal["value"], 1, MOST_HEADS)
        return _leaving_room("num_heads", value, self.head, "head")

    # The constructor checks its traits in no fixed order: a size at fault is complained about first.

    @traitlets.validate("position")
    def _check_position(self, proposal: Any) -> int:
        last = _between("length", self.length, 1, LARGEST) - 1
        return _between("position", proposal["value"], 0, last, "length - 1")

    @traitlets.validate("offset")
    def _check_offset(self, proposal: Any) -> int:
        last = _between("length", self.length, 1, LARGEST) - 1
        return _between("offset", proposal["value"], -last, last, "length - 1")

    @traitlets.validate("dimension")
    def _check_dimension(self, proposal: Any) -> int:
        return _between("dimension", proposal["value"], 0, _d_model(self.d_model) - 1, "d_model - 1")

    @traitlets.validate("dimensions")
    def _check_dimensions(self, proposal: Any) -> list[int]:
        value = proposal["value"]
        if not 1 <= len(value) <= MOST_WAVES or len(set(value)) < len(value):
            raise traitlets.TraitError(
                f"dimensions must be 1 to {MOST_WAVES} different whole numbers; got {value}"
            )
        last = _d_model(self.d_model) - 1
        return [_between("dimensions", entry, 0, last, "d_model - 1") for entry in value]

    @traitlets.validate("head")
    def _check_head(self, proposal: Any) -> int:
        last = _between("num_heads", self.num_heads, 1, MOST_HEADS) - 1
        return _between("head", proposal["value"], 0, last, "num_heads - 1")

    @property
    def encoding(self) -> Float[np.ndarray, "length columns"]:
        """What the heat map shows, a row for each position.

        Sinusoidal: what is added, ``(length, d_model)``. RoPE: where each pair's turn sends (1, 0), so that
        even columns hold cosines and odd ones sines. ALiBi: the bias of the chosen head,
        ``(length, length)``. None: zeros.
        """
        if self.scheme == "sinusoidal":
            return sinusoidal(self.length, self.d_model, self.base)
        if self.scheme == "rope":
            right = np.tile([1.0, 0.0], (self.length, self.d_model // 2))
            return rotary(right, np.arange(self.length), self.base)
        if self.scheme == "alibi":
            return alibi_bias(self.num_heads, self.length, self.length)[self.head]
        return np.zeros((self.length, self.d_model))

    @property
    def similarity(self) -> Float[np.ndarray, " length"]:
        """How position alone relates the chosen position to each position of the sequence.

        Sinusoidal: the encodings' dot product. RoPE: the score of a unit query, all its features equal, with
        the same unit key. ALiBi: the bias. None: zeros.
        """
        if self.scheme == "sinusoidal":
            return self.encoding @ self.encoding[self.position]
        if self.scheme == "rope":
            unit = np.full((self.length, self.d_model), 1 / np.sqrt(self.d_model))
            turned = rotary(unit, np.arange(self.length), self.base)
            return turned @ turned[self.position]
        return self.encoding[self.position] if self.scheme == "alibi" else np.zeros(self.length)

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        if self.scheme == "alibi":
            size = f"head {self.head} of {self.num_heads}, {self.length} positions"
        elif self.scheme == "none":
            size = f"{self.length} positions"
        else:
            size = f"{self.length} positions by {self.d_model} dimensions, base {self.base:g}"
        return f"{self.view} of {_NAMES[self.scheme]}, {size}; position {self.position}, offset {self.offset}"

    def fallback_html(self) -> str | None:
        """Return a sentence where the view has nothing to draw, else None: then the picture speaks."""
        nothing = _NOTHING.get((self.scheme, self.view))
        return None if nothing is None else f"<p>{nothing}</p>"

    def _figure(self) -> Figure | None:
        """Return the chosen view as a figure, or None where it has nothing to draw."""
        if (self.scheme, self.view) in _NOTHING:
            return None
        return self._dials() if self.view == "dials" else self._chart()

    def _title(self) -> str:
        return _NAMES[self.scheme][0].upper() + _NAMES[self.scheme][1:]

    def _chart(self) -> Figure:
        import matplotlib.pyplot as plt

        from attend import plots, style

        places = np.arange(self.length, dtype=float)
        key = "key" if self.scheme == "alibi" else "position"
        figure, ax = plt.subplots(figsize=(7, 3.8))
        if self.view == "heat map":
            across = "key" if self.scheme == "alibi" else "dimension"
            title = self._title()
            plots.heatmap(
                self.encoding, ax=ax, kind="scores", title=title, row_label="position", column_label=across
            )
            ax.axhline(self.position, color=style.QUERY, linewidth=1.5)
        elif self.view == "waves":
            plots.lines(places, self._waves(), ax, title=self._title(), x_label=key, y_label="value")
            ax.axvline(self.position, color=style.TOKENS["ink"][0], linewidth=1)
            if (legend := ax.get_legend()) is not None:  # the waves leave no empty corner for it
                legend.set(loc="center left", bbox_to_anchor=(1, 0.5))
        else:
            curve = {f"seen from position {self.position}": self.similarity}
            y_label = {"sinusoidal": "dot product", "rope": "score"}.get(self.scheme, "bias")
            plots.lines(
                places - self.position, curve, ax, title=self._title(), x_label="offset", y_label=y_label
            )
            ax.axvline(self.offset, color=style.KEY, linewidth=1.5)
        return figure

    def _waves(self) -> dict[str, Float[np.ndarray, " length"]]:
        if self.scheme == "none":
            return {"nothing": np.zeros(self.length)}
        if self.scheme == "alibi":
            return {f"head {self.head}": self.similarity}
        return {f"dimension {number}": self.encoding[:, number] for number in self.dimensions}

    def _dials(self) -> Figure:
        import matplotlib.pyplot as plt

        from attend import plots, style

        pairs = np.unique(np.linspace(0, self.d_model // 2 - 1, 4).round().astype(int))
        figure, axes = plt.subplots(1, len(pairs), figsize=(7, 2.4), squeeze=False)
        places = f"position {self.position} (blue) and {self.position + self.offset} (orange)"
        figure.suptitle(f"{self._title()}: {places}")
        for ax, pair in zip(axes[0], pairs, strict=True):
            speed = frequencies(self.d_model, self.base)[pair]
            for place, colour in ((self.position, style.QUERY), (self.position + self.offset, style.KEY)):
                hand = np.array([[np.cos(place * speed), np.sin(place * speed)]])
                plots.vectors(hand, ax=ax, colour=colour, title=f"pair {pair}")
            ax.set(xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), xticks=[], yticks=[])
        return figure


def _between(name: str, value: int, low: int, high: int, reason: str = "") -> int:
    if not low <= value <= high:
        why = f" ({reason})" if reason else ""
        raise traitlets.TraitError(f"{name} must be a whole number from {low} to {high}{why}; got {value}")
    return value


def _d_model(value: int) -> int:
    if not 2 <= value <= LARGEST or value % 2:
        raise traitlets.TraitError(f"d_model must be an even number from 2 to {LARGEST}; got {value}")
    return value


def _leaving_room(name: str, value: int, highest: int, other: str) -> int:
    """Refuse a size that would put what is chosen outside; a reader who shrinks both sets the other first."""
    if value <= highest:
        raise traitlets.TraitError(
            f"{name} must be more than {highest}, which {other} uses, or set {other} first; got {value}"
        )
    return value


def _fitting_defaults(traits: dict[str, Any]) -> dict[str, Any]:
    """Return the defaults of what the caller left out, made to fit the sizes that the caller gave."""

    def size(name: str, default: int) -> int:
        value = traits.get(name, default)
        return value if isinstance(value, int) and value >= 1 else default

    length, d_model = size("length", 64), size("d_model", 32)
    return {
        "position": min(10, length - 1),
        "offset": min(5, length - 1),
        "dimension": min(4, d_model - 1),
        "dimensions": [n for n in (0, 4, 8, 12) if n < d_model],
    }
