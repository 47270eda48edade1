"""Pictures hold what the arrays say: read back from the axes, not only drawn without an error."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_weights_run_from_zero_to_one_whatever_the_matrix():
    image = plots.heatmap(np.full((2, 3), 0.25)).images[0]
    assert image.get_clim() == (0.0, 1.0)
    np.testing.assert_array_equal(image.get_array(), np.full((2, 3), 0.25))


def test_scores_are_centred_on_zero():
    assert plots.heatmap(np.array([[1.0, -3.0]]), kind="scores").images[0].get_clim() == (-3.0, 3.0)


def test_numbers_and_names_stand_in_their_cells():
    ax = plots.heatmap(np.array([[0.25, 0.75]]), rows=["cat"], columns=["the", "mat"], numbers=True)
    assert [(t.get_text(), *t.get_position()) for t in ax.texts] == [("0.25", 0, 0), ("0.75", 1, 0)]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["the", "mat"]


@pytest.mark.usefixtures("unchecked_shapes")
def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match="kind must be 'weights' or 'scores', got 'heat'"):
        plots.heatmap(np.eye(2), kind="heat")


def test_lines_keep_their_names_and_their_dashes():
    ax = plots.lines(np.arange(3.0), {"a": np.zeros(3), "b": np.ones(3)})
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_arrows_drawn_later_keep_the_earlier_ones_in_view():
    ax = plots.vectors(np.array([[5.0, 0.0]]))
    plots.vectors(np.array([[1.0, 1.0]]), ax=ax)
    assert ax.get_xlim()[1] >= 5
