"""The picture-recall widget: corrupt a stored letter and let an associative memory bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Float, Int

from attend.brain.glyphs import LETTERS, letter_pictures
from attend.brain.memory import (
    hopfield_energy,
    hopfield_sweep,
    hopfield_weights,
    modern_energy,
    modern_update,
    overlap,
)
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = 10
CELLS = SIZE * SIZE
NAMES = "".join(LETTERS)
MEMORIES = ("modern", "classical")
HALVES = ("nothing", "top half", "bottom half", "left half", "right half")
MOST_NOISE = 0.5
BETAS = (0.001, 10.0)
MOST_STEPS = 30
MOST_DRAWS = 10_000


class PictureRecall(AttendWidget, module="picture_recall"):
    """Choose a stored letter, flip or hide cells of it, and step a classical or a modern Hopfield network.

    Everything shown follows from the traits. The memory holds the first ``stored`` letters of JWKOFLAXHE.
    The cue is one of them, ``letter``, with a share ``noise`` of its cells flipped (``draw`` says which), one
    half ``hidden``, and the cells in ``flipped`` turned by hand. The recalled picture is the cue after
    ``steps`` updates, or after as many sweeps over all cells if ``memory`` is ``"classical"``.

    Raises traitlets.TraitError that names the trait, the value and what was expected.
    """

    stored = traitlets.Int(6, help="how many letters the memory holds").tag(sync=True)
    letter = traitlets.Unicode("J", help="the letter that the cue is made from").tag(sync=True)
    noise = traitlets.Float(0.2, help="share of the cells that are flipped").tag(sync=True)
    draw = traitlets.Int(0, help="which cells the noise takes: another number, other cells").tag(sync=True)
    hidden = traitlets.Unicode("nothing", help=f"one of {HALVES}").tag(sync=True)
    flipped = traitlets.List(traitlets.Int(), help="cells flipped by hand, counted by rows").tag(sync=True)
    memory = traitlets.Unicode("modern", help=f"one of {MEMORIES}").tag(sync=True)
    beta = traitlets.Float(0.1, help="sharpness of the modern memory").tag(sync=True)
    steps = traitlets.Int(1, help="updates, or sweeps of the classical memory").tag(sync=True)
    _names = traitlets.Unicode(NAMES).tag(sync=True)
    _pictures = traitlets.List(traitlets.Unicode()).tag(sync=True)

    @traitlets.default("_pictures")
    def _drawn(self) -> list[str]:
        return ["".join("#" if cell > 0 else "." for cell in picture) for picture in letter_pictures(NAMES)]

    @traitlets.validate("stored")
    def _check_stored(self, proposal: Any) -> int:
        value = _stored(proposal["value"])
        if self.letter not in NAMES[:value]:
            raise traitlets.TraitError(
                f"stored must be at least {NAMES.index(self.letter) + 1}, or set letter first: "
                f"{self.letter} would be left out; got {value}"
            )
        return value

    # The constructor checks its traits in no fixed order: a fault in stored is complained about first.
    @traitlets.validate("letter")
    def _check_letter(self, proposal: Any) -> str:
        value, known = proposal["value"], NAMES[: _stored(self.stored)]
        if len(value) != 1 or value not in known:
            raise traitlets.TraitError(f"letter must be one of {', '.join(known)}; got {value!r}")
        return value

    @traitlets.validate("hidden", "memory")
    def _check_name(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = HALVES if name == "hidden" else MEMORIES
        if value not in known:
            raise traitlets.TraitError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        return value

    @traitlets.validate("noise", "beta")
    def _check_real(self, proposal: Any) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = (0, MOST_NOISE) if name == "noise" else BETAS
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name} must be a number from {low:g} to {high:g}; got {value!r}")
        return value

    @traitlets.validate("draw", "steps")
    def _check_count(self, proposal: Any) -> int:
        name = proposal["trait"].name
        return _between(name, proposal["value"], 0, MOST_DRAWS - 1 if name == "draw" else MOST_STEPS)

    @traitlets.validate("flipped")
    def _check_flipped(self, proposal: Any) -> list[int]:
        value = [_between("flipped", cell, 0, CELLS - 1) for cell in proposal["value"]]
        if len(set(value)) < len(value):
            raise traitlets.TraitError(f"flipped must name each cell once; got {value}")
        return value

    @property
    def patterns(self) -> Float[np.ndarray, "stored cells"]:
        """The stored letters, a flat row each: 1 is ink, -1 is paper."""
        return letter_pictures(NAMES[: self.stored])

    @property
    def target(self) -> Float[np.ndarray, " cells"]:
        """The chosen letter as it was stored."""
        return self.patterns[NAMES.index(self.letter)]

    @property
    def cue(self) -> Float[np.ndarray, " cells"]:
        """What the memory is asked with; 0 stands for a hidden cell."""
        cue, veiled = self.target, _veil(self.hidden)
        cue[noisy_cells(self.draw)[: _half_up(self.noise * CELLS)]] *= -1
        cue[veiled] = 0.0
        for cell in self.flipped:
            cue[cell] = 1.0 if veiled[cell] else -cue[cell]
        return cue

    @property
    def states(self) -> Float[np.ndarray, "steps_and_cue cells"]:
        """The cue, and the picture after each step."""
        states, weights = [self.cue], hopfield_weights(self.patterns)
        for _ in range(self.steps):
            if self.memory == "classical":
                states.append(hopfield_sweep(states[-1], weights))
            else:
                states.append(modern_update(states[-1], self.patterns, self.beta)[0])
        return np.stack(states)

    @property
    def recalled(self) -> Float[np.ndarray, " cells"]:
        """The picture after the last step."""
        return self.states[-1]

    @property
    def overlaps(self) -> Float[np.ndarray, " stored"]:
        """How alike the recalled picture and each stored letter are, from -1 to 1."""
        return overlap(self.recalled, self.patterns)

    @property
    def weights(self) -> Float[np.ndarray, " stored"]:
        """The modern memory's weights in its last step, or in the first that it will make."""
        return modern_update(self.states[max(self.steps - 1, 0)], self.patterns, self.beta)[1]

    @property
    def energies(self) -> Float[np.ndarray, " n"]:
        """The energy of the cue, then after each step or, in the classical memory, each change of a cell."""
        if self.memory == "modern":
            return modern_energy(self.states, self.patterns, self.beta)
        weights, states = hopfield_weights(self.patterns), [self.cue]
        for cell in list(range(CELLS)) * self.steps:
            after = hopfield_sweep(states[-1], weights, [cell])
            if after[cell] != states[-1][cell]:
                states.append(after)
        return hopfield_energy(np.stack(states), weights)

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        classical = self.memory == "classical"
        spoilt = f"{_half_up(self.noise * CELLS)} of {CELLS} cells flipped"
        if self.hidden != "nothing":
            spoilt += f" and the {self.hidden} hidden"
        if self.flipped:
            spoilt += f", {len(self.flipped)} flipped by hand"
        after = f"{self.steps} {'sweep' if classical else 'step'}{'' if self.steps == 1 else 's'}"
        right = int((np.sign(self.recalled) == self.target).sum())
        return (
            f"{self.memory} Hopfield network{'' if classical else f' with β = {self.beta:g}'} that holds "
            f"{NAMES[: self.stored]}; cue: {self.letter} with {spoilt}; "
            f"after {after}, {right} of {CELLS} cells are as in {self.letter}"
        )

    def _figure(self) -> Figure:
        """Return the cue, the weights (or overlaps) and the recalled picture side by side."""
        import matplotlib.pyplot as plt

        from attend import style

        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(7, 2.6), gridspec_kw={"width_ratios": [1, 1, 1]}
        )
        classical = self.memory == "classical"
        after = f"after {self.steps} {'sweep' if classical else 'step'}{'' if self.steps == 1 else 's'}"
        for ax, cells, title in ((left, self.cue, f"cue: {self.letter}"), (right, self.recalled, after)):
            ax.imshow(cells.reshape(SIZE, SIZE), cmap=style.sequential(), vmin=-1, vmax=1)
            ax.set(xticks=[], yticks=[], title=title)
        for row, column in zip(*np.nonzero(self.cue.reshape(SIZE, SIZE) == 0), strict=True):
            left.text(column, row, "?", ha="center", va="center", fontsize=6)
        shown = self.overlaps if classical else self.weights
        middle.barh(list(NAMES[: self.stored]), shown, color=style.TOKENS["weight-high"][0])
        middle.invert_yaxis()
        middle.set(
            xlim=(-1 if classical else 0, 1), title="overlap" if classical else f"weight, β = {self.beta:g}"
        )
        return figure


def noisy_cells(draw: int) -> Int[np.ndarray, " cells"]:
    """Return all cells in the order in which the noise takes them, a different one for each ``draw``.

    A fixed scramble of 32 bits, the same in the widget's JavaScript; its constants are those of Wellons'
    lowbias32. More noise of the same draw flips the same cells and some more.
    """

    def scramble(cell: int) -> int:
        code = (draw * CELLS + cell + 1) * 0x9E3779B1 & 0xFFFFFFFF
        code = (code ^ code >> 16) * 0x7FEB352D & 0xFFFFFFFF
        code = (code ^ code >> 15) * 0x846CA68B & 0xFFFFFFFF
        return code ^ code >> 16

    return np.array(sorted(range(CELLS), key=scramble))


def _veil(hidden: str) -> np.ndarray:
    """True where a cell is hidden."""
    rows, columns = np.divmod(np.arange(CELLS), SIZE)
    half = SIZE // 2
    veils = (np.zeros(CELLS, bool), rows < half, rows >= half, columns < half, columns >= half)
    return veils[HALVES.index(hidden)]


def _half_up(number: float) -> int:
    """Round as JavaScript does, halves upwards."""
    return int(np.floor(number + 0.5))


def _between(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise traitlets.TraitError(f"{name} must be a whole number from {low} to {high}; got {value}")
    return value


def _stored(value: int) -> int:
    return _between("stored", value, 1, len(NAMES))
