"""Tokens and their ids: sequences of tokens become padded arrays of whole numbers, and come back."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from jaxtyping import Int, Integer

from attend._arguments import check_whole

Array = np.ndarray

PAD, BEGIN, END = 0, 1, 2  # the ids of the special tokens, the same in every vocabulary
SPECIAL = ("<pad>", "<begin>", "<end>")


class Vocabulary:
    """A fixed list of tokens, each with an id. The first three are special: padding, begin, end.

    `tokens[i]` is the token with id i, and `ids[token]` the reverse.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        """Raises ValueError when a token comes twice."""
        self.tokens = (*SPECIAL, *tokens)
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self.ids) < len(self.tokens):
            twice = next(token for i, token in enumerate(self.tokens) if self.ids[token] != i)
            raise ValueError(f"tokens: expected each token once, received {twice!r} twice")

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self)} tokens"

    def encode(
        self, sequences: Iterable[Sequence[str]], begin: bool = False, length: int | None = None
    ) -> Int[Array, "b n"]:
        """Turn sequences of tokens into one array of ids (int64), a sequence a row.

        Each row ends with the end token, starts with the begin token if `begin`, and is padded to the longest
        row or to `length`. Raises ValueError for an unknown token, with its place, or a row over `length`.
        """
        rows = [(*SPECIAL[BEGIN : BEGIN + begin], *sequence, SPECIAL[END]) for sequence in sequences]
        lengths = np.fromiter(map(len, rows), np.int64, count=len(rows))
        longest = int(lengths.max(initial=0))
        if length is not None:
            check_whole("length", length)
            if longest > length:
                raise ValueError(f"length: expected at least {longest}, the longest row, received {length}")
        ids = np.full((len(rows), longest if length is None else length), PAD, np.int64)  # (b, n)
        try:
            flat = np.fromiter(map(self.ids.__getitem__, chain.from_iterable(rows)), np.int64)
        except KeyError as error:
            raise self._unknown(error.args[0], rows, begin) from None
        ids[np.arange(ids.shape[1]) < lengths[:, None]] = flat
        return ids

    def _unknown(self, token: str, rows: list[tuple[str, ...]], begin: bool) -> ValueError:
        """The message for a token without an id, with its row and its place."""
        row = next(i for i, tokens in enumerate(rows) if token in tokens)
        place = rows[row].index(token) + 1 - begin
        return ValueError(
            f"sequences: unknown token {token!r} at place {place} of sequence {row + 1}; "
            f"expected one of the vocabulary's {len(self) - len(SPECIAL)} tokens"
        )

    def decode(self, ids: Integer[Array, "b n"]) -> list[list[str]]:
        """Turn each row of ids back into tokens: what stands before the first end, without a first begin.

        Padding or a begin inside stays, as its special token: a model that writes one there is wrong. Raises
        TypeError or ValueError for ids that are not whole numbers or not in the vocabulary.
        """
        ids = np.asarray(ids)
        if ids.ndim != 2 or not np.issubdtype(ids.dtype, np.integer):
            raise TypeError(
                f"ids: expected whole numbers of shape (b, n), received {ids.dtype} of shape {ids.shape}"
            )
        wrong = np.argwhere((ids < 0) | (ids >= len(self)))
        if len(wrong):
            at = tuple(wrong[0].tolist())
            raise ValueError(f"ids: expected numbers from 0 to {len(self) - 1}, received {ids[at]} at {at}")
        rows = []
        for row in ids.tolist():
            row = row[row[:1] == [BEGIN] :]
            rows.append([self.tokens[i] for i in (row[: row.index(END)] if END in row else row)])
        return rows
