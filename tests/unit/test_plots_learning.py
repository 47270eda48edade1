"""The pictures of the learning chapter hold what the arrays say, read back from the axes."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots import learning as pictures


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_cloud_and_its_directions_whatever_their_sign_and_length(rng):
    points = rng.normal(size=(30, 2))
    ax = pictures.cloud(points, {"along": np.array([3.0, 4.0]), "back": np.array([-0.06, -0.08])})
    dots, along, back = ax.lines
    np.testing.assert_array_equal(dots.get_xydata(), points)
    reach = np.linalg.norm(points, axis=1).max()
    np.testing.assert_allclose(along.get_xydata(), reach * np.array([[-0.6, -0.8], [0.6, 0.8]]))
    np.testing.assert_allclose(back.get_xydata(), along.get_xydata()[::-1])
    assert [line.get_label() for line in (along, back)] == ["along", "back"]
    assert along.get_linestyle() != back.get_linestyle()


CORNERS, LABELS = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]), np.array([1.0, -1.0, -1.0])


def test_the_border_lies_where_the_score_changes_sign():
    ax = pictures.decision(lambda x: x[:, 0] + x[:, 1] - 1, CORNERS, LABELS)
    filled, border = ax.collections
    assert filled.get_clim() == pytest.approx((-4.0, 4.0))  # the corner (−1.5, −1.5) scores −4
    on_border = border.get_paths()[0].vertices
    assert len(on_border) > 10
    np.testing.assert_allclose(on_border.sum(axis=1), 1.0, atol=1e-9)


def test_labels_have_their_own_marks():
    ax = pictures.decision(lambda x: x[:, 0], CORNERS, LABELS)
    for line, mark, name, label in zip(ax.lines, "oX", ("label 1", "label −1"), (1, -1), strict=True):
        assert (line.get_marker(), line.get_label()) == (mark, name)
        np.testing.assert_array_equal(line.get_xydata(), CORNERS[label == LABELS])


def test_a_score_without_a_change_of_sign_has_no_border():
    assert len(pictures.decision(lambda x: 1 + x[:, 0] ** 2, CORNERS, LABELS).collections) == 1
    assert len(pictures.decision(lambda x: np.zeros(len(x)), CORNERS, LABELS).collections) == 1


def test_measured_points_have_bars_and_their_curve_s_colour():
    x, y = np.array([0.0, 1.0]), np.array([0.5, 0.25])
    at, height, error = np.array([0.5]), np.array([0.4]), np.array([0.1])
    ax = pictures.measured({"a": (x, x), "b": (x, y)}, {"b": (at, height, error)}, x_label="x", y_label="y")
    (bars,) = ax.containers
    points, _, (segments,) = bars
    curve = ax.lines[1]
    np.testing.assert_array_equal(curve.get_ydata(), y)
    assert points.get_color() == curve.get_color() != ax.lines[0].get_color()
    np.testing.assert_allclose(segments.get_segments()[0], [[0.5, 0.3], [0.5, 0.5]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
