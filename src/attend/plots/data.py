"""Pictures of chapter 17: laws through repeated runs, and what a leak adds to a score."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import style


def laws(
    x: Float[np.ndarray, " n"],
    runs: Float[np.ndarray, "runs n"],
    fits: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    ax: Axes | None = None,
    *,
    reach: float | int = 1,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw repeated runs as points with bars from the lowest to the highest, and named laws through them.

    Both axes are logarithmic. The laws go on to `reach` times the largest x; the part without runs is shaded.
    Raises ValueError for a reach below one.
    """
    if reach < 1:
        raise ValueError(f"reach: expected at least 1, received {reach}")
    ax = ax or plt.subplots()[1]
    mean = runs.mean(axis=0)
    bars = np.stack([mean - runs.min(axis=0), runs.max(axis=0) - mean])  # (2, n)
    ink = style.TOKENS["ink"][0]
    ax.errorbar(x, mean, bars, fmt="o", color=ink, markersize=5, capsize=3, lw=1.2, label="runs", zorder=3)
    along = np.geomspace(x.min(), x.max() * reach, 200)
    for name, dashes, colour in zip(fits, ("-", "--", "-.", ":"), style.SERIES, strict=False):
        ax.plot(along, fits[name](along), linestyle=dashes, color=colour, label=name)
    if reach > 1:
        ax.axvspan(x.max(), along[-1], color=style.TOKENS["line"][0], alpha=0.35, lw=0)
    ax.set(xscale="log", yscale="log", title=title, xlabel=x_label, ylabel=y_label)
    ax.yaxis.set_major_locator(plt.MaxNLocator(5))
    ax.yaxis.set_major_formatter(plt.FormatStrFormatter("%.1f"))
    ax.yaxis.set_minor_locator(plt.NullLocator())
    ax.legend()
    return ax


def inflation(
    scores: Mapping[str, tuple[float, float]], ax: Axes | None = None, *, label: str = "", title: str = ""
) -> Axes:
    """Draw for each leak the honest score (open) and the inflated one (filled), joined, the first on top."""
    ax = ax or plt.subplots(figsize=(6.4, 0.9 + 0.42 * len(scores)))[1]
    honest, inflated = np.array(list(scores.values())).T
    places = np.arange(len(scores))
    ax.hlines(places, honest, inflated, color=style.TOKENS["muted"][0], lw=1.2, zorder=1)
    good, bad = style.TOKENS["good"][0], style.TOKENS["bad"][0]
    paper = style.TOKENS["paper"][0]
    ax.plot(honest, places, "o", markersize=8, markerfacecolor=paper, color=good, label="honest")
    ax.plot(inflated, places, "D", markersize=7, color=bad, label="with the leak")
    for place, both in enumerate(scores.values()):
        for value, side in zip(sorted(both), (-1, 1), strict=True):
            ax.annotate(
                f"{value:.2f}", (value, place), xytext=(9 * side, 0), textcoords="offset points",
                ha="left" if side > 0 else "right", va="center", fontsize=9,
            )  # fmt: skip
    ax.set_yticks(places, list(scores))
    ax.invert_yaxis()
    ax.margins(x=0.2, y=0.12)
    ax.set(xlabel=label, title=title)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return ax
