"""The text that the language models learn from: nine plays by Shakespeare, and batches of it.

About as long as the tiny Shakespeare of Karpathy's char-rnn and nanoGPT (1.1 million characters), but other
plays from another edition: `shakespeare.md`, beside the text, has its source and licence.
"""

import hashlib
from pathlib import Path

import numpy as np
from jaxtyping import Int, Integer

from attend._arguments import check_shapes, check_whole

Array = np.ndarray

_FILE = Path(__file__).with_name("shakespeare.txt")
_SHA256 = "6fb514cf62809347bad13038129db62f0591939f622ed6cb2095e374aacef352"


def load() -> str:
    """The plays as one string of 1,112,382 characters, of 77 kinds. Nothing is downloaded.

    Raises ValueError when the file is not the one that the book was made with.
    """
    text = _FILE.read_text(encoding="utf-8", errors="replace")
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != _SHA256:
        raise ValueError(f"{_FILE}: expected SHA-256 {_SHA256}, found {found}; install the package anew")
    return text


def split(
    sequence: str | Integer[Array, " n"],
) -> tuple[str, str] | tuple[Integer[Array, " train"], Integer[Array, " validation"]]:
    """Cut a text, or its ids, in two: the first 90 % to train on, the rest to validate. (train, validation).

    One cut, as in nanoGPT, so that the model is tested on a play that it has not seen. Raises ValueError for
    fewer than two characters or ids.
    """
    if len(sequence) < 2:
        raise ValueError(f"sequence: expected a length of at least 2, received {len(sequence)}")
    cut = len(sequence) * 9 // 10
    return sequence[:cut], sequence[cut:]


def batch(
    ids: Integer[Array, " n"], block: int, batch_size: int, step: int, seed: int
) -> tuple[Int[Array, "b q"], Int[Array, "b q"]]:
    """Draw `batch_size` pieces of `block` ids from anywhere in the text. Returns (inputs, targets), int64.

    The targets are the ids one place further on: what comes next. The batch depends on its step and on the
    seed alone, not on the batches before, so that training can stop and go on exactly where it was. Raises
    TypeError or ValueError for ids that are no row of whole numbers or no longer than a block, or for numbers
    that are out of range.
    """
    _check_ids(ids, block)
    check_whole("batch_size", batch_size)
    check_whole("step", step, at_least=0)
    check_whole("seed", seed, at_least=0)
    starts = np.random.default_rng([seed, step]).integers(0, len(ids) - block, batch_size)
    pieces = ids[starts[:, None] + np.arange(block + 1)].astype(np.int64)  # (b, q + 1)
    return pieces[:, :-1], pieces[:, 1:]


def windows(ids: Integer[Array, " n"], block: int) -> tuple[Int[Array, "b q"], Int[Array, "b q"]]:
    """Cut the whole text into pieces of `block` ids, in order. Returns (inputs, targets), int64.

    Every id but the first is a target once, except for fewer than `block` at the end: the mean loss over
    them is the loss on the whole text. Raises as `batch`.
    """
    _check_ids(ids, block)
    count = (len(ids) - 1) // block
    ids = ids[: count * block + 1].astype(np.int64)
    return ids[:-1].reshape(count, block), ids[1:].reshape(count, block)


def _check_ids(ids: object, block: object) -> None:
    """A row of whole numbers, longer than a block, so that each has a next one."""
    check_whole("block", block)
    if not isinstance(ids, np.ndarray) or not np.issubdtype(ids.dtype, np.integer):
        received = getattr(ids, "dtype", type(ids).__name__)
        raise TypeError(f"ids: expected a NumPy array of whole numbers, received {received}")
    check_shapes(ids=(ids, "n"))
    if len(ids) <= block:
        raise ValueError(f"ids: expected more than block = {block} of them, received {len(ids)}")
