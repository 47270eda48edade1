"""Gradients by trying: what every hand-written backward pass is compared with."""

from collections.abc import Callable

import numpy as np

STEP = 1e-5
CLOSE = {"rtol": 1e-6, "atol": 1e-7}


def central_differences(loss: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """Nudge each number of x both ways and see how much the loss changes."""
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[index] = STEP
        gradient[index] = (loss(x + nudge) - loss(x - nudge)) / (2 * STEP)
    return gradient


def slope_along(loss: Callable[[np.ndarray], float], x: np.ndarray, direction: np.ndarray) -> float:
    """Nudge all of x at once: two evaluations, however large x is."""
    return (loss(x + STEP * direction) - loss(x - STEP * direction)) / (2 * STEP)
