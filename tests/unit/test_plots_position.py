"""Bands hold what the runs say: their mean, and their lowest and highest at every point."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import to_rgb

from attend import plots

RUNS = {"a": np.array([[0.0, 1.0, 2.0], [1.0, 3.0, 8.0]]), "b": np.array([[5.0, 5.0, 5.0]])}


def test_bands_draw_the_mean_in_a_band_from_the_lowest_to_the_highest_run():
    ax = plots.bands(np.arange(3.0), RUNS)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0.5, 2.0, 5.0])
    edges = ax.collections[0].get_paths()[0].vertices
    for x, low, high in ((0.0, 0.0, 1.0), (1.0, 1.0, 3.0), (2.0, 2.0, 8.0)):
        heights = edges[edges[:, 0] == x, 1]
        assert (heights.min(), heights.max()) == (low, high)
    plt.close("all")


def test_each_band_has_its_line_s_colour_also_where_lines_were_drawn_before():
    ax = plots.lines(np.arange(3.0), {"earlier": np.zeros(3)})
    plots.bands(np.arange(3.0), RUNS, ax)
    for line, band in zip(ax.lines[1:], ax.collections, strict=True):
        assert to_rgb(band.get_facecolor()[0][:3]) == to_rgb(line.get_color())
    plt.close("all")
