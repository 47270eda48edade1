"""The pictures of the chapter on data: laws through runs, and what a leak adds."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots.data import inflation, laws

X = np.array([1e3, 1e4, 1e5])
RUNS = np.array([[3.0, 2.5, 2.0], [3.4, 2.5, 2.2], [3.2, 2.5, 2.1]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_points_are_means_and_bars_reach_from_the_lowest_to_the_highest():
    ax = laws(X, RUNS, {})
    points, _, (bars,) = ax.containers[0]
    np.testing.assert_allclose(points.get_ydata(), [3.2, 2.5, 2.1])
    np.testing.assert_allclose(
        [segment[:, 1] for segment in bars.get_segments()], [[3, 3.4], [2.5, 2.5], [2, 2.2]]
    )
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_laws_go_on_as_far_as_asked_and_have_patterns_of_their_own():
    fits = {"line": lambda x: 30 * x**-0.2, "bend": lambda x: 1 + 20 * x**-0.3}
    ax = laws(X, RUNS, fits, plt.subplots()[1], reach=100, x_label="tokens", y_label="loss")
    line, bend = (next(one for one in ax.lines if one.get_label() == name) for name in fits)
    assert line.get_xdata()[-1] == pytest.approx(1e7)
    np.testing.assert_allclose(bend.get_ydata(), 1 + 20 * bend.get_xdata() ** -0.3)
    assert line.get_linestyle() != bend.get_linestyle()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tokens", "loss")
    assert len(ax.patches) == 1  # where there are no runs


def test_without_reach_nothing_is_shaded():
    assert not laws(X, RUNS, {"line": lambda x: x**-0.1}).patches


def test_a_reach_below_one_is_refused():
    with pytest.raises(ValueError, match=r"reach: expected at least 1, received 0\.5"):
        laws(X, RUNS, {}, reach=0.5)


def test_each_leak_has_its_two_scores_and_the_first_is_on_top():
    ax = inflation({"duplicates": (0.71, 0.9), "statistics": (0.52, 0.5)}, label="accuracy")
    honest, inflated = ax.lines
    assert (list(honest.get_xdata()), list(inflated.get_xdata())) == ([0.71, 0.52], [0.9, 0.5])
    assert honest.get_marker() != inflated.get_marker()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["duplicates", "statistics"]
    assert [text.get_text() for text in ax.texts] == ["0.71", "0.90", "0.50", "0.52"]
    assert ax.yaxis_inverted()
    assert [text.get_ha() for text in ax.texts] == ["right", "left"] * 2  # the lower one on the left
