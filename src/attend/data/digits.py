"""Pictures of digits, drawn as strokes, each one moved, turned, shrunk and dirtied in its own way."""

import numpy as np
from jaxtyping import Float, Int

from attend._arguments import check_not_negative, check_whole
from attend.brain.glyphs import Stroke, distance, ellipse

Array = np.ndarray

# Corners (x, y) joined by straight lines; (0, 0) is the top left of the picture, (1, 1) the bottom right.
DIGITS: list[list[Stroke]] = [
    [ellipse(0.5, 0.5, 0.26, 0.36)],
    [[(0.36, 0.28), (0.54, 0.14), (0.54, 0.86)]],
    [[(0.26, 0.3), (0.36, 0.16), (0.62, 0.16), (0.72, 0.32), (0.26, 0.86), (0.74, 0.86)]],
    [[(0.28, 0.14), (0.72, 0.14), (0.48, 0.44), (0.7, 0.54), (0.7, 0.76), (0.5, 0.86), (0.27, 0.8)]],
    [[(0.62, 0.86), (0.62, 0.14), (0.24, 0.62), (0.78, 0.62)]],
    [[(0.7, 0.14), (0.32, 0.14), (0.3, 0.46), (0.6, 0.46), (0.72, 0.64), (0.58, 0.86), (0.27, 0.82)]],
    [ellipse(0.5, 0.66, 0.22, 0.2), [(0.64, 0.14), (0.38, 0.4), (0.28, 0.62)]],
    [[(0.26, 0.14), (0.74, 0.14), (0.42, 0.86)]],
    [ellipse(0.5, 0.32, 0.18, 0.18), ellipse(0.5, 0.68, 0.23, 0.18)],
    [ellipse(0.5, 0.34, 0.22, 0.2), [(0.72, 0.36), (0.66, 0.6), (0.5, 0.86)]],
]
THICKNESS = 0.12  # of a stroke; the side of the picture is 1


def draw(
    count: int, seed: int, size: int = 16, noise: float | int = 0.15
) -> tuple[Float[Array, "count size size"], Int[Array, " count"]]:
    """Draw `count` pictures of digits by chance. Returns (pictures, digits), ink near 1 and paper near 0.

    Each digit is turned by up to 15 degrees, made smaller by up to 30 % along either side, and moved by up to
    8 % of the picture; `noise` is the deviation of what is added to every cell. The same seed gives the
    same pictures. Raises TypeError or ValueError for numbers that are out of range.
    """
    check_whole("count", count)
    check_whole("seed", seed, at_least=0)
    check_whole("size", size, at_least=8)
    check_not_negative("noise", noise)
    rng = np.random.default_rng(seed)
    digits = rng.integers(10, size=count)
    middles = (np.arange(size) + 0.5) / size
    cells = np.stack(np.meshgrid(middles, middles), axis=-1) - 0.5  # (row, column, x and y)
    turn = np.radians(rng.uniform(-15, 15, count))
    stretch, shift = rng.uniform(0.7, 1, (count, 2)), rng.uniform(-0.08, 0.08, (count, 2))
    rotation = np.stack([np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn)], -1).reshape(-1, 2, 2)
    pictures = np.empty((count, size, size))
    for digit, strokes in enumerate(DIGITS):
        which = digits == digit
        at = (cells - shift[which, None, None]) @ rotation[which, None] / stretch[which, None, None] + 0.5
        nearest = np.min([distance(at, stroke) for stroke in strokes], axis=0)  # (count, row, column)
        pictures[which] = np.clip((THICKNESS / 2 - nearest) * size + 0.5, 0, 1)  # an edge one cell wide
    return pictures + rng.normal(scale=noise, size=pictures.shape), digits
