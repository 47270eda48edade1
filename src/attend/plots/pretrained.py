"""Pictures of chapter 13: bars for what was measured of many parts."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from attend import style


def bars(
    values: Mapping[str, float],
    ax: Axes | None = None,
    *,
    reference: str = "",
    label: str = "",
    title: str = "",
) -> Axes:
    """Draw a bar for each named number, the first on top, with the number beside it.

    A dotted line marks the bar that is named ``reference``. Raises ValueError for a name that is not there.
    """
    if reference and reference not in values:
        raise ValueError(f"reference: expected one of {', '.join(values)}, received {reference!r}")
    ax = ax or plt.subplots(figsize=(6.4, 0.5 + 0.34 * len(values)))[1]
    ax.barh(list(values), list(values.values()), color=style.TOKENS["weight-high"][0])
    paper = {"boxstyle": "square,pad=0.1", "facecolor": style.TOKENS["paper"][0], "edgecolor": "none"}
    for place, value in enumerate(values.values()):
        beside = {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "bbox": paper}
        ax.annotate(f"{value:.1f}", (value, place), **beside)
    if reference:
        ax.axvline(values[reference], color=style.TOKENS["ink"][0], lw=0.8, linestyle=":")
    ax.invert_yaxis()
    ax.set(xlabel=label, title=title)
    ax.margins(x=0.12)
    return ax
