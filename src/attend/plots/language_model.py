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

    Raises KeyError for a reference that is not among the points.
    """
    ax = ax or plt.subplots()[1]
    if reference:
        ax.plot(*points[reference], "*", markersize=16, color=style.VALUE)
    for name, (x, y) in points.items():
        if name != reference:
            ax.plot(x, y, "o", markersize=7, color=style.QUERY)
        ax.annotate(name, (x, y), xytext=(7, 5), textcoords="offset points", fontsize=9)
    ax.margins(0.18)
    ax.set(xlabel=x_label, ylabel=y_label)
    return ax
