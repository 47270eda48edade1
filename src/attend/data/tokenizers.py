"""Two tokenizers: one token a character, and byte pairs that are learned from a text.

Byte-pair encoding starts from the 256 bytes, so that any text has tokens, and joins the most frequent pair of
neighbours into a new token, over and over: Sennrich et al. (2016), on bytes as in Radford et al. (2019).
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Int, Integer

from attend._arguments import check_whole

Array = np.ndarray
Pair = tuple[int, int]


class CharacterTokenizer:
    """One token for each kind of character of a text: `tokens[i]` is the character with id i."""

    def __init__(self, tokens: Iterable[str]) -> None:
        """From different characters, in the order of their ids; `train` finds them in a text.

        Raises TypeError or ValueError unless there is at least one and all are single and different.
        """
        self.tokens = tuple(tokens)
        for token in self.tokens:
            if not isinstance(token, str) or len(token) != 1:
                raise TypeError(f"tokens: expected single characters, received {token!r}")
        if not self.tokens:
            raise ValueError("tokens: expected at least one character, received none")
        if len(set(self.tokens)) < len(self.tokens):
            twice = Counter(self.tokens).most_common(1)[0][0]
            raise ValueError(f"tokens: expected each character once, received {twice!r} more than once")
        self._ids = {token: i for i, token in enumerate(self.tokens)}

    @classmethod
    def train(cls, text: str) -> "CharacterTokenizer":
        """One token for each kind of character in the text, in the order of their code points."""
        return cls(sorted(set(text)))

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"CharacterTokenizer of {len(self)} tokens"

    def encode(self, text: str) -> Int[Array, " n"]:
        """Turn a text into ids (int64). Raises ValueError for a character without a token, with its index."""
        try:
            return np.fromiter(map(self._ids.__getitem__, text), np.int64, count=len(text))
        except KeyError as error:
            unknown = error.args[0]
            raise ValueError(
                f"text: unknown character {unknown!r} at index {text.index(unknown)}; "
                f"expected one of the {len(self)} characters that the tokenizer was trained on"
            ) from None

    def decode(self, ids: Integer[Array, " n"] | Sequence[int]) -> str:
        """Turn ids back into a text. Raises TypeError or ValueError for what is not an id."""
        return "".join(map(self.tokens.__getitem__, _checked(ids, len(self))))

    def save(self, path: str | Path) -> None:
        """Write the tokens to a JSON file."""
        _write(path, {"tokenizer": "character", "tokens": self.tokens})

    @classmethod
    def load(cls, path: str | Path) -> "CharacterTokenizer":
        """Read what `save` wrote. Raises ValueError for a file that is damaged or something else."""
        tokens = _read(path, "character")["tokens"]
        try:
            return cls(tokens)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged; {error}") from None


# ---------------------------------------------------------------- byte pairs

# Where a text is cut before any pair is joined, so that no token reaches over from one word into the next:
# the pattern of GPT-2 (Radford et al., 2019), with the standard library's classes for letters and digits.
# A word keeps the blank before it. Every character falls into one piece: nothing is lost.
PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+"
_PIECES = re.compile(PATTERN)


class BytePairTokenizer:
    """The 256 bytes, then one token for each pair that was joined, in the order in which that was learned.

    `tokens[i]` holds the bytes of id i. `merges[i]` is the pair of ids that became the token 256 + i.
    """

    def __init__(self, merges: Iterable[Sequence[int]]) -> None:
        """From the pairs, in the order of their ids; `train` learns them from a text.

        Raises ValueError unless each pair is new and joins two tokens that came before.
        """
        self.tokens = [bytes([i]) for i in range(256)]
        self._ids: dict[Pair, int] = {}
        for pair in merges:
            known = range(len(self.tokens))
            is_pair = isinstance(pair, Sequence) and len(pair) == 2
            if not is_pair or not all(type(i) is int and i in known for i in pair):
                raise ValueError(f"merges: expected two ids from 0 to {known[-1]}, received {pair}")
            if tuple(pair) in self._ids:
                raise ValueError(f"merges: expected each pair once, received {pair} twice")
            self._ids[tuple(pair)] = len(known)
            self.tokens.append(self.tokens[pair[0]] + self.tokens[pair[1]])
        self.merges = tuple(self._ids)
        self._encoded: dict[str, tuple[int, ...]] = {}  # pieces that came before: most words come often

    @classmethod
    def train(cls, text: str, num_merges: int) -> "BytePairTokenizer":
        """Learn `num_merges` pairs from a text: each time the most frequent pair of neighbouring tokens.

        Of pairs that are equally frequent, the one with the smaller ids is taken. A pair must come twice at
        least, so that a short text may give fewer. Raises ValueError for a lone surrogate in the text.
        """
        check_whole("num_merges", num_merges, at_least=0)
        counts = Counter(_PIECES.findall(text))
        words = [list(_utf8(piece, text)) for piece in counts]
        times = list(counts.values())
        frequency: Counter[Pair] = Counter()
        where = defaultdict(set)  # pair -> the words that may hold it, so that the others need no second look
        for i, word in enumerate(words):
            for pair in pairwise(word):
                frequency[pair] += times[i]
                where[pair].add(i)
        merges = []
        while len(merges) < num_merges and frequency:
            best = max(frequency, key=lambda pair: (frequency[pair], -pair[0], -pair[1]))
            if frequency[best] < 2:
                break
            new = 256 + len(merges)
            merges.append(best)
            for i in where.pop(best):
                for pair in pairwise(words[i]):
                    frequency[pair] -= times[i]
                words[i] = _join(words[i], best, new)
                for pair in pairwise(words[i]):
                    frequency[pair] += times[i]
                    where[pair].add(i)
            del frequency[best]
        return cls(merges)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"BytePairTokenizer of {len(self)} tokens"

    def encode(self, text: str) -> Int[Array, " n"]:
        """Turn a text into ids (int64). Raises ValueError for a lone surrogate, which no text should hold."""
        pieces = (self._encode_piece(piece, text) for piece in _PIECES.findall(text))
        return np.fromiter(chain.from_iterable(pieces), np.int64)

    def _encode_piece(self, piece: str, text: str) -> tuple[int, ...]:
        """Join pairs in the order in which they were learned, until none is left."""
        if piece not in self._encoded:
            ids = list(_utf8(piece, text))
            while len(ids) > 1:
                first = min(pairwise(ids), key=lambda pair: self._ids.get(pair, len(self)))
                if first not in self._ids:
                    break
                ids = _join(ids, first, self._ids[first])
            self._encoded[piece] = tuple(ids)
        return self._encoded[piece]

    def decode(self, ids: Integer[Array, " n"] | Sequence[int]) -> str:
        """Turn ids back into a text.

        A model may write bytes that are no UTF-8, such as half a letter: they read as U+FFFD. Raises
        TypeError or ValueError for what is not an id.
        """
        joined = b"".join(map(self.tokens.__getitem__, _checked(ids, len(self))))
        return joined.decode("utf-8", errors="replace")

    def save(self, path: str | Path) -> None:
        """Write the merges to a JSON file."""
        _write(path, {"tokenizer": "byte pair", "pattern": PATTERN, "merges": self.merges})

    @classmethod
    def load(cls, path: str | Path) -> "BytePairTokenizer":
        """Read what `save` wrote. Raises ValueError for a file that is damaged or something else."""
        content = _read(path, "byte pair")
        if content.get("pattern") != PATTERN:
            raise ValueError(f"{path}: expected the pattern {PATTERN}, received {content.get('pattern')}")
        try:
            return cls(content["merges"])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: damaged; {error}") from None


def _join(ids: list[int], pair: Pair, new: int) -> list[int]:
    """Put the new token wherever the pair stands, from the left."""
    joined, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:
            joined.append(new)
            i += 2
        else:
            joined.append(ids[i])
            i += 1
    return joined


def _utf8(piece: str, text: str) -> bytes:
    """The bytes of a piece of the text. Half of a surrogate pair is no character and has none."""
    try:
        return piece.encode("utf-8")
    except UnicodeEncodeError as error:
        lone = piece[error.start]
        raise ValueError(
            f"text: expected characters, received the lone surrogate {lone!r} at index {text.index(lone)}"
        ) from None


# ---------------------------------------------------------------- ids and files


def _checked(ids: object, size: int) -> list[int]:
    """Ids as a list of whole numbers below `size`."""
    row = np.asarray(ids)
    if row.ndim != 1 or not (np.issubdtype(row.dtype, np.integer) or row.size == 0):
        raise TypeError(f"ids: expected a row of whole numbers, received {row.dtype} of shape {row.shape}")
    wrong = np.flatnonzero((row < 0) | (row >= size))
    if wrong.size:
        raise ValueError(
            f"ids: expected numbers from 0 to {size - 1}, received {row[wrong[0]]} at index {wrong[0]}"
        )
    return row.tolist()


def _write(path: str | Path, content: dict[str, object]) -> None:
    Path(path).write_text(json.dumps(content) + "\n", encoding="ascii")


def _read(path: str | Path, kind: str) -> dict[str, object]:
    """What a tokenizer's file holds, once it is sure that it is one of this kind."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # no UTF-8 or no JSON
        raise ValueError(
            f"{path}: expected a tokenizer's JSON file, received something else: {error}"
        ) from None
    part = {"character": "tokens", "byte pair": "merges"}[kind]
    if not isinstance(content, dict) or content.get("tokenizer") != kind:
        raise ValueError(f"{path}: expected a {kind} tokenizer as `save` writes it, received something else")
    if not isinstance(content.get(part), list):
        raise ValueError(f"{path}: damaged; expected a list of {part}")
    return content
