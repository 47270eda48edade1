"""The pictures of the chapter on many heads: runs of several seeds beside each other, heads that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import plots, style


def runs(
    results: Mapping[str, Sequence[float]],
    ax: Axes | None = None,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw each group of runs: a dot for every run, and their mean with a bar of one standard deviation."""
    ax = ax or plt.subplots()[1]
    ink, muted = (style.TOKENS[name][0] for name in ("weight-high", "control"))
    for place, values in enumerate(results.values()):
        spread = np.linspace(-0.12, 0.12, len(values)) if len(values) > 1 else [0.0]
        ax.plot(place + np.asarray(spread), values, "o", color=muted, markersize=5, alpha=0.7)
        deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
        ax.errorbar(place, np.mean(values), deviation, fmt="D", color=ink, capsize=8, markersize=7)
    ax.set_xticks(range(len(results)), list(results))
    ax.set(title=title, xlabel=x_label, ylabel=y_label, xlim=(-0.5, len(results) - 0.5))
    return ax


def head_grid(
    matrix: Float[np.ndarray, "layers h"], rows: Sequence[str], ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw one number from 0 to 1 for every head, a row for each layer, with the number in its cell."""
    columns = [f"head {head + 1}" for head in range(matrix.shape[1])]
    return plots.heatmap(matrix, list(rows), columns, ax, numbers=True, title=title)
