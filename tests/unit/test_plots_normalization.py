"""The pictures of the chapter on attention in the brain: maps of populations, and contrast responses."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots import normalization as pictures

X, THETA = np.linspace(-10, 10, 5), np.array([-90.0, 0.0, 90.0])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_map_runs_from_zero_to_its_largest_and_has_its_name():
    maps = {"drive": np.arange(15.0).reshape(3, 5), "field": np.full((3, 5), 2.0), "none": np.zeros((3, 5))}
    figure = pictures.populations(X, THETA, maps)
    panels = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() or ax.get_title(loc="left") for ax in panels] == list(maps)
    for ax, values, highest in zip(panels, maps.values(), (14, 2, 1), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), values)
        assert ax.images[0].get_clim() == (0, highest)
        assert ax.images[0].get_extent() == [-10, 10, -90, 90]
        assert ax.images[0].origin == "lower"  # features rise upwards
    assert len(figure.axes) == 2 * len(maps), "a bar for each map, and no empty panel"


def test_contrast_responses_are_halfway_at_their_marks():
    contrast = np.logspace(-2, 2, 5)
    ax = pictures.contrast_responses(contrast, {"a": (4.0, 1.0), "b": (2.0, 10.0)})
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 4 * contrast / (contrast + 1))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 2 * contrast / (contrast + 10))
    marks = [collection.get_segments()[0] for collection in ax.collections]
    np.testing.assert_array_equal(marks, [[[1, 0], [1, 2]], [[10, 0], [10, 1]]])
    assert ax.get_xscale() == "log"
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
