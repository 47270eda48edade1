"""The translator widget: the trained model of chapter 10 runs in the page and shows where it looks."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import traitlets
from jaxtyping import Float

from attend.data.numerals import chinese, english, read_english
from attend.widgets.base import AttendWidget
from attend.widgets.translator_forward import (
    MOST_TOKENS,
    NUM_HEADS,
    NUM_LAYERS,
    WEIGHTS,
    Translation,
    translate,
)
from attend.widgets.translator_still import still_picture

LIMIT = 1_000_000  # the model has been trained on numbers below
VIEWS = {
    "cross": "cross-attention",
    "encoder": "the encoder's attention",
    "decoder": "the decoder's attention",
}
DRAWINGS = ("lines", "heat map")
SPEEDS = (0.5, 20.0)
_DIGITS = re.compile(r"\d+|\d{1,3}([, ]\d{3})+", re.ASCII)


class Translator(AttendWidget, module="translator", files={WEIGHTS.name: WEIGHTS}):
    """Type a number, see the trained model write it in Chinese numerals, and look at its attention.

    Everything shown follows from the traits. ``text`` is the number, in digits or English words. ``step``
    says how many tokens are written; None writes all of them. ``view`` chooses the attention that is drawn,
    ``layer`` the encoder's layer (the decoder has one), ``head`` one of its heads; None takes their mean.

    The page computes in JavaScript. It asks for the weights (0.2 MB) when the widget comes into sight.
    Raises traitlets.TraitError that names the trait, the value and what was expected.
    """

    text = traitlets.Unicode("342017", help="a number below a million, in digits or English words").tag(
        sync=True
    )
    step = traitlets.Int(None, allow_none=True, help="how many tokens are written; None: all").tag(sync=True)
    tokens_per_second = traitlets.Float(2.0, help="how fast the tokens appear").tag(sync=True)
    view = traitlets.Unicode("cross", help=f"one of {', '.join(VIEWS)}").tag(sync=True)
    layer = traitlets.Int(0, help="the encoder's layer, counted from 0").tag(sync=True)
    head = traitlets.Int(None, allow_none=True, help="a head, counted from 0; None: their mean").tag(
        sync=True
    )
    drawing = traitlets.Unicode("lines", help=f"one of {', '.join(DRAWINGS)}").tag(sync=True)

    def __init__(self, text: str | int = "342017", **kwargs: Any):
        super().__init__(text=str(text), **kwargs)

    @traitlets.validate("text")
    def _check_text(self, proposal: Any) -> str:
        value = proposal["value"]
        if _read(value) is None:
            raise traitlets.TraitError(
                f"text must be a whole number from 0 to {LIMIT - 1:,} in digits or English words; "
                f"got {value!r}"
            )
        return value

    @traitlets.validate("view", "drawing")
    def _check_name(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = VIEWS if name == "view" else DRAWINGS
        if value not in known:
            raise traitlets.TraitError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        return value

    @traitlets.validate("step", "layer", "head")
    def _check_count(self, proposal: Any) -> int | None:
        name, value = proposal["trait"].name, proposal["value"]
        most = {"step": MOST_TOKENS, "layer": NUM_LAYERS - 1, "head": NUM_HEADS - 1}[name]
        if value is not None and not 0 <= value <= most:
            none = "" if name == "layer" else " or None"
            raise traitlets.TraitError(f"{name} must be a whole number from 0 to {most}{none}; got {value}")
        return value

    @traitlets.validate("tokens_per_second")
    def _check_speed(self, proposal: Any) -> float:
        value, (low, high) = proposal["value"], SPEEDS
        if not low <= value <= high:
            raise traitlets.TraitError(
                f"tokens_per_second must be a number from {low:g} to {high:g}; got {value!r}"
            )
        return value

    @property
    def number(self) -> int:
        """The number that is translated."""
        return _read(self.text)

    @property
    def translation(self) -> Translation:
        """All that the model writes for this number, and every attention weight on the way."""
        return translate(self.number)

    @property
    def answer(self) -> str:
        """The numeral as the model writes it, without special tokens."""
        return "".join(token for token in self.translation.tokens if not token.startswith("<"))

    @property
    def weights(self) -> Float[np.ndarray, "q k"]:
        """The attention that is drawn, a row for each token written (or, in the encoder, read)."""
        result = self.translation
        heads = result.encoder[self.layer] if self.view == "encoder" else getattr(result, self.view)
        matrix = heads.mean(axis=0) if self.head is None else heads[self.head]
        return matrix if self.view == "encoder" else matrix[: self.step]

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        count = len(self.translation.tokens)
        so_far = "" if self.step is None or self.step >= count else f" (after {self.step} tokens)"
        verdict = (
            "right" if self.answer == chinese(self.number) else f"wrong, {chinese(self.number)} is meant"
        )
        layer = f", layer {self.layer}" if self.view == "encoder" else ""
        head = f"mean of {NUM_HEADS} heads" if self.head is None else f"head {self.head}"
        return (
            f"a trained model translates {self.number:,}, {english(self.number)}, "
            f"as {self.answer}, which is {verdict}{so_far}; {VIEWS[self.view]}{layer}, {head}"
        )

    def fallback_html(self) -> str:
        """Return the answer and the whole cross-attention as an SVG, which needs no script."""
        return still_picture(self.translation, self.describe())


def _read(text: str) -> int | None:
    """The number that a reader means, or None."""
    typed = text.strip()
    if _DIGITS.fullmatch(typed):
        number = int(re.sub(r"[, ]", "", typed))
    else:
        try:
            number = read_english(typed)
        except ValueError:
            return None
    return number if number < LIMIT else None
