"""The pictures of the similarity chapter: scores of every key in the plane, outputs within their hull."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from attend import attention, plots, style


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_landscape_colours_zero_alike_and_points_its_arrow_at_the_query():
    ax = plots.landscape(attention.dot_score, np.array([1.0, 2.0]), title="dot")
    filled = ax.collections[0]
    assert filled.get_clim() == pytest.approx((-9.0, 9.0))  # the corner (3, 3) scores 1·3 + 2·3
    arrow = ax.texts[-1]
    assert arrow.xy == pytest.approx((1.0, 2.0))
    assert to_hex(arrow.arrow_patch.get_edgecolor()) == style.QUERY.lower()


def test_a_landscape_puts_each_score_where_its_key_lies():
    seen = {}

    def score(query, keys):
        seen.update(query=query, keys=keys)
        return keys[:, :1].T  # the score is the key's first coordinate: contours stand upright

    ax = plots.landscape(score, np.array([1.0, 0.0]), reach=2.0)
    assert seen["query"].shape == (1, 2)
    assert np.abs(seen["keys"]).max() == 2.0
    for path, level in zip(ax.collections[1].get_paths(), ax.collections[1].levels, strict=True):
        np.testing.assert_allclose(path.vertices[:, 0], level, atol=1e-9)


def test_the_hull_holds_all_points_and_has_corners_only():
    points = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [1.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    corners = plots._convex_hull(points)
    assert sorted(map(tuple, corners)) == [(0.0, 0.0), (0.0, 2.0), (2.0, 0.0), (2.0, 2.0)]


@pytest.mark.parametrize(
    ("points", "corners"), [([[1.0, 2.0]], 1), ([[0.0, 0.0], [2.0, 2.0], [1.0, 1.0]], 2)]
)
def test_the_hull_of_a_point_or_a_line_is_that_point_or_line(points, corners):
    assert plots._convex_hull(np.array(points)).shape == (corners, 2)


def test_every_output_is_drawn_inside_the_hull_of_the_values(rng):
    values = rng.normal(size=(6, 2))
    outputs = attention.softmax(rng.normal(size=(50, 6))) @ values
    ax = plots.hull(values, outputs, ["v"] * 6, ends=("cold", "hot"))
    shape = ax.patches[0].get_path()
    assert (
        shape.contains_points(outputs, radius=1e-9).all()
        or shape.contains_points(outputs, radius=-1e-9).all()
    )
    assert [line.get_label() for line in ax.lines[1:]] == ["cold", "hot", "values"]
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), outputs)
    np.testing.assert_array_equal(ax.lines[1].get_xydata()[0], outputs[0])
