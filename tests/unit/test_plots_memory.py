"""The chapter's pictures hold what the arrays say."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots import memory as plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_state_is_a_square_on_one_scale_with_marks_where_nothing_is_known():
    states = np.array([[1.0, -1.0, 0.0, 0.5], [1.0, 1.0, 1.0, 1.0], [-1.0, 0.0, 0.0, 0.0]])
    axes = plots.pictures(states, ["a", "b", "c"], columns=2)
    assert [ax.get_title() for ax in axes[:3]] == ["a", "b", "c"]
    for ax, state in zip(axes, states, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), state.reshape(2, 2))
        assert ax.images[0].get_clim() == (-1, 1)
        places = sorted((text.get_position()[1], text.get_position()[0]) for text in ax.texts)
        assert places == [tuple(place) for place in np.argwhere(state.reshape(2, 2) == 0)]
    assert len(axes) == 4
    assert not axes[3].images


def test_a_state_that_fills_no_square_is_refused():
    with pytest.raises(
        ValueError, match="states: expected as many entries as a square has cells, received 5"
    ):
        plots.pictures(np.ones((1, 5)))


def test_bars_are_one_standard_error_around_the_mean():
    runs = {"a": np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])}
    ax = plots.measured(np.array([0.1, 0.2]), runs, x_label="load")
    line, _, (bars,) = ax.containers[0]
    np.testing.assert_array_equal(line.get_ydata(), [2.0, 1.0])
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, [[2 - 2 / 3**0.5, 2 + 2 / 3**0.5], [1, 1]])
    assert ax.get_xlabel() == "load"
