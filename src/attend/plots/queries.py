"""Pictures of chapter 6: what a mask hides, and which features a learned matrix joins."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from attend import style
from attend.plots import heatmap


def hatch_hidden(visible: Bool[np.ndarray, "q k"], ax: Axes) -> Axes:
    """Hatch the cells that a mask hides, on a heat map that is already there."""
    colour = style.TOKENS["control"][0]
    for i, j in np.argwhere(~visible):
        cell = Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="///", lw=0, edgecolor=colour)
        ax.add_patch(cell)
    return ax


def mask(visible: Bool[np.ndarray, "q k"], ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a mask: filled where the query of the row may look at the key of the column, hatched elsewhere."""
    ax = ax or plt.subplots()[1]
    paper, filled = (style.TOKENS[name][0] for name in ("paper", "weight-high"))
    ax.imshow(visible, cmap=ListedColormap([paper, filled]), vmin=0, vmax=1)
    hatch_hidden(visible, ax)
    ax.set(title=title, xticks=range(visible.shape[1]), yticks=range(visible.shape[0]))
    ax.spines[:].set_visible(False)
    return ax


def blocks(
    matrix: Float[np.ndarray, "rows columns"],
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    ax: Axes | None = None,
    *,
    title: str = "",
    row_label: str = "",
    column_label: str = "",
) -> Axes:
    """Draw a matrix on the diverging map, cut into named groups of so many rows and so many columns."""
    ax = heatmap(matrix, ax=ax, kind="scores", title=title, row_label=row_label, column_label=column_label)
    for axis, groups, draw in ((ax.yaxis, rows, ax.axhline), (ax.xaxis, columns, ax.axvline)):
        borders = np.cumsum([0, *groups.values()]) - 0.5
        for border in borders[1:-1]:
            draw(border, color=style.TOKENS["ink"][0], lw=0.8)
        axis.set_ticks((borders[:-1] + borders[1:]) / 2, labels=list(groups))
    return ax
