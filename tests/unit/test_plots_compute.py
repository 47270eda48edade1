"""The pictures of the chapter on compute: tiles and what a softmax knows so far."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Rectangle

from attend.attention import causal_mask
from attend.plots.compute import running, tiles


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_tiles_cover_the_mask_and_those_computed_are_numbered():
    ax = tiles(causal_mask(6), 2, 4, title="walk")
    boxes = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [(p.get_x(), p.get_y(), p.get_width(), p.get_height()) for p in boxes] == [
        (left, top, width, 2) for top in (0, 2, 4) for left, width in ((0, 4), (4, 2))
    ]
    assert [p.get_hatch() for p in boxes] == ["//", "..", "//", "..", "", "//"]
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3", "4"]
    assert ax.yaxis_inverted()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["whole", "in part", "left out"]


def test_the_total_is_that_of_the_scores_so_far():
    scores = np.array([0.0, 2.0, 1.0, 2.0])
    above, below = running(scores)
    points, peak = above.lines[:2]
    np.testing.assert_array_equal(points.get_ydata(), scores)
    np.testing.assert_array_equal(peak.get_ydata(), [0, 2, 2, 2])
    expected = [1, 1 + np.exp(-2), 1 + np.exp(-2) + np.exp(-1), 2 + np.exp(-2) + np.exp(-1)]
    np.testing.assert_allclose(below.lines[0].get_ydata(), expected)
    assert [line.get_xdata()[0] for line in below.lines[1:]] == [2], "one new peak, at the second score"
