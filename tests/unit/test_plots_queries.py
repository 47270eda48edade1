"""The pictures of the chapter on queries, keys and values: masks, hidden cells, matrices in blocks."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from attend import plots, style
from attend.plots import queries as pictures

VISIBLE = np.array([[True, False, False], [True, True, False]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def hatched(ax):
    return {
        (round(patch.get_y() + 0.5), round(patch.get_x() + 0.5)) for patch in ax.patches if patch.get_hatch()
    }


def test_hatching_marks_the_hidden_cells_and_no_others():
    ax = pictures.hatch_hidden(VISIBLE, plots.heatmap(np.full((2, 3), 0.5)))
    assert hatched(ax) == {(0, 1), (0, 2), (1, 2)}


def test_a_mask_fills_what_is_visible_and_hatches_what_is_hidden():
    ax = pictures.mask(VISIBLE, title="causal")
    image = ax.images[0]
    filled = np.array([[to_hex(image.cmap(image.norm(cell))) for cell in row] for row in image.get_array()])
    assert (filled[VISIBLE] == style.TOKENS["weight-high"][0].lower()).all()
    assert (filled[~VISIBLE] == style.TOKENS["paper"][0].lower()).all()
    assert hatched(ax) == {(0, 1), (0, 2), (1, 2)}
    assert ax.get_title() == "causal" or ax.get_title(loc="left") == "causal"


def test_a_mask_that_hides_nothing_is_filled_throughout():
    ax = pictures.mask(np.ones((2, 2), dtype=bool))
    image = ax.images[0]
    assert to_hex(image.cmap(image.norm(image.get_array()[0, 0]))) == style.TOKENS["weight-high"][0].lower()
    assert hatched(ax) == set()


def test_blocks_have_borders_between_groups_and_names_in_their_middle():
    ax = pictures.blocks(np.eye(5), {"a": 2, "b": 3}, {"c": 1, "d": 1, "e": 3})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    np.testing.assert_allclose(ax.get_yticks(), [0.5, 3.0])
    np.testing.assert_allclose(ax.get_xticks(), [0.0, 1.0, 3.0])
    across = [line.get_ydata()[0] for line in ax.lines if line.get_xdata()[0] == 0]
    down = [line.get_xdata()[0] for line in ax.lines if line.get_ydata()[0] == 0]
    assert across == [1.5]
    assert down == [0.5, 1.5]
    np.testing.assert_array_equal(ax.images[0].get_array(), np.eye(5))
