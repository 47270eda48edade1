"""Pictures of chapter 10: which words each character reads, and how far confidence can be trusted.

Matplotlib's font has no Chinese, so characters are labelled by how they are said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from attend import style

PINYIN = {
    "零": "líng", "一": "yī", "二": "èr", "三": "sān", "四": "sì", "五": "wǔ", "六": "liù", "七": "qī",
    "八": "bā", "九": "jiǔ", "十": "shí", "百": "bǎi", "千": "qiān", "万": "wàn", "亿": "yì",
}  # fmt: skip


def pinyin(characters: Sequence[str]) -> list[str]:
    """Give how each numeral is said, in Latin letters with tones; what is no numeral stays as it is."""
    return [PINYIN.get(character, character) for character in characters]


def reading(
    weights: Float[np.ndarray, "q n"],
    characters: Sequence[str],
    words: Sequence[str],
    sure: Bool[np.ndarray, "q k"],
    possible: Bool[np.ndarray, "q k"],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw attention from characters to tokens; sure links have a solid frame, possible ones a dotted one.

    `words` has a name for each of the n tokens; the links are about the first k, all but the end.
    """
    ax = ax or plt.subplots()[1]
    ax.imshow(weights, cmap=style.sequential(), vmin=0, vmax=1)
    ink, framed = style.TOKENS["ink"][0], style.TOKENS["score-negative"][0]
    for links, dash, width in ((possible & ~sure, ":", 1.2), (sure, "-", 1.8)):
        for i, j in np.argwhere(links):
            ax.add_patch(
                Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, edgecolor=framed, lw=width, ls=dash)
            )
    ax.set_xticks(range(len(words)), words, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(characters)), pinyin(characters))
    ax.tick_params(colors=ink, length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title)
    return ax


def reliability(
    models: Mapping[str, tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]],
    ax: Axes | None = None,
    *,
    bins: int = 10,
) -> Axes:
    """Draw, for answers of like confidence, the share that is right: each model is (confidence, right).

    A model that can be trusted lies on the diagonal, one that is too sure of itself below it. The area of a
    mark grows with the share of the answers that it stands for; under a hundredth there is none.
    """
    ax = ax or plt.subplots(figsize=(4.2, 3.8))[1]
    ax.plot([0, 1], [0, 1], color=style.TOKENS["muted"][0], lw=1, ls=":", label="as sure as right")
    for (name, (confidence, right)), marker in zip(models.items(), "osD^", strict=False):
        place = np.minimum((confidence * bins).astype(int), bins - 1)
        used = [b for b in range(bins) if (place == b).mean() >= 0.01]
        mean = [confidence[place == b].mean() for b in used]
        share = [right[place == b].mean() for b in used]
        size = [30 + 400 * (place == b).mean() for b in used]
        (line,) = ax.plot(mean, share, lw=1)
        ax.scatter(mean, share, size, marker=marker, color=line.get_color(), alpha=0.7, label=name)
    ax.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1.03), ylim=(0, 1.03))
    ax.legend(loc="lower right", markerscale=0.6)
    return ax
