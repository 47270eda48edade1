"""Generated digits: the same from the same seed, all ten, each near its own kind, and within the picture."""

import numpy as np
import pytest

from attend.data import digits


def test_the_same_seed_gives_the_same_pictures():
    one, other, third = digits.draw(20, 5), digits.draw(20, 5), digits.draw(20, 6)
    for mine, yours in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine, yours)
    assert not np.array_equal(one[0], third[0])


def test_shapes_kinds_and_range():
    pictures, kinds = digits.draw(300, 0, size=12, noise=0)
    assert pictures.shape == (300, 12, 12)
    assert set(kinds.tolist()) == set(range(10))
    assert pictures.min() == 0
    assert pictures.max() == 1


def test_noise_is_of_the_size_that_was_asked_for():
    clean, dirty = (digits.draw(200, 1, noise=noise)[0] for noise in (0, 0.3))
    assert (dirty - clean).std() == pytest.approx(0.3, rel=0.02)


def test_ink_stays_within_the_picture():
    pictures, _ = digits.draw(300, 2, size=20, noise=0)
    edge = np.ones((20, 20), dtype=bool)
    edge[1:-1, 1:-1] = False
    assert pictures[:, edge].sum() < 0.01 * pictures.sum()


def test_pictures_differ_within_a_kind_and_resemble_it_most():
    pictures, kinds = digits.draw(1500, 3, noise=0)
    rows = pictures.reshape(len(pictures), -1)
    means = np.stack([rows[:1000][kinds[:1000] == kind].mean(axis=0) for kind in range(10)])
    nearest = ((rows[1000:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    assert 0.7 < (nearest == kinds[1000:]).mean() < 1
    assert all(rows[kinds == kind].std(axis=0).max() > 0.2 for kind in range(10))


def test_every_stroke_is_drawn():
    """An eight has a ring above and one below, a six its tail above, a nine its leg below."""
    pictures, kinds = digits.draw(400, 4, noise=0)
    halves = [pictures[:, :8].sum(axis=(1, 2)), pictures[:, 8:].sum(axis=(1, 2))]
    for kind in (6, 8, 9):
        upper, lower = (half[kinds == kind].mean() for half in halves)
        assert min(upper, lower) > 8, kind


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1), "count: expected a whole number of at least 1"),
        ((1, -1), "seed: expected a whole number of at least 0"),
        ((1, 1, 7), "size: expected a whole number of at least 8"),
        ((1, 1, 16, -0.1), "noise: expected a number of zero or above"),
    ],
)
def test_numbers_out_of_range_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        digits.draw(*arguments)
