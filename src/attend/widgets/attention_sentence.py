"""The attention-sentence widget: one sentence, one word that asks, arcs to the words that answer."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from attend.widgets.attention_weights import AttentionWeights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DEFAULT_SENTENCE = "the animal didn't cross the street because it was too tired"


class AttentionSentence(AttentionWeights, module="attention_sentence"):
    """Attention from one word of a sentence to every other, drawn on the sentence itself.

    It takes the traits of ``AttentionWeights`` and computes the same numbers. It fits where a reader meets
    attention for the first time: nothing but words to choose, and a line to type in.
    """

    def __init__(self, tokens: str | Iterable[str] = DEFAULT_SENTENCE, **traits: Any) -> None:
        """Start from a sentence or a list of words; every other trait may be given by name."""
        super().__init__(tokens, **traits)

    def sentence_about(self, query: int) -> str:
        """Return one sentence that says where query number ``query`` looks first, and where next."""
        sentence, row = super().sentence_about(query), self.weights[query]
        if self.visible[query].sum() < 2 or " alike, " in sentence:
            return sentence
        second = int(np.argsort(-row, kind="stable")[1])
        target = "itself" if second == query else self.name_token(second)
        return f"{sentence.removesuffix('.')}, then to {target}, {_share(row[second])}."

    def _figure(self) -> Figure | None:
        """Return None: ``fallback_html`` says the same in text, at the page's own size and in its colours."""
        return None

    def fallback_html(self) -> str:
        """Return the words with their weights, in the places where the widget will put them."""
        words = "".join(map(self._word_html, range(len(self.tokens))))
        title = f"{self.name_token(self.query)} asks; the numbers say how much each word answers."
        return (
            '<div class="attend-root attend-as attend-as-still"><div class="attend-as-stage">'
            f'<p class="attend-aw-label">{escape(title)}</p><ul class="attend-aw-chips">{words}</ul></div>'
            f'<p class="attend-as-says">{escape(self.sentence_about(self.query))}</p></div>'
        )

    def _word_html(self, index: int) -> str:
        weight, seen = self.weights[self.query, index], self.visible[self.query, index]
        kind = " attend-aw-asks" * (index == self.query) + " attend-aw-masked" * (not seen)
        return (
            f'<li class="attend-aw-chip{kind}"><span class="attend-aw-chip-word">{escape(self.tokens[index])}'
            '</span><svg class="attend-aw-chip-bar" viewBox="0 0 100 1" preserveAspectRatio="none" '
            f'aria-hidden="true"><rect width="{100 * weight:.0f}" height="1"/></svg>'
            f'<span class="attend-aw-chip-number">{_share(weight) if seen else "masked"}</span></li>'
        )


def _share(weight: float) -> str:
    return f"{weight:.2f}"
