"""Pictures of chapter 3: populations of neurons as maps, and responses against contrast."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attend import style
from attend.plots import lines


def populations(
    positions: Float[np.ndarray, " x"],
    features: Float[np.ndarray, " f"],
    maps: Mapping[str, Float[np.ndarray, "f x"]],
) -> Figure:
    """Draw maps over receptive-field position and preferred feature, two a row, each from 0 to its largest.

    A bar beside each map says what its largest value is, so a map that is flat is not mistaken for an empty
    one.
    """
    rows = (len(maps) + 1) // 2
    figure, axes = plt.subplots(rows, 2, figsize=(6.8, 2.3 * rows), sharex=True, sharey=True, squeeze=False)
    edges = (positions[0], positions[-1], features[0], features[-1])
    for ax, (name, values) in zip(axes.flat, maps.items(), strict=False):
        highest = float(values.max()) or 1.0
        image = ax.imshow(
            values, extent=edges, origin="lower", aspect="auto", cmap=style.sequential(), vmin=0, vmax=highest
        )
        figure.colorbar(image, ax=ax, shrink=0.85, ticks=[0, highest], format="%.2g")
        ax.set(title=name, yticks=[-90, 0, 90])
    for ax in axes.flat[len(maps) :]:
        ax.remove()
    for ax in axes[-1]:
        ax.set_xlabel("receptive-field position")
    for ax in axes[:, 0]:
        ax.set_ylabel("preferred feature (°)")
    return figure


def contrast_responses(
    contrast: Float[np.ndarray, " n"],
    curves: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
    *,
    title: str = "",
    x_label: str = "contrast",
    y_label: str = "response",
) -> Axes:
    """Draw responses to rising contrast, each given by its maximum and the contrast where half is reached.

    A vertical line in the curve's own dashes marks that contrast.
    """
    responses = {name: maximum * contrast / (contrast + half) for name, (maximum, half) in curves.items()}
    ax = lines(contrast, responses, ax, title=title, x_label=x_label, y_label=y_label)
    for line, (maximum, half) in zip(ax.get_lines()[-len(curves) :], curves.values(), strict=True):
        ax.vlines(half, 0, maximum / 2, color=line.get_color(), linestyle=line.get_linestyle(), lw=1)
    ax.set(xscale="log", ylim=(0, None))
    return ax
