"""Pictures of chapter 14: which letter follows which, and diversity against quality."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import style


def following(
    chances: Float[np.ndarray, "n n"], letters: str, ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw how likely each letter is (columns) after each letter (rows), darker where likelier.

    A blank shows as ``␣``. The colours run to the largest entry; a bar says what that is.
    """
    ax = ax or plt.subplots(figsize=(6.4, 5.6))[1]
    names = [letter.replace(" ", "␣") for letter in letters]
    image = ax.imshow(chances, cmap=style.sequential(), vmin=0, vmax=float(chances.max()))
    ax.figure.colorbar(image, ax=ax, shrink=0.8)
    ax.set_xticks(range(len(names)), names, fontsize=8)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set(xlabel="next character", ylabel="character before", title=title)
    ax.spines[:].set_visible(False)
    return ax


def trade(
    points: Mapping[str, tuple[float, float]],
    ax: Axes | None = None,
    *,
    reference: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw named points in the plane, each with its name beside it; the ``reference`` is a star.

    A name stands to the right of its point, or to the left where another point is close on the right.
    Raises KeyError for a reference that is not among the points.
    """
    ax = ax or plt.subplots(figsize=(6.4, 4.8))[1]
    if reference:
        ax.plot(*points[reference], "*", markersize=16, color=style.VALUE)
    places = np.array(list(points.values()))
    span = np.ptp(places, axis=0)
    for name, place in points.items():
        if name != reference:
            ax.plot(*place, "o", markersize=7, color=style.QUERY)
        right, up = ((places - place) / np.where(span > 0, span, 1)).T
        crowded = ((right > 0) & (right < 0.15) & (np.abs(up) < 0.08)).any()
        ax.annotate(
            name, place, xytext=(-9 if crowded else 9, 0), textcoords="offset points", fontsize=9,
            ha="right" if crowded else "left", va="center",
        )  # fmt: skip
    ax.margins(0.18)
    ax.set(xlabel=x_label, ylabel=y_label)
    return ax
