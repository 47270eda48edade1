"""Pictures to remember: capital letters, drawn as strokes and laid on a grid of any size."""

import math

import numpy as np
from jaxtyping import Float

from attend._arguments import check_whole

Array = np.ndarray
Stroke = list[tuple[float, float]]  # corners (x, y) joined by straight lines; (0, 0) is the top left


def ellipse(x: float, y: float, wide: float, high: float) -> Stroke:
    """A closed curve around (x, y), as 48 straight pieces."""
    turns = [math.tau * step / 48 for step in range(49)]
    return [(x + wide * math.cos(turn), y + high * math.sin(turn)) for turn in turns]


# In an order that matters: the first six look so little alike that a Hopfield network of 100 neurons can hold
# them, the last four share strokes with the others (F, L, H and E above all).
LETTERS: dict[str, list[Stroke]] = {
    "J": [[(0.1, 0.1), (0.9, 0.1)], [(0.65, 0.1), (0.65, 0.9), (0.1, 0.9), (0.1, 0.65)]],
    "W": [[(0.1, 0.1), (0.3, 0.9), (0.5, 0.5), (0.7, 0.9), (0.9, 0.1)]],
    "K": [[(0.1, 0.1), (0.1, 0.9)], [(0.9, 0.1), (0.1, 0.5), (0.9, 0.9)]],
    "O": [ellipse(0.5, 0.5, 0.4, 0.4)],
    "F": [[(0.9, 0.1), (0.1, 0.1), (0.1, 0.9)], [(0.1, 0.5), (0.8, 0.5)]],
    "L": [[(0.1, 0.1), (0.1, 0.9), (0.9, 0.9)]],
    "A": [[(0.1, 0.9), (0.5, 0.1), (0.9, 0.9)], [(0.25, 0.65), (0.75, 0.65)]],
    "X": [[(0.1, 0.1), (0.9, 0.9)], [(0.9, 0.1), (0.1, 0.9)]],
    "H": [[(0.1, 0.1), (0.1, 0.9)], [(0.9, 0.1), (0.9, 0.9)], [(0.1, 0.5), (0.9, 0.5)]],
    "E": [[(0.9, 0.1), (0.1, 0.1), (0.1, 0.9), (0.9, 0.9)], [(0.1, 0.5), (0.9, 0.5)]],
}
THICKNESS = 0.22  # of a stroke; the side of the picture is 1


def letter_pictures(names: str = "JWKOFLAXHE", size: int = 10) -> Float[Array, "k d"]:
    """Draw letters on a square grid of `size` × `size` cells, one flat row each: 1 is ink, -1 is paper.

    A cell is ink if its middle lies in a stroke. Raises ValueError for a letter that is not in `LETTERS`,
    TypeError or ValueError for a size that is not a whole number of at least 5.
    """
    if not names or not set(names) <= LETTERS.keys():
        raise ValueError(f"names: expected letters out of {''.join(LETTERS)}, received {names!r}")
    check_whole("size", size, at_least=5)
    middles = (np.arange(size) + 0.5) / size
    cells = np.stack(np.meshgrid(middles, middles), axis=-1)  # (row, column, x and y)
    pictures = []
    for name in names:
        nearest = np.min([distance(cells, stroke) for stroke in LETTERS[name]], axis=0)  # (row, column)
        pictures.append(np.where(nearest <= THICKNESS / 2, 1.0, -1.0).ravel())
    return np.stack(pictures)


def distance(points: Float[Array, "*batch 2"], stroke: Stroke) -> Float[Array, "*batch"]:
    """How far each point is from the nearest point of a stroke."""
    corners = np.array(stroke)
    start, along = corners[:-1], np.diff(corners, axis=0)  # (segment, 2)
    to_point = points[..., None, :] - start  # (..., segment, 2)
    share = np.clip((to_point * along).sum(axis=-1) / (along**2).sum(axis=-1), 0, 1)
    return np.linalg.norm(to_point - share[..., None] * along, axis=-1).min(axis=-1)
