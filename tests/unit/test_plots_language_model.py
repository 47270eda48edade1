"""The chapter's pictures hold what the arrays say."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots import language_model as plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_what_follows_what_has_a_row_for_each_character_and_shows_the_blank():
    chances = np.array([[0.2, 0.8], [0.5, 0.5]])
    ax = plots.following(chances, " q", title="pairs")
    np.testing.assert_array_equal(ax.images[0].get_array(), chances)
    assert ax.images[0].get_clim() == (0, 0.8)
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["␣", "q"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("next character", "character before")


def test_a_trade_names_every_point_and_marks_the_reference_with_a_star():
    points = {"a": (1.0, 2.0), "b": (3.0, 4.0), "star": (5.0, 6.0)}
    ax = plots.trade(points, reference="star", x_label="x", y_label="y")
    assert {text.get_text(): text.xy for text in ax.texts} == points
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in stars] == [points["star"]]
    assert len(ax.lines) == 3
    assert {text.get_ha() for text in ax.texts} == {"left"}
    with pytest.raises(KeyError):
        plots.trade(points, reference="nobody")


def test_a_name_goes_to_the_left_where_another_point_is_close_on_the_right():
    ax = plots.trade({"a": (0.0, 0.0), "b": (0.1, 0.01), "far": (1.0, 1.0)})
    assert {text.get_text(): text.get_ha() for text in ax.texts} == {"a": "right", "b": "left", "far": "left"}
