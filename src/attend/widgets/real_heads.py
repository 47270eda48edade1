"""The real-heads widget: all heads of a published model on a text, measured, and one of them large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Float

from attend import style
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VIEWS = ("matrix", "lines")
MOST_TOKENS = 64
ROUNDING = 1e-3  # how far from one a row of weights in single precision may add up
# A weight travels as its two decimals, one character each: repeated characters compress well, and these need
# no escape in JSON or HTML, but for the last ten.
ALPHABET = "".join(chr(code) for code in [*range(32, 127), *range(192, 201)] if chr(code) not in '"\\<')


class RealHeads(AttendWidget, module="real_heads"):
    """All heads of a model as thumbnails, sorted by what was measured about them; one of them large.

    ``RealHeads(tokens, weights, scores, name=…)`` shows weights of shape (layers, heads, n, n). ``scores``
    gives each head numbers from 0 to 1 by name, arrays of shape (layers, heads). ``causal=True`` hatches what
    comes after a query. ``add`` takes a further text with the same arguments; the texts may differ in all.

    To keep a page small the weights travel with two decimals; ``weights`` gives them back so.

    Raises TypeError or ValueError for arrays that do not fit, and traitlets.TraitError for a trait that is
    set to what it cannot hold.
    """

    example = traitlets.Int(0, help="which of the texts is shown").tag(sync=True)
    layer = traitlets.Int(0, help="the layer of the head looked at closely, from 0").tag(sync=True)
    head = traitlets.Int(0, help="the head looked at closely, from 0").tag(sync=True)
    query = traitlets.Int(0, help="index of the token whose row is looked at").tag(sync=True)
    measure = traitlets.Unicode(help="the score by which heads are ordered").tag(sync=True)
    lowest = traitlets.Bool(False, help="whether the lowest score comes first").tag(sync=True)
    view = traitlets.Unicode("matrix", help="matrix or lines").tag(sync=True)
    _examples = traitlets.List(traitlets.Dict()).tag(sync=True)
    _alphabet = traitlets.Unicode(ALPHABET).tag(sync=True)

    def __init__(
        self,
        tokens: Sequence[str],
        weights: Float[np.ndarray, "layers h n n"],
        scores: Mapping[str, Float[np.ndarray, "layers h"]],
        *,
        name: str,
        causal: bool = False,
        **traits: Any,
    ) -> None:
        """Start with one text; ``traits`` are any of the traits, by name."""
        first = _packed(tokens, weights, scores, name, causal)
        super().__init__(_examples=[first], measure=first["measures"][0])
        self.set(**traits)

    def set(self, **traits: Any) -> RealHeads:
        """Set traits one after the other, the text first: the others are checked against it."""
        self._set_in_turn(traits, first="example")
        return self

    def add(
        self,
        tokens: Sequence[str],
        weights: Float[np.ndarray, "layers h n n"],
        scores: Mapping[str, Float[np.ndarray, "layers h"]],
        *,
        name: str,
        causal: bool = False,
    ) -> RealHeads:
        """Take a further text for the reader to choose from. Returns the widget itself."""
        self._examples = [*self._examples, _packed(tokens, weights, scores, name, causal)]
        return self

    @traitlets.validate("example", "layer", "head", "query")
    def _check_index(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        known = self._examples[self.example]
        count = {
            "example": len(self._examples), "layer": known["layers"], "head": known["heads"],
            "query": len(known["tokens"]),
        }[name]  # fmt: skip
        if not 0 <= value < count:
            raise traitlets.TraitError(f"{name} must be a whole number from 0 to {count - 1}; got {value}")
        return value

    @traitlets.validate("measure", "view")
    def _check_name(self, proposal: Any) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = VIEWS if name == "view" else self._examples[self.example]["measures"]
        if value not in known:
            raise traitlets.TraitError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        return value

    @traitlets.observe("example")
    def _stay_within(self, change: dict[str, Any]) -> None:
        known = self._examples[self.example]
        self.layer = min(self.layer, known["layers"] - 1)
        self.head = min(self.head, known["heads"] - 1)
        self.query = min(self.query, len(known["tokens"]) - 1)
        if self.measure not in known["scores"]:
            self.measure = known["measures"][0]

    @property
    def weights(self) -> Float[np.ndarray, "layers h n n"]:
        """The weights of the text shown, as the page has them."""
        known = self._examples[self.example]
        n = len(known["tokens"])
        seen = np.tril(np.ones((n, n), dtype=bool)) if known["causal"] else np.ones((n, n), dtype=bool)
        weights = np.zeros((known["layers"], known["heads"], n, n))
        steps = [ALPHABET.index(character) for character in known["weights"]]
        weights[..., seen] = np.reshape(steps, (known["layers"], known["heads"], -1)) / 100
        return weights

    @property
    def scores(self) -> Float[np.ndarray, "layers h"]:
        """The scores of all heads by the measure that is chosen."""
        known = self._examples[self.example]
        return np.reshape(known["scores"][self.measure], (known["layers"], known["heads"]))

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        known = self._examples[self.example]
        tokens, row = known["tokens"], self.weights[self.layer, self.head, self.query]
        layer, head = np.unravel_index(self._order()[0], self.scores.shape)
        return (
            f"{known['name']}: {known['layers']} layers of {known['heads']} heads; {self.measure} is "
            f"{'lowest' if self.lowest else 'highest'} in layer {layer}, head {head} "
            f"({self.scores[layer, head]:.2f}); in layer {self.layer}, head {self.head}, "
            f"{tokens[self.query]} puts {row.max():.2f} on {tokens[row.argmax()]}"
        )

    def _order(self) -> np.ndarray:
        """The numbers of all heads, layer after layer, in the order of their scores."""
        return np.argsort(self.scores.ravel() * (1 if self.lowest else -1), kind="stable")

    def _figure(self) -> Figure:
        """Return the thumbnails of all heads beside the map of the chosen one."""
        import matplotlib.pyplot as plt

        known, weights = self._examples[self.example], self.weights
        layers, heads, n = weights.shape[:3]
        framed = np.full((layers, heads, n + 2, n + 2), np.nan)
        framed[..., 1:-1, 1:-1] = weights
        sheet = framed.transpose(0, 2, 1, 3).reshape(layers * (n + 2), heads * (n + 2))
        figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.6))
        left.imshow(sheet, cmap=style.sequential(), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        left.set(title="all heads", xlabel="head", ylabel="layer")
        step = 1 if layers <= 12 else 5
        left.set_xticks((n + 2) * (np.arange(heads) + 0.5), range(heads), fontsize=7)
        left.set_yticks((n + 2) * (np.arange(0, layers, step) + 0.5), range(0, layers, step), fontsize=7)
        right.imshow(weights[self.layer, self.head], cmap=style.sequential(), vmin=0, vmax=1)
        right.set(title=f"layer {self.layer}, head {self.head}")
        right.set_xticks(range(n), known["tokens"], rotation=90, fontsize=6)
        right.set_yticks(range(n), known["tokens"], fontsize=6)
        return figure


def _packed(
    tokens: Sequence[str],
    weights: Float[np.ndarray, "layers h n n"],
    scores: Mapping[str, Float[np.ndarray, "layers h"]],
    name: str,
    causal: bool,
) -> dict[str, Any]:
    """One text as it travels to the page, everything in it checked."""
    tokens = list(tokens)
    if not all(isinstance(token, str) and token for token in tokens):
        raise TypeError(f"tokens: expected texts, none of them empty, received {tokens!r:.80}")
    n = len(tokens)
    if not 1 <= n <= MOST_TOKENS:
        raise ValueError(f"tokens: expected 1 to {MOST_TOKENS}, received {n}")
    weights = _finite("weights", weights)
    if weights.ndim != 4 or weights.shape[-2:] != (n, n) or 0 in weights.shape:
        raise ValueError(
            f"weights: expected shape (layers, heads, {n}, {n}) for {n} tokens, received {weights.shape}"
        )
    if weights.min() < 0 or np.abs(weights.sum(axis=-1) - 1).max() > ROUNDING:
        raise ValueError("weights: expected no negative numbers and rows that add up to one")
    if causal and np.triu(weights, 1).any():
        raise ValueError("weights: expected zeros after each query, because causal is True")
    if not scores:
        raise ValueError("scores: expected at least one measure, received none")
    measured = {}
    for measure, numbers in scores.items():
        numbers = _finite(f"scores[{measure!r}]", numbers)
        if numbers.shape != weights.shape[:2] or not ((numbers >= 0) & (numbers <= 1 + ROUNDING)).all():
            raise ValueError(
                f"scores[{measure!r}]: expected numbers from 0 to 1, shape {weights.shape[:2]}, "
                f"received shape {numbers.shape}"
            )
        measured[measure] = [round(float(number), 3) for number in numbers.ravel()]
    seen = np.tril(np.ones((n, n), dtype=bool)) if causal else np.ones((n, n), dtype=bool)
    steps = np.round(100 * weights[..., seen]).astype(int).ravel()
    return {
        "name": name, "tokens": tokens, "layers": weights.shape[0], "heads": weights.shape[1],
        "causal": bool(causal), "scores": measured,
        "measures": list(measured),  # in the order given, which a page's state does not keep
        "weights": "".join(ALPHABET[step] for step in steps.clip(0, 100)),
    }  # fmt: skip


def _finite(name: str, numbers: object) -> Float[np.ndarray, "..."]:
    """Numbers of any kind, a PyTorch tensor's as well, in double precision."""
    array = np.asarray(numbers, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, received NaN or infinity")
    return array
