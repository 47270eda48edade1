"""The chapter's pictures hold what the arrays say."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from attend.data.numerals import CHARACTERS
from attend.plots import translation as plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_every_numeral_can_be_said_and_drawn():
    font = matplotlib.font_manager.get_font(matplotlib.font_manager.findfont("DejaVu Sans")).get_charmap()
    for said in plots.pinyin(CHARACTERS):
        assert said.isalpha()
        assert all(ord(letter) in font for letter in said)
    assert plots.pinyin("三万一") == ["sān", "wàn", "yī"]
    assert plots.pinyin(["<end>"]) == ["<end>"]


def test_frames_mark_the_links():
    weights = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1]])
    sure = np.array([[True, False], [False, True]])
    possible = np.array([[True, True], [False, True]])
    ax = plots.reading(weights, "二十", ["twenty", "one", "<end>"], sure, possible, title="a head")
    np.testing.assert_array_equal(ax.images[0].get_array(), weights)
    assert ax.images[0].get_clim() == (0, 1)
    frames = {(int(p.get_y() + 0.5), int(p.get_x() + 0.5)): p.get_linestyle() for p in ax.patches}
    assert len(ax.patches) == 3
    assert frames == {(0, 0): "-", (1, 1): "-", (0, 1): ":"}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["èr", "shí"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["twenty", "one", "<end>"]
    assert ax.get_title() == "a head"


def test_reliability_is_the_share_right_among_answers_of_like_confidence():
    confidence = np.array([0.1, 0.12, 0.95, 0.99, 1.0] * 40 + [0.55])
    right = np.array([False, True, True, True, False] * 40 + [True])
    ax = plots.reliability({"a model": (confidence, right)})
    _, line = ax.lines
    np.testing.assert_allclose(line.get_xdata(), [0.11, 0.98])
    np.testing.assert_allclose(line.get_ydata(), [0.5, 2 / 3])
    np.testing.assert_allclose(ax.collections[0].get_sizes(), [30 + 400 * 80 / 201, 30 + 400 * 120 / 201])
