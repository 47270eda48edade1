"""Numbers in words and numerals: hand-checked examples, the libraries, rules of our own, and reading back."""

import cn2an
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from attend.data import numerals

# Each row was checked by hand; the Chinese against the rules that the module states.
BY_HAND = [
    (0, "zero", "零"),
    (1, "one", "一"),
    (2, "two", "二"),
    (10, "ten", "十"),
    (11, "eleven", "十一"),
    (12, "twelve", "十二"),
    (19, "nineteen", "十九"),
    (20, "twenty", "二十"),
    (22, "twenty-two", "二十二"),
    (100, "one hundred", "一百"),
    (101, "one hundred one", "一百零一"),
    (110, "one hundred ten", "一百一十"),
    (112, "one hundred twelve", "一百一十二"),
    (202, "two hundred two", "二百零二"),
    (1000, "one thousand", "一千"),
    (1001, "one thousand one", "一千零一"),
    (1010, "one thousand ten", "一千零一十"),
    (1100, "one thousand one hundred", "一千一百"),
    (2002, "two thousand two", "二千零二"),
    (10_000, "ten thousand", "一万"),
    (10_010, "ten thousand ten", "一万零一十"),
    (11_000, "eleven thousand", "一万一千"),
    (17_017, "seventeen thousand seventeen", "一万七千零一十七"),
    (20_000, "twenty thousand", "二万"),
    (100_000, "one hundred thousand", "十万"),
    (101_000, "one hundred one thousand", "十万一千"),
    (100_200, "one hundred thousand two hundred", "十万零二百"),
    (110_010, "one hundred ten thousand ten", "十一万零一十"),
    (342_017, "three hundred forty-two thousand seventeen", "三十四万二千零一十七"),
    (1_000_000, "one million", "一百万"),
    (1_001_000, "one million one thousand", "一百万一千"),
    (1_000_001, "one million one", "一百万零一"),
    (1_100_000, "one million one hundred thousand", "一百一十万"),
    (1_010_000, "one million ten thousand", "一百零一万"),
    (10_100_010, "ten million one hundred thousand ten", "一千零一十万零一十"),
    (12_000_000, "twelve million", "一千二百万"),
    (100_000_000, "one hundred million", "一亿"),
    (100_000_001, "one hundred million one", "一亿零一"),
    (100_001_000, "one hundred million one thousand", "一亿零一千"),
    (100_100_000, "one hundred million one hundred thousand", "一亿零一十万"),
    (110_000_000, "one hundred ten million", "一亿一千万"),
    (
        205_060_708,
        "two hundred five million sixty thousand seven hundred eight",
        "二亿零五百零六万零七百零八",
    ),
    (
        999_999_999,
        "nine hundred ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine",
        "九亿九千九百九十九万九千九百九十九",
    ),
]


@pytest.fixture(scope="module")
def many():
    """20,000 numbers of every length, with many zeros inside."""
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 10, (20_000, 9)) * (rng.random((20_000, 9)) < rng.random((20_000, 1)))
    return sorted(
        {*range(200), *(digits @ 10 ** np.arange(9)).tolist(), *rng.integers(0, 10**9, 2_000).tolist()}
    )


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize(("number", "english", "chinese"), BY_HAND, ids=[str(row[0]) for row in BY_HAND])
def test_numbers_checked_by_hand(number, english, chinese):
    assert numerals.english(number) == english
    assert numerals.chinese(number) == chinese
    assert numerals.read_english(english) == number
    assert numerals.read_chinese(chinese) == number


def test_english_is_the_librarys_but_for_and_and_commas(many):
    for number in many[::5]:
        assert numerals.english(number) == num2words(number).replace(" and ", " ").replace(",", "")


def test_chinese_is_the_librarys_but_for_the_gap_that_it_leaves_out(many):
    """cn2an reads ours back in every case, and its own text in every other case."""
    differ = 0
    for number in many:
        ours, theirs = numerals.chinese(number), cn2an.an2cn(number)
        assert cn2an.cn2an(ours, "strict") == number
        if number >= 10**8 and number // 10**4 % 10**4 == 0 and number // 1000 % 10:
            differ += 1
            assert ours == theirs.replace("亿", "亿零")
        else:
            assert ours == theirs
    assert differ > 100


def by_the_rules(number):
    """The rules of the module's description, on digits: none of the code under test, and no library."""
    text, digits = "", f"{number:09d}"
    for lowest, name in ((8, "亿"), (4, "万"), (0, "")):
        group = digits[-lowest - 4 : len(digits) - lowest].zfill(4)
        gap = False
        for rank, digit in zip((3, 2, 1, 0), group, strict=True):
            if digit == "0":
                gap = True
            else:
                text += ("零" if gap and text else "") + "零一二三四五六七八九"[int(digit)] + "个十百千"[rank]
                gap = False
        if int(group):
            text += name
        elif text and number % 10**lowest // 10 ** max(lowest - 4, 0) >= 1000:
            text += "零"  # an empty group before one that begins with a digit
    text = text.replace("个", "")
    return (text[1:] if text.startswith("一十") else text) or "零"


def test_chinese_follows_the_rules(many):
    for number in many:
        assert numerals.chinese(number) == by_the_rules(number)


def test_every_word_and_character_is_listed_and_used(many):
    words = {word for number in many for word in numerals.split_english(numerals.english(number))}
    assert words == set(numerals.WORDS)
    assert len(numerals.WORDS) == len(words) == 31
    assert set("".join(map(numerals.chinese, many))) == set(numerals.CHARACTERS)
    assert len(numerals.CHARACTERS) == 15


def test_numpy_numbers_are_numbers():
    assert numerals.english(np.int64(17)) == "seventeen"
    assert numerals.chinese(np.int32(170_000)) == "十七万"


# ---------------------------------------------------------------- reading


@given(st.integers(0, 10**9 - 1))
def test_what_was_written_is_read_back(number):
    assert numerals.read_english(numerals.english(number)) == number
    assert numerals.read_chinese(numerals.chinese(number)) == number


def test_many_are_read_back(many):
    assert [numerals.read_english(numerals.english(number)) for number in many[::10]] == many[::10]
    assert [numerals.read_chinese(numerals.chinese(number)) for number in many[::2]] == many[::2]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Three hundred and forty-two thousand, and seventeen", 342_017),
        ("  TWENTY  two\n", 22),
        ("twenty‑two", 22),
        ("one hundred and one", 101),
    ],
)
def test_usual_ways_of_writing_english_are_understood(text, number):
    assert numerals.read_english(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("两千零二", 2002), ("一百〇二", 102), ("一十七", 17), ("一十七万", 170_000), ("两亿", 2 * 10**8)],
)
def test_usual_ways_of_writing_chinese_are_understood(text, number):
    assert numerals.read_chinese(text) == number


def test_words_are_split():
    assert numerals.split_english("Forty-two thousand and seven") == ["forty", "two", "thousand", "seven"]
    assert numerals.split_english("") == []


NO_NUMBER = "text: expected one number below 1,000,000,000 in"


@given(st.text(numerals.CHARACTERS + "两〇", max_size=8))
def test_any_text_is_a_number_or_a_clear_error(text):
    try:
        number = numerals.read_chinese(text)
    except ValueError as error:
        message = str(error)
    else:
        message = ""
        plain = text.replace("两", "二").replace("〇", "零")
        assert numerals.chinese(number) in (plain, plain.removeprefix("一"))
    assert message in ("", f"{NO_NUMBER} Chinese numerals, received {text!r}")


@given(st.lists(st.sampled_from(numerals.WORDS), max_size=6))
def test_any_words_are_a_number_or_a_clear_error(words):
    try:
        number = numerals.read_english(" ".join(words))
    except ValueError as error:
        message = str(error)
    else:
        message = ""
        assert numerals.split_english(numerals.english(number)) == words
    assert message in ("", f"{NO_NUMBER} English words, received {' '.join(words)!r}")


# ---------------------------------------------------------------- bad input

BAD = [
    (numerals.english, -1, ValueError, "number: expected a whole number of at least 0, received -1"),
    (numerals.english, 10**9, ValueError, "expected a whole number below 1,000,000,000, received 1000000000"),
    (numerals.english, 1.0, TypeError, "number: expected a whole number, received 1.0"),
    (numerals.chinese, 10**9, ValueError, "number: expected a whole number below 1,000,000,000"),
    (numerals.chinese, "17", TypeError, "number: expected a whole number, received '17'"),
    (numerals.chinese, True, TypeError, "number: expected a whole number, received True"),
    (
        numerals.read_english, "one hundred fourty-two", ValueError,
        "text: unknown word 'fourty' at place 3; did you mean 'forty'?",
    ),
    (
        numerals.read_english, "two and Xyz", ValueError,
        "text: unknown word 'xyz' at place 3; expected words such as \"forty\" or \"thousand\"",
    ),
    (numerals.read_english, "twenty eleven", ValueError, "text: expected one number"),
    (numerals.read_english, "hundred", ValueError, "received 'hundred'"),
    (numerals.read_english, "two thousand three thousand", ValueError, "text: expected one number"),
    (numerals.read_english, "one thousand million", ValueError, "text: expected one number"),
    (numerals.read_english, "one hundred hundred", ValueError, "text: expected one number"),
    (numerals.read_english, "", ValueError, "received ''"),
    (numerals.read_english, "and", ValueError, "received 'and'"),
    (numerals.read_english, 17, TypeError, "text: expected a string of English number words, received int"),
    (numerals.read_chinese, "三百x", ValueError, "unknown character 'x' at place 3; expected some of 零一"),
    (numerals.read_chinese, "一二", ValueError, "text: expected one number below 1,000,000,000 in Chinese"),
    (numerals.read_chinese, "一亿一千", ValueError, "received '一亿一千'"),
    (numerals.read_chinese, "十亿", ValueError, "text: expected one number"),
    (numerals.read_chinese, "三千万亿", ValueError, "text: expected one number"),
    (numerals.read_chinese, "三十四万零二千", ValueError, "text: expected one number"),
    (numerals.read_chinese, "一千零十", ValueError, "text: expected one number"),
    (numerals.read_chinese, "", ValueError, "received ''"),
    (numerals.read_chinese, None, TypeError, "expected a string of Chinese numerals, received NoneType"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "argument", "error", "message"), BAD)
def test_bad_input_is_named(function, argument, error, message, unchecked_shapes):
    with pytest.raises(error) as caught:
        function(argument)
    assert message in str(caught.value)
