"""Bugs to plant, one module for each idea of the package; `python -m scripts.planted_bugs` plants them."""

from typing import NamedTuple


class Bug(NamedTuple):
    """A slip that a person could make: in `file`, `original` becomes `planted`."""

    slip: str
    file: str
    original: str
    planted: str
