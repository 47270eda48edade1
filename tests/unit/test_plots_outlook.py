"""The picture of the chapter on what comes next: patches in their places, the heaviest framed."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots.outlook import patch_weights


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_weights_lie_on_their_patches_and_the_heaviest_is_framed():
    weights = np.array([0.1, 0.2, 0.6, 0.1])
    ax = patch_weights(np.eye(8), weights, title="a line")
    squares, ink = ax.images
    np.testing.assert_array_equal(squares.get_array(), weights.reshape(2, 2))
    assert squares.get_extent() == ink.get_extent() == [0, 8, 8, 0]
    alpha = np.asarray(ink.get_array())[..., 3]
    np.testing.assert_allclose(alpha, 0.75 * np.eye(8))
    (frame,) = ax.patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((0, 4), 4, 4)
    assert (ax.get_title() or ax.get_title(loc="left")) == "a line"


def test_noise_beyond_ink_and_paper_is_cut():
    ax = patch_weights(np.full((4, 4), 1.7), np.ones(4) / 4, plt.subplots()[1])
    assert np.asarray(ax.images[1].get_array()).max() <= 1


@pytest.mark.parametrize(
    ("image", "weights", "message"),
    [
        (np.ones((4, 6)), np.ones(4), "image: expected a square, received"),
        (np.ones((8, 8)), np.ones(3), "weights: expected a square number whose root divides 8, received 3"),
        (np.ones((8, 8)), np.ones(9), "weights: expected a square number whose root divides 8, received 9"),
    ],
)
def test_shapes_that_do_not_fit_are_named(image, weights, message):
    with pytest.raises(ValueError, match=message):
        patch_weights(image, weights)
