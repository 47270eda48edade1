"""Whole numbers below a thousand million, in English words and in Chinese numerals.

English groups digits by thousands, Chinese by ten-thousands, so that the order of what is said first differs
in places: "three hundred forty-two thousand seventeen" is 三十四万二千零一十七.

English has no "and", as in American usage; the words come from num2words. Chinese comes from cn2an:

- 2 is 二 everywhere. 两 is common before 千, 万, 亿 and, in speech, 百, but 二 is right there as well, and is
  what the spell-out rules of the Unicode CLDR give (common/rbnf/zh.xml);
- ten is 十 at the start of a number (十七, 十七万) and 一十 inside (一百一十七);
- digits that are zero between two that are not are read as one 零, but not those that end a group of four:
  一千零一, 一百万零一, and 十万一千 without a 零. An empty group is such a gap: 一亿零一千 (CLDR agrees).
"""

import re
from difflib import get_close_matches
from functools import cache

import cn2an
import numpy as np
from num2words import num2words

from attend._arguments import check_whole

LIMIT = 10**9  # every number here is smaller: one digit before 亿, three before "million"
_VALUES = {num2words(n): n for n in (*range(20), *range(20, 100, 10))}
_SCALES = {"million": 10**6, "thousand": 10**3}
WORDS = (*_VALUES, "hundred", *reversed(_SCALES))
_KNOWN = frozenset((*WORDS, "and"))
CHARACTERS = "零一二三四五六七八九十百千万亿"
_BREAKS = re.compile(r"[\s,‐‑–-]+")
_VARIANTS = str.maketrans("两〇", "二零")


def check_number(name: str, number: object) -> None:
    """A whole number from 0 below `LIMIT`."""
    check_whole(name, number, at_least=0)
    if number >= LIMIT:
        raise ValueError(f"{name}: expected a whole number below {LIMIT:,}, received {number}")


# ---------------------------------------------------------------- English


@cache
def _blocks() -> tuple[str, ...]:
    """The words for 0 to 999. num2words needs 50 µs a number: a thousand calls serve every number."""
    return tuple(num2words(n).replace(" and ", " ") for n in range(1000))


def english(number: int | np.integer) -> str:
    """Say a number in English words: 342017 is "three hundred forty-two thousand seventeen".

    Raises TypeError or ValueError unless it is a whole number from 0 below 10⁹.
    """
    check_number("number", number)
    blocks, said = _blocks(), []
    for scale, value in _SCALES.items():
        count, number = divmod(number, value)
        if count:
            said += [blocks[count], scale]
    if number or not said:
        said.append(blocks[number])
    return " ".join(said)


def split_english(text: str) -> list[str]:
    """Split a phrase into number words, in small letters: "Forty-two" is ["forty", "two"].

    Hyphens and commas part words; "and" is left out, so that British usage is understood. Raises ValueError
    for a word that is not one of `WORDS`, with its place (the first word is 1) and, if there is one, the word
    that was probably meant.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string of English number words, received {type(text).__name__}")
    words = [word for word in _BREAKS.split(text.lower()) if word]
    for place, word in enumerate(words, start=1):
        if word not in _KNOWN:
            near = get_close_matches(word, WORDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else 'expected words such as "forty" or "thousand"'
            raise ValueError(f"text: unknown word {word!r} at place {place}; {hint}")
    return [word for word in words if word != "and"]


def read_english(text: str) -> int:
    """Read a number in English words, the reverse of `english`.

    "And", commas and capitals are allowed. Raises ValueError for an unknown word, as `split_english`, and for
    words that are no number, such as "twenty eleven" or "hundred".
    """
    words = split_english(text)
    total = block = 0
    for word in words:
        if word == "hundred":
            block *= 100
        elif word in _SCALES:
            total, block = total + block * _SCALES[word], 0
        else:
            block += _VALUES[word]
    number = total + block
    if number >= LIMIT or split_english(english(number)) != words:
        raise ValueError(f"text: expected one number below {LIMIT:,} in English words, received {text!r}")
    return number


# ---------------------------------------------------------------- Chinese


@cache
def _groups() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What 0 to 9999 are called at the start of a number and after 万 or 亿: 十七 and 零一十七."""
    at_start = tuple(cn2an.an2cn(n) for n in range(10_000))
    after = tuple(cn2an.an2cn(10_000 + n).removeprefix("一万") for n in range(10_000))
    return at_start, after


def chinese(number: int | np.integer) -> str:
    """Write a number in Chinese numerals: 342017 is 三十四万二千零一十七.

    Raises TypeError or ValueError unless it is a whole number from 0 below 10⁹.
    """
    check_number("number", number)
    at_start, after = _groups()
    high, rest = divmod(number, 10**8)
    middle, low = divmod(rest, 10**4)
    text = at_start[high] + "亿" if high else ""
    if middle:
        text += (after if text else at_start)[middle] + "万"
    if low or not text:
        # An empty group is a gap too. cn2an 0.5.24 writes 一亿一千 for 100001000 and cannot read it.
        text += "零" if high and not middle and low >= 1000 else ""
        text += (after if text else at_start)[low]
    return text


def read_chinese(text: str) -> int:
    """Read a number in Chinese numerals, the reverse of `chinese`.

    两 for 二, 〇 for 零 and a first 一十 for 十 are allowed. Raises ValueError for another character, with
    its place (the first is 1), and for a text that is no number, such as 一二 or 一百零十.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected a string of Chinese numerals, received {type(text).__name__}")
    plain = text.translate(_VARIANTS)
    for place, character in enumerate(plain, start=1):
        if character not in CHARACTERS:
            raise ValueError(
                f"text: unknown character {character!r} at place {place}; expected some of {CHARACTERS}"
            )
    if plain.startswith("一十"):
        plain = plain[1:]
    try:
        number = cn2an.cn2an(plain, "strict")
    except ValueError:
        number = LIMIT
    # cn2an is lenient in places: only what `chinese` would write is a number.
    if number >= LIMIT or chinese(number) != plain:
        raise ValueError(f"text: expected one number below {LIMIT:,} in Chinese numerals, received {text!r}")
    return number
