"""Pictures for the chapter on neurons: a membrane with its spikes, spikes of many runs as rows of ticks."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import style


def membrane(
    time: Float[np.ndarray, " t"],
    voltage: Float[np.ndarray, " t"],
    spike_times: Float[np.ndarray, " t"],
    threshold: float,
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw a membrane's voltage in mV over time in ms, the threshold, and a stroke above it for each spike.

    ``spike_times`` holds NaN where there is no spike. The model has no spike's shape: the strokes, 20 mV
    high, only say when.
    """
    ax = ax or plt.subplots(figsize=(6.4, 2.6))[1]
    ink, muted = (style.TOKENS[name][0] for name in ("ink", "muted"))
    moments = spike_times[~np.isnan(spike_times)]
    ax.plot(time, voltage, color=style.SERIES[0], linewidth=1.5)
    ax.vlines(moments, threshold, threshold + 20, color=ink, linewidth=1.5, label="spikes")
    ax.axhline(threshold, color=muted, linewidth=1, linestyle="--")
    ax.annotate("threshold", (time[0], threshold), xytext=(0, 3), textcoords="offset points", color=muted)
    ax.set(title=title, xlabel="time (ms)", ylabel="voltage (mV)")
    return ax


def raster(
    spike_times: Float[np.ndarray, "runs t"],
    ax: Axes | None = None,
    *,
    title: str = "",
    row_label: str = "run",
    row_names: Sequence[str] | None = None,
) -> Axes:
    """Draw each run as a row of ticks, one for each spike in ms; NaN is no spike. The first run is on top."""
    ax = ax or plt.subplots(figsize=(6.4, 2.6))[1]
    rows = [row[~np.isnan(row)] for row in spike_times]
    ax.eventplot(rows, colors=style.TOKENS["ink"][0], linewidths=1.2, linelengths=0.7)
    ax.invert_yaxis()
    if row_names is None:
        ax.set_yticks([])
    else:
        ax.set_yticks(range(len(rows)), labels=row_names)
    ax.set(title=title, xlabel="time (ms)", ylabel=row_label)
    return ax
