"""The translation task: English number words in, Chinese numerals out, a token a word or a character.

Its truth is known for every number, its answers can be checked, and its alignment is not monotone.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Integer

from attend._arguments import check_whole
from attend.data.numerals import CHARACTERS, LIMIT, WORDS, chinese, english, split_english
from attend.data.vocabulary import Vocabulary

Array = np.ndarray

SOURCE = Vocabulary(WORDS)
TARGET = Vocabulary(CHARACTERS)


def encode_english(texts: Iterable[str], length: int | None = None) -> Int[Array, "b k"]:
    """Turn phrases of English number words into rows of ids: the words, end, padding.

    Raises ValueError for an unknown word, as `numerals.split_english`, or a row over `length`.
    """
    return SOURCE.encode(map(split_english, texts), length=length)


def encode_chinese(texts: Iterable[str], length: int | None = None) -> Int[Array, "b q"]:
    """Turn Chinese numerals into rows of ids: begin, the characters, end, padding.

    Without its last column it is the decoder's input, without its first what the decoder should say. Raises
    ValueError for an unknown character, with its place, or a row over `length`.
    """
    return TARGET.encode(texts, begin=True, length=length)


def decode_chinese(ids: Integer[Array, "b q"]) -> list[str]:
    """Turn rows of ids back into Chinese numerals, up to the first end. Raises as `Vocabulary.decode`."""
    return ["".join(characters) for characters in TARGET.decode(ids)]


def encode_numbers(
    numbers: Integer[Array, " b"] | Sequence[int],
) -> tuple[Int[Array, "b k"], Int[Array, "b q"]]:
    """Both sides of the task for an array of numbers: (`encode_english`, `encode_chinese`) of each.

    Raises TypeError or ValueError unless all are whole numbers from 0 below 10⁹.
    """
    numbers = np.asarray(numbers).tolist()
    return encode_english(map(english, numbers)), encode_chinese(map(chinese, numbers))


# ---------------------------------------------------------------- training, validation and test


class Split(NamedTuple):
    """Three arrays of numbers (int64), no number in more than one."""

    train: Int[Array, " b"]
    validation: Int[Array, " b"]
    test: Int[Array, " b"]


ROUND = 20  # numbers are dealt in rounds of 20: one to validation, two to test, the others to training
_HANDS = {"train": slice(3, ROUND), "validation": slice(0, 1), "test": slice(1, 3)}


def split(
    seed: int, train: int = 50_000, validation: int = 2_000, test: int = 5_000, limit: int = 1_000_000
) -> Split:
    """Draw numbers below `limit` and deal them out, as cards are, to training, validation and test.

    A third of the draws are uniform, a third take a number of digits first, so that short numbers are seen
    too, and a third do so and then write a zero for every second digit or so: 60,000 or 900,030. A number
    that was drawn before is left out; 0, the only one said with "zero", goes to training. A number's part
    depends on `seed` and `limit` alone: with more training numbers, the first ones, the validation and the
    test numbers stay the same. Only whole numbers are drawn, no logarithms, so that every machine draws the
    same.

    Raises TypeError or ValueError unless the counts are whole and there are enough numbers below `limit`:
    17 of 20 for training, one for validation, two for test.
    """
    check_whole("seed", seed, at_least=0)
    check_whole("limit", limit, at_least=ROUND)
    if limit > LIMIT:
        raise ValueError(f"limit: expected at most {LIMIT:,}, received {limit}")
    counts = {"train": train, "validation": validation, "test": test}
    rounds = 0
    for part, count in counts.items():
        check_whole(part, count, at_least=0)
        hand = len(range(ROUND)[_HANDS[part]])
        if count > limit // ROUND * hand:
            most = limit // ROUND * hand
            raise ValueError(f"{part}: expected at most {most} numbers below {limit}, received {count}")
        rounds = max(rounds, -(-count // hand))
    dealt = _distinct(np.random.default_rng(seed), limit, rounds * ROUND).reshape(rounds, ROUND)
    return Split(*(dealt[:, _HANDS[part]].ravel()[:count] for part, count in counts.items()))


def _distinct(rng: np.random.Generator, limit: int, count: int) -> Int[Array, " b"]:
    """The first `count` different numbers of an endless stream, the same whatever `count` is."""
    numbers, size = np.empty(0, np.int64), 2**16
    while len(numbers) < count:
        numbers = np.concatenate([numbers, _draw(rng, limit, size)])
        first_seen = np.unique(numbers, return_index=True)[1]
        numbers, size = numbers[np.sort(first_seen)], 2 * size
    numbers = np.insert(numbers[numbers != 0], _HANDS["train"].start, 0)
    return numbers[:count]


def _draw(rng: np.random.Generator, limit: int, size: int) -> Int[Array, " b"]:
    """Draw uniformly, or first how many digits, then which number, or that with zeros put in for digits."""
    most = len(str(limit - 1))
    digits = rng.integers(1, most, size, endpoint=True)
    low = np.where(digits == 1, 0, 10 ** (digits - 1))
    by_length = rng.integers(low, np.minimum(10**digits, limit))
    places = 10 ** np.arange(most)
    kept = (rng.integers(0, 2, (size, most)) == 0) | (
        places * 10 > by_length[:, None]
    )  # the first digit stays
    with_zeros = (by_length[:, None] // places % 10 * kept) @ places
    kind = rng.integers(0, 3, size)
    return np.select([kind == 0, kind == 1], [by_length, with_zeros], rng.integers(0, limit, size))
