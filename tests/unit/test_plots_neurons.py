"""The pictures of the chapter on neurons: voltages and spikes stand where they happen."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.brain import neuron
from attend.plots import neurons


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_membrane_shows_its_voltage_and_a_stroke_above_the_threshold_for_each_spike():
    voltage, spike_times = neuron.integrate_and_fire(np.full(800, 2.0))
    time = 0.1 * np.arange(1, 801)
    ax = neurons.membrane(time, voltage, spike_times, -50.0, title="2 nA")
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.column_stack([time, voltage]))
    strokes = np.array([path.vertices for path in ax.collections[0].get_paths()])
    moments = spike_times[~np.isnan(spike_times)]
    assert len(moments) > 3
    np.testing.assert_allclose(strokes[:, :, 0], np.column_stack([moments, moments]))
    np.testing.assert_array_equal(strokes[:, :, 1], np.tile([-50.0, -30.0], (len(moments), 1)))
    assert set(ax.lines[1].get_ydata()) == {-50.0}
    assert (ax.get_title(loc="left") or ax.get_title()) == "2 nA"


def test_a_raster_has_a_row_for_each_run_the_first_on_top():
    nan = np.nan
    ax = neurons.raster(
        np.array([[nan, 3.0, 7.0], [nan, nan, nan], [1.0, nan, nan]]), row_names=["a", "b", "c"]
    )
    assert [list(row.get_positions()) for row in ax.collections] == [[3.0, 7.0], [], [1.0]]
    bottom, top = ax.get_ylim()
    assert bottom > top
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert list(neurons.raster(np.array([[1.0]])).get_yticks()) == []
