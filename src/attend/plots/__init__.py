"""Arrays and axes in, pictures out. Every function draws on ``ax`` (or a new one) and returns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

from attend import style


def heatmap(
    matrix: Float[np.ndarray, "rows columns"],
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    kind: Literal["weights", "scores"] = "weights",
    numbers: bool = False,
    title: str = "",
    row_label: str = "",
    column_label: str = "",
) -> Axes:
    """Draw a matrix: ``weights`` on the sequential map from 0 to 1, ``scores`` on a map centred on zero.

    ``numbers=True`` prints each entry with two decimals, in a colour that can be read on its cell.
    Raises ValueError when ``kind`` is neither ``"weights"`` nor ``"scores"``.
    """
    if kind not in ("weights", "scores"):
        raise ValueError(f"kind must be 'weights' or 'scores', got {kind!r}")
    ax = ax or plt.subplots()[1]
    if kind == "weights":
        low, high, colours = 0.0, 1.0, style.sequential()
    else:
        high = float(np.abs(matrix).max()) or 1.0
        low, colours = -high, style.diverging()
    aspect = "auto" if matrix.size > 1024 else "equal"
    image = ax.imshow(matrix, cmap=colours, vmin=low, vmax=high, aspect=aspect)
    if numbers:
        for (i, j), entry in np.ndenumerate(matrix):
            red, green, blue, _ = image.cmap(image.norm(entry))
            dark_cell = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            shade = style.TOKENS["paper" if dark_cell else "ink"][0]
            ax.text(j, i, f"{entry:.2f}", ha="center", va="center", color=shade, fontsize=9)
    else:
        ax.figure.colorbar(image, ax=ax, shrink=0.85)
    _name_ticks(ax.xaxis, columns)
    _name_ticks(ax.yaxis, rows)
    ax.set(title=title, xlabel=column_label, ylabel=row_label)
    ax.spines[:].set_visible(False)
    return ax


def lines(
    x: Float[np.ndarray, " n"],
    curves: Mapping[str, Float[np.ndarray, " n"]],
    ax: Axes | None = None,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw named curves over one horizontal axis, each with a label and a dash pattern of its own."""
    ax = ax or plt.subplots()[1]
    dashes = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
    for number, (name, curve) in enumerate(curves.items()):
        ax.plot(x, curve, label=name, linestyle=dashes[number % len(dashes)])
    ax.set(title=title, xlabel=x_label, ylabel=y_label)
    if len(curves) > 1:
        ax.legend()
    return ax


def vectors(
    ends: Float[np.ndarray, "n 2"],
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    colour: str = style.KEY,
    title: str = "",
) -> Axes:
    """Draw arrows from the origin to each of the given points of the plane."""
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    earlier = ax.get_xlim()[1] if ax.texts else 0.0  # arrows drawn before must stay in view
    for number, (x, y) in enumerate(ends):
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        if labels is not None:
            ax.annotate(labels[number], (x, y), xytext=(4, 4), textcoords="offset points")
    reach = max(1.2 * float(np.abs(ends).max()), earlier) or 1.0
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=title)
    ax.axhline(0, color=style.TOKENS["line"][0], lw=1, zorder=0)
    ax.axvline(0, color=style.TOKENS["line"][0], lw=1, zorder=0)
    return ax


def _name_ticks(axis: Axis, names: Sequence[str] | None) -> None:
    if names is None:
        axis.set_major_locator(MaxNLocator(integer=True))
    else:
        axis.set_ticks(range(len(names)), labels=names)


def landscape(
    score: Callable[[np.ndarray, np.ndarray], np.ndarray],
    query: Float[np.ndarray, "2"],
    ax: Axes | None = None,
    *,
    reach: float = 3.0,
    title: str = "",
) -> Axes:
    """Colour every key of the plane by its score for one query, drawn as an arrow.

    ``score`` takes a query of shape (1, 2) and keys of shape (k, 2) and returns scores of shape (1, k).
    """
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    ticks = np.linspace(-reach, reach, 121)
    keys = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)  # (k, 2)
    scores = score(query[None, :], keys).reshape(ticks.size, ticks.size)
    high = float(np.abs(scores).max()) or 1.0
    levels = np.linspace(-high, high, 14)
    ax.contourf(ticks, ticks, scores, levels=levels, cmap=style.diverging(), vmin=-high, vmax=high)
    ink = style.TOKENS["ink"][0]
    # Contour lines say without colour what the colours say; negative ones are dashed.
    labelled = ax.contour(ticks, ticks, scores, levels=levels[1::2], colors=ink, linewidths=0.6)
    ax.clabel(labelled, fontsize=7, fmt="%.1f")
    ax.annotate("", query, (0, 0), arrowprops={"arrowstyle": "-|>", "color": style.QUERY, "lw": 2.5})
    ax.set(title=title, aspect="equal")
    return ax


def hull(
    values: Float[np.ndarray, "k 2"],
    outputs: Float[np.ndarray, "n 2"],
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    ends: tuple[str, str] = ("first output", "last output"),
    title: str = "",
) -> Axes:
    """Draw values in the plane, the convex hull around them, and the path of the outputs within it.

    The path's first point is a filled square and its last an open one; ``ends`` names them in the legend.
    """
    ax = ax or plt.subplots(figsize=(5.2, 3.6))[1]
    ax.fill(*_convex_hull(values).T, color=style.VALUE, alpha=0.12, lw=0)
    ink, paper = (style.TOKENS[name][0] for name in ("ink", "paper"))
    ax.plot(*outputs.T, color=ink)
    for name, end, face in zip(ends, outputs[[0, -1]], (ink, paper), strict=True):
        ax.plot(*end, "s", markersize=7, markerfacecolor=face, markeredgecolor=ink, label=name)
    ax.plot(*values.T, "o", markersize=9, color=style.VALUE, label="values", zorder=1)
    for number, label in enumerate(labels or ()):
        ax.annotate(label, values[number], xytext=(8, 4), textcoords="offset points")
    ax.margins(0.2)
    ax.set(title=title, aspect="equal")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def _convex_hull(points: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, "corners 2"]:
    """Return the corners of the smallest convex shape that holds all points (Andrew's monotone chain)."""

    def chain(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
        corners: list[tuple[float, float]] = []
        for x, y in ordered:
            while len(corners) > 1:
                (x1, y1), (x2, y2) = corners[-2:]
                if (x2 - x1) * (y - y1) > (y2 - y1) * (x - x1):  # a left turn keeps the corner
                    break
                corners.pop()
            corners.append((x, y))
        return corners[:-1]

    ordered = sorted({(float(x), float(y)) for x, y in points})
    return np.array(chain(ordered) + chain(ordered[::-1]) or ordered)


def bands(
    x: Float[np.ndarray, " n"],
    curves: Mapping[str, Float[np.ndarray, "runs n"]],
    ax: Axes | None = None,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw repeated runs: the mean as a line, as ``lines`` does, in a band from the lowest to the highest."""
    ax = lines(
        x,
        {name: runs.mean(axis=0) for name, runs in curves.items()},
        ax,
        title=title,
        x_label=x_label,
        y_label=y_label,
    )
    for line, runs in zip(ax.get_lines()[-len(curves) :], curves.values(), strict=True):
        ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=line.get_color(), alpha=0.2, linewidth=0)
    return ax
