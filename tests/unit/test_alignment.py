"""The known alignment: by hand, by swapping one word at a time, and scored as Och and Ney (2003) do."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from attend.data.alignment import alignment, alignment_error_rate
from attend.data.numerals import chinese, english, split_english

numbers = st.integers(0, 10**9 - 1) | st.integers(0, 10**4) | st.lists(
    st.sampled_from([0, 0, 1, 2, 7]), min_size=1, max_size=9
).map(lambda digits: sum(d * 10**i for i, d in enumerate(digits)))  # fmt: skip


def linked(number):
    """Each character with its sure words and, after a bar, those that are only possible."""
    words, characters, sure, possible = alignment(number)
    lines = []
    for character, must, may in zip(characters, sure, possible & ~sure, strict=True):
        names = [" ".join(w for w, yes in zip(words, row, strict=True) if yes) for row in (must, may)]
        lines.append(f"{character} {names[0]} | {names[1]}".strip())
    return lines


def test_the_books_example():
    assert linked(342_017) == [
        "三 three |",
        "十 hundred thousand | three",
        "四 forty |",
        "万 forty thousand | three hundred",
        "二 two |",
        "千 thousand | two",
        "零  | thousand seventeen",
        "一 seventeen |",
        "十 seventeen |",
        "七 seventeen |",
    ]


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        (0, ["零 zero |"]),
        (10, ["十 ten |"]),
        (12, ["十 twelve |", "二 twelve |"]),
        (110, ["一 one |", "百 hundred | one", "一 ten |", "十 ten |"]),
        (170_000, ["十 one hundred thousand |", "七 seventy |", "万 seventy thousand | one hundred"]),
        (20_000, ["二 twenty |", "万 twenty thousand |"]),
        (
            1_200_000,
            ["一 one |", "百 million | one", "二 two |", "十 hundred thousand | two",
             "万 hundred thousand | one million two"],
        ),
        (
            12_000_000,
            ["一 twelve |", "千 twelve million |", "二 twelve |", "百 million | twelve",
             "万 million | twelve"],
        ),
        (
            100_001_000,
            ["一 one |", "亿 hundred million | one", "零  | hundred million one thousand", "一 one |",
             "千 thousand | one"],
        ),
    ],
)  # fmt: skip
def test_alignments_checked_by_hand(number, lines):
    assert linked(number) == lines


@given(numbers)
def test_the_alignment_fits_the_number(number):
    words, characters, sure, possible = alignment(number)
    assert words == split_english(english(number))
    assert "".join(characters) == chinese(number)
    assert sure.shape == possible.shape == (len(characters), len(words))
    assert possible[sure].all()
    assert possible.any(axis=1).all(), "every character depends on a word"
    assert possible.any(axis=0).all(), "every word has a character that depends on it"
    gaps = np.array([c == "零" for c in characters]) & (number > 0)
    np.testing.assert_array_equal(sure.any(axis=1), ~gaps)
    digits = np.array([c in "一二三四五六七八九" for c in characters])
    np.testing.assert_array_equal(sure[digits].sum(axis=1), 1)
    np.testing.assert_array_equal(possible[digits], sure[digits])


@given(numbers, st.integers(0, 8), st.integers(2, 9), st.integers(2, 9))
def test_swapping_a_word_for_another_digit_changes_what_is_linked_to_it(number, place, old, new):
    """No digit is 0 or 1, so no other word moves: exactly the digit that is linked to the word changes."""
    assume(old != new)
    number += (old - number // 10**place % 10) * 10**place
    before, after = alignment(number), alignment(number + (new - old) * 10**place)
    (word,) = (i for i, pair in enumerate(zip(before.words, after.words, strict=True)) if pair[0] != pair[1])
    changed = [a != b for a, b in zip(before.characters, after.characters, strict=True)]
    digits = np.array([c in "二三四五六七八九" for c in before.characters])  # "thirteen" has 一 in common too
    np.testing.assert_array_equal(changed, before.sure[:, word] & digits)
    np.testing.assert_array_equal(before.sure, after.sure)
    np.testing.assert_array_equal(before.possible, after.possible)


@given(st.integers(1, 999))
def test_swapping_thousand_for_million_moves_units_and_groups_alone(count):
    """The digits stay in their order; every unit that is sure to change has a link to "thousand"."""
    before, after = alignment(count * 1000), alignment(count * 10**6)
    assert before.words[:-1] == after.words[:-1]
    as_digits = [[c for c in a.characters if c in "二三四五六七八九"] for a in (before, after)]
    assert as_digits[0] == as_digits[1]
    for a in (before, after):
        scaled = a.sure[:, -1]
        units = np.array([c in "十百千万亿" for c in a.characters])
        np.testing.assert_array_equal(scaled, units)


def test_the_alignment_is_not_monotone():
    """In 342017 十 depends on "thousand", 四 and 二 after it on "forty" and "two" before that word."""
    _, _, sure, _ = alignment(342_017)
    last = [int(np.flatnonzero(row)[-1]) for row in sure if row.any()]
    assert last != sorted(last)


# ---------------------------------------------------------------- the score

SURE = np.array([[True, False, False], [False, True, False]])
POSSIBLE = np.array([[True, False, False], [False, True, True]])


@pytest.mark.parametrize(
    ("found", "rate"),
    [
        (SURE, 0.0),
        (POSSIBLE, 0.0),
        (~POSSIBLE, 1.0),
        (np.zeros((2, 3), bool), 1.0),
        (np.ones((2, 3), bool), 1 - (2 + 3) / (6 + 2)),
        (np.array([[True, False, False], [False, False, True]]), 1 - (1 + 2) / (2 + 2)),
        (np.array([[False, True, False], [False, True, False]]), 1 - (1 + 1) / (2 + 2)),
    ],
)
def test_error_rates_computed_by_hand(found, rate):
    assert alignment_error_rate(found, SURE, POSSIBLE) == pytest.approx(rate, abs=1e-15)
    assert alignment_error_rate(found, SURE, POSSIBLE & ~SURE) == pytest.approx(rate, abs=1e-15)


@given(st.integers(1, 10**9 - 1))
def test_the_truth_has_no_error(number):
    _, _, sure, possible = alignment(number)
    assert alignment_error_rate(sure, sure, possible) == 0
    assert alignment_error_rate(possible, sure, possible) == 0


NONE = np.zeros((2, 3), bool)
BAD = [
    (lambda: alignment(-1), ValueError, "number: expected a whole number of at least 0, received -1"),
    (lambda: alignment(1.5), TypeError, "number: expected a whole number, received 1.5"),
    (
        lambda: alignment_error_rate(SURE * 1.0, SURE, SURE), TypeError,
        "linked: expected booleans, True for a link, received float64",
    ),
    (lambda: alignment_error_rate(SURE, SURE, [[True]]), TypeError, "possible: expected booleans"),
    (lambda: alignment_error_rate(SURE, SURE[:1], SURE), ValueError, "sure: expected axis q = 2 as in"),
    (lambda: alignment_error_rate(NONE, NONE, SURE), ValueError, "linked: expected a link in linked or in"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input_is_named(call, error, message, unchecked_shapes):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
