"""Pictures of chapter 15: the walk over tiles, and what a softmax knows after each score."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from attend import style

# What a tile is, with its colour and its hatching.
TILES = {"whole": ("weight-high", ""), "in part": ("score-positive", "//"), "left out": ("weight-low", "..")}


def tiles(
    visible: Bool[np.ndarray, "q k"], block_q: int, block_k: int, ax: Axes | None = None, *, title: str = ""
) -> Axes:
    """Draw a mask cut into tiles: seen whole, in part, or left out; those computed are numbered in order.

    The order is that of `attend.tiled.tiled_attention`: all keys of a block of queries, then the next block.
    """
    ax = ax or plt.subplots(figsize=(4.2, 4.6))[1]
    q_len, k_len = visible.shape
    paper, ink = (style.TOKENS[name][0] for name in ("paper", "ink"))
    count = 0
    for top in range(0, q_len, block_q):
        for left in range(0, k_len, block_k):
            tile = visible[top : top + block_q, left : left + block_k]
            kind = "whole" if tile.all() else "in part" if tile.any() else "left out"
            colour, hatch = TILES[kind]
            height, width = tile.shape
            look = {"facecolor": style.TOKENS[colour][0], "hatch": hatch, "edgecolor": paper}
            ax.add_patch(Rectangle((left, top), width, height, linewidth=2, **look))
            if kind != "left out":
                count += 1
                box = {"boxstyle": "round,pad=0.25", "facecolor": paper, "edgecolor": "none"}
                place = (left + width / 2, top + height / 2)
                ax.annotate(str(count), place, ha="center", va="center", color=ink, bbox=box)
    ax.legend(handles=_legend(), loc="upper center", bbox_to_anchor=(0.5, -0.12), ncol=3, frameon=False)
    ax.set(xlim=(0, k_len), ylim=(q_len, 0), aspect="equal", xlabel="key", ylabel="query", title=title)
    ax.spines[:].set_visible(False)
    return ax


def _legend() -> list[Patch]:
    paper = style.TOKENS["paper"][0]
    return [
        Patch(facecolor=style.TOKENS[colour][0], hatch=hatch, edgecolor=paper, label=kind)
        for kind, (colour, hatch) in TILES.items()
    ]


def running(scores: Float[np.ndarray, " k"]) -> tuple[Axes, Axes]:
    """Draw scores as they arrive with the peak so far, and below the total so far, which drops at a new peak.

    Returns both axes, the upper one first.
    """
    above, below = plt.subplots(2, 1, figsize=(6.4, 4.4), sharex=True)[1]
    place = np.arange(1, scores.size + 1)
    peak = np.maximum.accumulate(scores)
    total = np.array([np.exp(scores[:i] - peak[i - 1]).sum() for i in place])
    muted = style.TOKENS["muted"][0]
    above.plot(place, scores, "o", color=style.TOKENS["score-positive"][0], label="score")
    above.step(place, peak, where="post", color=style.TOKENS["ink"][0], label="peak so far")
    above.set_ylabel("score")
    above.legend(loc="lower right", bbox_to_anchor=(1, 1), ncol=2)
    below.step(place, total, where="post", color=style.TOKENS["weight-high"][0])
    below.set(xlabel="scores seen", ylabel="total so far")
    for new in place[1:][peak[1:] > peak[:-1]]:
        for ax in (above, below):
            ax.axvline(new, color=muted, lw=0.8, linestyle=":")
    below.set_ylim(0)
    return above, below
