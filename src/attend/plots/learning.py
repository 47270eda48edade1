"""Pictures of learning: directions in a cloud, a neuron's answer in the plane, measurements on a curve."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import style


def cloud(
    points: Float[np.ndarray, "n 2"],
    directions: Mapping[str, Float[np.ndarray, "2"]],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw a cloud of points and, across it, the line of each named direction, whatever its sign and length.

    Each line has its own dash pattern; it reaches as far as the point farthest from the origin.
    """
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    ax.plot(*points.T, "o", markersize=3, color=style.TOKENS["line"][0], zorder=0)
    reach = float(np.linalg.norm(points, axis=1).max())
    for number, (name, direction) in enumerate(directions.items()):
        end = reach * direction / np.linalg.norm(direction)
        line = np.array([-end, end])
        ax.plot(*line.T, linestyle=("-", "--", ":")[number % 3], linewidth=4 - number, label=name)
    ax.set(title=title, aspect="equal")
    ax.legend(loc="upper left")
    return ax


def decision(
    score: Callable[[np.ndarray], np.ndarray],
    inputs: Float[np.ndarray, "p 2"],
    labels: Float[np.ndarray, " p"],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Colour the plane of inputs by a neuron's answer, draw where it changes sign, and the labelled patterns.

    ``score`` takes inputs of shape (n, 2) and returns n numbers. Patterns with label 1 are discs, the others
    crosses; a score that is nowhere zero has no line.
    """
    ax = ax or plt.subplots(figsize=(4, 4))[1]
    reach = 1.5 * float(np.abs(inputs).max())
    ticks = np.linspace(-reach, reach, 121)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)  # (n, 2)
    scores = score(plane).reshape(ticks.size, ticks.size)
    high = float(np.abs(scores).max()) or 1.0
    levels = np.linspace(-high, high, 14)
    ax.contourf(ticks, ticks, scores, levels=levels, cmap=style.diverging(), vmin=-high, vmax=high)
    ink, paper = (style.TOKENS[name][0] for name in ("ink", "paper"))
    if scores.min() < 0 < scores.max():
        ax.contour(ticks, ticks, scores, levels=[0.0], colors=ink, linewidths=2)
    for label, marker, name in ((1.0, "o", "label 1"), (-1.0, "X", "label −1")):
        ax.plot(
            *inputs[labels == label].T, marker, markersize=9, color=ink, markeredgecolor=paper, label=name,
            linestyle="none",
        )  # fmt: skip
    ax.set(title=title, aspect="equal")
    return ax


def measured(
    curves: Mapping[str, tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]],
    points: Mapping[str, tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"], Float[np.ndarray, " m"]]],
    ax: Axes | None = None,
    *,
    x_label: str = "",
    y_label: str = "",
) -> Axes:
    """Draw predicted curves (x, y) and measured points (x, y, error), in the colour of their namesake curve.

    A point's bar reaches one error up and one down.
    """
    ax = ax or plt.subplots()[1]
    for number, (name, (x, y)) in enumerate(curves.items()):
        (line,) = ax.plot(x, y, linestyle=("-", "--", "-.", ":")[number % 4], label=name)
        if name in points:
            at, heights, errors = points[name]
            ax.errorbar(
                at, heights, errors, fmt="osD^"[number % 4], markersize=5, capsize=3, linewidth=1.2,
                color=line.get_color(),
            )  # fmt: skip
    ax.set(xlabel=x_label, ylabel=y_label)
    ax.legend()
    return ax
