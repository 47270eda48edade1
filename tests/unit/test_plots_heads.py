"""The pictures of the chapter on many heads."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.plots import heads as pictures


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_every_run_is_a_dot_and_every_group_has_its_mean_and_deviation():
    ax = pictures.runs({"1": [0.2, 0.4, 0.6], "2": [0.9]}, x_label="heads")
    dots, means = ax.lines[0].get_ydata(), [ax.containers[g].lines[0].get_ydata()[0] for g in (0, 1)]
    np.testing.assert_allclose(dots, [0.2, 0.4, 0.6])
    np.testing.assert_allclose(means, [0.4, 0.9])
    ends = ax.containers[0].lines[2][0].get_segments()[0][:, 1]
    np.testing.assert_allclose(ends, [0.2, 0.6])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2"]


def test_a_grid_of_heads_names_its_rows_and_writes_its_numbers():
    ax = pictures.head_grid(np.array([[0.5, 1.0], [0.0, 0.25]]), ["below", "above"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["below", "above"]
    assert [text.get_text() for text in ax.texts] == ["0.50", "1.00", "0.00", "0.25"]
