"""Which English words each Chinese character depends on: the truth that attention maps are measured against.

A number's decimal places tie the two sides together. An English word *names* the digit of a place ("three",
"forty"; "seventeen" names two) and *places* it: "hundred", "-ty" and "-teen" say where it stands in its group
of three, "thousand" and "million" say which group that is. Each Chinese character has its links by its kind:

- a digit: sure, the word that names it;
- 十, 百, 千: sure, the words that place its digit; possible, the word that names the digit;
- 十 at the start: sure, the words that name and place its digit, the 一 that goes unsaid;
- 万, 亿: sure, the words that place the last digit of the group that it closes; possible, all words that name
  or place a digit of the group;
- 零 inside a number: possible, the words that place the digit before it or name or place the digit after;
- 零 alone: sure, "zero".

Sure and possible are meant as by Och and Ney (2003): a sure link must be found, a possible one may be. A gap
has no sure link, because no English word says it. 万 has more than one good answer, because "million" and
"thousand" may both stand in the group that it closes.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from attend._arguments import check_shapes
from attend.data.numerals import chinese, english, split_english

Array = np.ndarray

_RANKS = {"十": 1, "百": 2, "千": 3}
_GROUPS = {"万": 4, "亿": 8}


class Alignment(NamedTuple):
    """A number on both sides, without special tokens, and which links between them are right."""

    words: list[str]
    characters: list[str]
    sure: Bool[Array, "q k"]
    possible: Bool[Array, "q k"]


def alignment(number: int | np.integer) -> Alignment:
    """Link each character of the Chinese numeral to the English words that it depends on.

    `sure[i, j]` is True where character i must be linked to word j, `possible[i, j]` where it may be; every
    sure link is possible. A decoder whose input begins with the begin token says character i at position i,
    so that `weights[:q, :k]` of its attention to the words stands beside them. Raises TypeError or ValueError
    unless the number is whole, from 0 below 10⁹.
    """
    words, characters = split_english(english(number)), list(chinese(number))
    names, places = _english_links(int(number))
    sure = np.zeros((len(characters), len(words)), bool)  # (q, k)
    possible = sure.copy()
    for i, (kind, place) in enumerate(_chinese_places(characters)):
        must, may = _links(kind, place, names, places)
        sure[i, list(must)] = True
        possible[i, list(must | may)] = True
    return Alignment(words, characters, sure, possible)


def _links(
    kind: str, place: int, names: dict[int, int], places: dict[int, set[int]]
) -> tuple[set[int], set[int]]:
    """The sure and the possible links of a character, as the module's table has them."""
    if kind == "gap":
        before, after = min(p for p in names if p > place), max(p for p in names if p < place)
        return set(), places[before] | places[after] | {names[after]}
    if kind == "group":
        digits = [p for p in names if place <= p < place + 4]
        return places[min(digits)], set().union(*(places[p] | {names[p]} for p in digits))
    if kind == "unit":
        return places[place], {names[place]}
    return {names[place]} | (places[place] if kind == "digit and unit" else set()), set()


def _english_links(number: int) -> tuple[dict[int, int], dict[int, set[int]]]:
    """For the decimal place of each digit that is said: the word that names it, the words that place it."""
    if number == 0:
        return {0: 0}, {0: set()}
    names, places, word = {}, {}, 0
    for lowest in (6, 3, 0):  # the place of the ones in a group of three
        ones, tens, hundreds = (number // 10 ** (lowest + rank) % 10 for rank in range(3))
        if hundreds:
            names[lowest + 2], places[lowest + 2] = word, {word + 1}
            word += 2
        if tens:
            names[lowest + 1], places[lowest + 1] = word, {word}
            word += tens > 1 or ones == 0  # "seventeen" names the ones too
        if ones:
            names[lowest], places[lowest] = word, set()
            word += 1
        digits = [place for place in names if lowest <= place < lowest + 3]
        if digits and lowest:  # "thousand" or "million" places every digit of its group
            for place in digits:
                places[place].add(word)
            word += 1
    return names, places


def _chinese_places(characters: list[str]) -> list[tuple[str, int]]:
    """What kind each character is and which decimal place it is about, found from the right."""
    kinds, lowest, place = [], 0, 0  # the place of the ones in a group of four; the next digit's place
    for i, character in reversed(list(enumerate(characters))):
        if character in _GROUPS:
            lowest = place = _GROUPS[character]
            kinds.append(("group", place))
        elif character in _RANKS:
            place = lowest + _RANKS[character]
            kinds.append(("unit" if i else "digit and unit", place))
        elif character == "零" and i:
            kinds.append(("gap", place + 1))
        else:
            kinds.append(("digit", place))
    return kinds[::-1]


def alignment_error_rate(
    linked: Bool[Array, "q k"], sure: Bool[Array, "q k"], possible: Bool[Array, "q k"]
) -> float:
    r"""Score links that were found, from 0 (all sure ones, and none that is not possible) to 1.

    $1 - (|A \cap S| + |A \cap P|) / (|A| + |S|)$ for links A, sure S and possible P: Och and Ney (2003). For
    several numbers, score their arrays side by side, flattened to (1, k), not the mean of the rates. Raises
    TypeError or ValueError unless all are arrays of booleans of one shape, with a link in `linked` or `sure`.
    """
    for name, array in {"linked": linked, "sure": sure, "possible": possible}.items():
        if getattr(array, "dtype", None) != np.bool_:
            received = getattr(array, "dtype", type(array).__name__)
            raise TypeError(f"{name}: expected booleans, True for a link, received {received}")
    check_shapes(linked=(linked, "q k"), sure=(sure, "q k"), possible=(possible, "q k"))
    total = linked.sum() + sure.sum()
    if total == 0:
        raise ValueError("linked: expected a link in linked or in sure, received none")
    right = (linked & sure).sum() + (linked & (possible | sure)).sum()
    return float(1 - right / total)
