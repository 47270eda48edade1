"""The picture of the chapter on what comes next: an image, and how much each of its patches counts."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from attend import style


def patch_weights(
    image: Float[np.ndarray, "height width"],
    weights: Float[np.ndarray, " n"],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw a grey image over a square for each patch, darker the more it weighs; the heaviest is framed.

    The patches are those of a square image, row by row. Raises ValueError for an image that is not square, or
    a number of weights that does not cut it into equal squares.
    """
    side = round(len(weights) ** 0.5)
    if image.shape[0] != image.shape[1]:
        raise ValueError(f"image: expected a square, received {image.shape}")
    if side**2 != len(weights) or image.shape[0] % side:
        raise ValueError(
            f"weights: expected a square number whose root divides {image.shape[0]}, received {len(weights)}"
        )
    ax = ax or plt.subplots(figsize=(2, 2))[1]
    size, extent = image.shape[0] // side, (0, image.shape[0], image.shape[0], 0)
    ax.imshow(weights.reshape(side, side), cmap=style.sequential(), vmin=0, extent=extent)
    ink = np.clip(image, 0, 1)
    red, green, blue = (int(style.TOKENS["ink"][0][i : i + 2], 16) / 255 for i in (1, 3, 5))
    layer = np.dstack([np.full_like(ink, red), np.full_like(ink, green), np.full_like(ink, blue), 0.75 * ink])
    ax.imshow(layer, extent=extent)
    row, column = divmod(int(weights.argmax()), side)
    frame = {"fill": False, "edgecolor": style.KEY, "linewidth": 2.5}
    ax.add_patch(plt.Rectangle((column * size, row * size), size, size, **frame))
    ax.set(xticks=[], yticks=[], title=title)
    return ax
