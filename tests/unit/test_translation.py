"""The translation task: ids and back, and a split that leaks nothing and is the same everywhere."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attend.data import numerals, translation
from attend.data.vocabulary import BEGIN, END, PAD, SPECIAL, Vocabulary

# ---------------------------------------------------------------- vocabulary


def test_special_tokens_come_first():
    vocabulary = Vocabulary("ab")
    assert vocabulary.tokens == ("<pad>", "<begin>", "<end>", "a", "b")
    assert (PAD, BEGIN, END) == (0, 1, 2)
    assert [vocabulary.ids[token] for token in SPECIAL] == [PAD, BEGIN, END]
    assert len(vocabulary) == 5
    assert repr(vocabulary) == "Vocabulary of 5 tokens"


def test_rows_are_ended_and_padded():
    ids = Vocabulary("ab").encode(["ab", "", "a"])
    assert ids.dtype == np.int64
    np.testing.assert_array_equal(ids, [[3, 4, 2], [2, 0, 0], [3, 2, 0]])
    ids = Vocabulary("ab").encode([("b", "a"), ("b",)], begin=True, length=5)
    np.testing.assert_array_equal(ids, [[1, 4, 3, 2, 0], [1, 4, 2, 0, 0]])
    assert Vocabulary("ab").encode([]).shape == (0, 0)


@given(st.lists(st.text("xyz", max_size=5), min_size=1, max_size=5), st.booleans())
def test_ids_decode_to_what_was_encoded(texts, begin):
    vocabulary = Vocabulary("xyz")
    rows = vocabulary.decode(vocabulary.encode(texts, begin=begin))
    assert rows == [list(text) for text in texts]


def test_decoding_stops_at_the_first_end_and_shows_what_does_not_belong():
    vocabulary = Vocabulary("ab")
    ids = np.array([[1, 3, 4, 2, 3], [3, 0, 1, 4, 2], [4, 4, 4, 4, 4], [2, 3, 3, 3, 3], [1, 1, 3, 2, 0]])
    assert vocabulary.decode(ids) == [
        ["a", "b"], ["a", "<pad>", "<begin>", "b"], ["b"] * 5, [], ["<begin>", "a"],
    ]  # fmt: skip


BAD = [
    (lambda v: Vocabulary("aba"), ValueError, "tokens: expected each token once, received 'a' twice"),
    (
        lambda v: Vocabulary(["<pad>"]), ValueError,
        "tokens: expected each token once, received '<pad>' twice",
    ),
    (
        lambda v: v.encode(["ab", "axb"]), ValueError,
        "sequences: unknown token 'x' at place 2 of sequence 2; expected one of the vocabulary's 2 tokens",
    ),
    (lambda v: v.encode(["x"], begin=True), ValueError, "unknown token 'x' at place 1 of sequence 1"),
    (lambda v: v.encode(["aab"], length=3), ValueError,
        "length: expected at least 4, the longest row, received 3"),
    (
        lambda v: v.encode(["a"], length=0), ValueError,
        "length: expected a whole number of at least 1, received 0",
    ),
    (
        lambda v: v.decode(np.array([[0, 5]])), ValueError,
        "ids: expected numbers from 0 to 4, received 5 at (0, 1)",
    ),
    (
        lambda v: v.decode(np.array([[-1]])), ValueError,
        "ids: expected numbers from 0 to 4, received -1 at (0, 0)",
    ),
    (
        lambda v: v.decode(np.ones((1, 1))), TypeError,
        "ids: expected whole numbers of shape (b, n), received float64",
    ),
    (
        lambda v: v.decode(np.array([1])), TypeError,
        "ids: expected whole numbers of shape (b, n), received int64",
    ),
    (
        lambda v: translation.encode_english(["nin"]), ValueError,
        "unknown word 'nin' at place 1; did you mean 'nine'?",
    ),
    (
        lambda v: translation.encode_chinese(["十x"]), ValueError,
        "unknown token 'x' at place 2 of sequence 1",
    ),
    (
        lambda v: translation.encode_numbers(np.array([3, -3])), ValueError,
        "number: expected a whole number of at least 0",
    ),
    (
        lambda v: translation.split(0, test=100_001), ValueError,
        "test: expected at most 100000 numbers below 1000000",
    ),
    (
        lambda v: translation.split(0, validation=-1), ValueError,
        "validation: expected a whole number of at least 0",
    ),
    (lambda v: translation.split(0, train=1.5), TypeError, "train: expected a whole number, received 1.5"),
    (
        lambda v: translation.split(-1), ValueError,
        "seed: expected a whole number of at least 0, received -1",
    ),
    (lambda v: translation.split(0, limit=10**9 + 1), ValueError, "limit: expected at most 1,000,000,000"),
    (lambda v: translation.split(0, limit=19), ValueError, "limit: expected a whole number of at least 20"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input_is_named(call, error, message, unchecked_shapes):
    with pytest.raises(error) as caught:
        call(Vocabulary("ab"))
    assert message in str(caught.value)


# ---------------------------------------------------------------- both sides


def test_the_task_in_ids():
    source, target = translation.encode_numbers(np.array([342_017, 7]))
    words = ["three", "hundred", "forty", "two", "thousand", "seventeen", "<end>"]
    assert [translation.SOURCE.tokens[i] for i in source[0]] == words
    assert [translation.TARGET.tokens[i] for i in target[0]] == ["<begin>", *"三十四万二千零一十七", "<end>"]
    assert translation.decode_chinese(target) == ["三十四万二千零一十七", "七"]
    assert (source[1, 2:] == PAD).all()
    assert (target[1, 3:] == PAD).all()
    assert len(translation.SOURCE) == 34
    assert len(translation.TARGET) == 18


def test_typed_words_have_the_numbers_ids():
    source, _ = translation.encode_numbers([21_105])
    typed = translation.encode_english(["Twenty-one thousand, one hundred and five"])
    np.testing.assert_array_equal(typed, source)


@given(st.lists(st.integers(0, 10**9 - 1), min_size=1, max_size=10))
def test_targets_read_back_as_the_numbers(numbers):
    _, target = translation.encode_numbers(np.array(numbers))
    assert [numerals.read_chinese(text) for text in translation.decode_chinese(target)] == numbers


# ---------------------------------------------------------------- the split


def test_no_number_is_in_two_parts_or_comes_twice():
    for seed, limit in ((0, 10**6), (1, 10**6), (0, 10**9), (3, 123_457)):
        parts = translation.split(seed, limit=limit, train=30_000, validation=2_000, test=5_000)
        assert [len(part) for part in parts] == [30_000, 2_000, 5_000]
        together = np.concatenate(parts)
        assert together.dtype == np.int64
        assert len(np.unique(together)) == 37_000
        assert together.min() >= 0
        assert together.max() < limit


def test_a_whole_range_can_be_dealt_out():
    parts = translation.split(0, train=170, validation=10, test=20, limit=200)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(200))


def test_more_training_numbers_leave_the_rest_as_it_is():
    small = translation.split(7, train=100, validation=50, test=5_000)
    large = translation.split(7, train=80_000, validation=2_000, test=6_000)
    for few, many in zip(small, large, strict=True):
        np.testing.assert_array_equal(few, many[: len(few)])
    other = translation.split(8, train=100, validation=50, test=5_000)
    assert (other.test != small.test).mean() > 0.9


def test_short_and_long_numbers_are_in_every_part():
    parts = translation.split(0)
    for part in parts:
        lengths = np.bincount([len(str(n)) for n in part.tolist()], minlength=7)
        shares = lengths / len(part)
        assert (lengths[2:] > 0).all()
        assert shares[6] > 0.5  # among all numbers below a million, 90 % have six digits
        assert shares[4] > 0.05  # and 0.9 % have four
    assert np.isin(np.arange(1_000), parts.train).mean() > 0.8


def test_numbers_spread_over_their_range():
    """Among those of six digits, every leading digit is as frequent as the others."""
    train = translation.split(0).train
    leading = np.bincount(train[train >= 100_000] // 100_000, minlength=10)[1:]
    assert leading.min() > 0.9 * leading.mean()


def test_the_split_is_the_same_on_every_machine():
    parts = translation.split(0)
    assert parts.test[:5].tolist() == [8739, 799290, 222902, 65523, 306278]
    joined = np.concatenate(parts).astype("<i8").tobytes()
    assert (
        hashlib.sha256(joined).hexdigest()
        == "be20b4b6f224f6733042984ce4c7f5cdd305fdfebfa12be333b3abeb8080d40d"
    )
