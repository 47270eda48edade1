"""The picture of the chapter on pretrained models: bars with their numbers."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import pytest

from attend.plots.pretrained import bars

VALUES = {"whole": 3.62, "no position": 5.59}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_bars_are_as_long_as_their_numbers_and_the_first_is_on_top():
    ax = bars(VALUES, label="loss", title="swaps")
    assert [patch.get_width() for patch in ax.patches] == [3.62, 5.59]
    assert [text.get_text() for text in ax.texts] == ["3.6", "5.6"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["whole", "no position"]
    assert ax.yaxis_inverted()
    assert (ax.get_xlabel(), ax.get_title() or ax.get_title(loc="left")) == ("loss", "swaps")
    assert len(ax.lines) == 0


def test_the_reference_is_a_line_through_its_bar():
    (line,) = bars(VALUES, plt.subplots()[1], reference="whole").lines
    assert list(line.get_xdata()) == [3.62, 3.62]


def test_an_unknown_reference_is_named():
    with pytest.raises(ValueError, match="reference: expected one of whole, no position, received 'all'"):
        bars(VALUES, reference="all")
