"""Texts that a model has written, on the page as text: they may differ from machine to machine."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH = 76


class TextSamples(AttendWidget, module="text_samples"):
    """Show texts by a model, each under a caption.

    A trained model's samples hang on the last digits of its weights, so they are part of the widget's state,
    as pictures are, and not of the notebook's text: its repr names the captions alone. Raises
    traitlets.TraitError for no text and for what is no text.
    """

    samples = traitlets.List(traitlets.Tuple(traitlets.Unicode(), traitlets.Unicode())).tag(sync=True)

    def __init__(self, samples: Mapping[str, str], **traits: Any) -> None:
        """From captions and their texts, in order."""
        super().__init__(samples=list(samples.items()), **traits)

    @traitlets.validate("samples")
    def _check_samples(self, proposal: Any) -> list[tuple[str, str]]:
        if not proposal["value"]:
            raise traitlets.TraitError("samples must hold at least one text; got none")
        return proposal["value"]

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        return f"texts by a model: {'; '.join(caption for caption, _ in self.samples)}"

    def _figure(self) -> Figure:
        """Return the texts, written one under the other."""
        import matplotlib.pyplot as plt

        lines: list[tuple[str, str]] = []
        for caption, text in self.samples:
            lines.append((caption, "bold"))
            for line in text.splitlines() or [""]:
                shown = "".join(
                    letter if letter.isascii() and letter.isprintable() else "?" for letter in line
                )
                lines += [(part, "normal") for part in textwrap.wrap(shown, WIDTH) or [""]]
            lines.append(("", "normal"))
        height = 0.19 * len(lines) + 0.1
        figure = plt.figure(figsize=(7, height), layout="none")
        for number, (line, weight) in enumerate(lines):
            figure.text(
                0.01, 1 - (0.19 * number + 0.12) / height, line, family="monospace", fontsize=8.5,
                weight=weight, va="center", parse_math=False,
            )  # fmt: skip
        return figure
