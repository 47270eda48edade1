"""Pictures of chapter 4: rows of small pictures, and measured points with their error bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import style


def pictures(
    states: Float[np.ndarray, "n d"],
    titles: Sequence[str] | None = None,
    axes: Sequence[Axes] | None = None,
    *,
    columns: int = 10,
) -> list[Axes]:
    """Draw each state as a square picture, from -1 (paper) to 1 (ink); an entry of 0 is marked as not known.

    Raises ValueError when the entries of a state do not fill a square.
    """
    n, d = states.shape
    side = round(d**0.5)
    if side**2 != d:
        raise ValueError(f"states: expected as many entries as a square has cells, received {d}")
    if axes is None:
        columns = min(columns, n)
        rows = -(-n // columns)
        _, grid = plt.subplots(rows, columns, figsize=(6.4, 6.9 / columns * rows), squeeze=False)
        axes = list(grid.flat)
    columns = min(columns, len(axes))
    cell = 72 * axes[0].figure.get_figwidth() / columns / side  # in points, about
    for ax, state in zip(axes, states, strict=False):
        ax.imshow(state.reshape(side, side), cmap=style.sequential(), vmin=-1, vmax=1)
        for row, column in np.argwhere(state.reshape(side, side) == 0):
            ax.text(column, row, "?", ha="center", va="center_baseline", fontsize=0.6 * cell)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
        ax.set_frame_on(False)
    for ax, title in zip(axes, titles or (), strict=False):
        ax.set_title(title, fontsize=9, loc="center")
    return list(axes)


def measured(
    x: Float[np.ndarray, " n"],
    runs: Mapping[str, Float[np.ndarray, "repeats n"]],
    ax: Axes | None = None,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw the mean of repeated measurements, with bars of one standard error on both sides."""
    ax = ax or plt.subplots()[1]
    for (name, values), marker, dash in zip(
        runs.items(), "osD^vP", ("-", "--", "-.", ":", "-", "--"), strict=False
    ):
        error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        ax.errorbar(
            x, values.mean(axis=0), error, label=name, marker=marker, linestyle=dash, markersize=4, capsize=2
        )
    ax.set(title=title, xlabel=x_label, ylabel=y_label)
    ax.legend()
    return ax
