"""The attention-heads widget: the weights of many heads side by side, and what each of them adds."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Float

from attend import style
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AVERAGE = -1  # in the place of a head: the average of the heads that are on
MOST_TOKENS = 256
MOST_SWITCHED = 8  # heads, where every choice of them has an outcome: 2⁸ texts
Numbers = Any  # a NumPy array, or what becomes one, such as a tensor
ROUNDING = 0.02  # how far from one a row of single-precision or rounded weights may add up


class AttentionHeads(AttendWidget, module="attention_heads"):
    """Look at all heads of a model at once, at one of them closely, and switch heads off.

    ``AttentionHeads(queries, weights)`` shows weights of shape (heads, q, k), or (layers, heads, q, k), with
    a token for each query; ``keys`` are the tokens looked at, where they are not the same ones. Of the
    options, ``contributions`` are the vectors that each head adds to the output, (heads, q, m) or (layers,
    heads, q, m); ``outcomes`` says what the model answers for each choice of heads of one layer:
    ``outcomes[mask]``, where bit h of ``mask`` is set while head h is off, a list of such lists where there
    are several layers. ``causal=True`` hatches what comes after a query. ``add`` takes a further example
    with the same arguments; examples may differ in their tokens, layers and heads.

    To keep a page small the weights travel as bytes, in steps of 1/255, and the contributions in 255 steps
    from the largest negative to the largest positive number; ``weights`` and ``contributions`` give them
    back so.

    Raises TypeError or ValueError for arrays that do not fit, and traitlets.TraitError for a trait that is
    set to what it cannot hold.
    """

    example = traitlets.Int(0, help="which of the examples is shown").tag(sync=True)
    layer = traitlets.Int(0, help="which layer's heads are shown").tag(sync=True)
    head = traitlets.Int(0, help="the head looked at closely; -1: the average of those that are on").tag(
        sync=True
    )
    query = traitlets.Int(0, help="index of the query whose row is looked at").tag(sync=True)
    off = traitlets.List(traitlets.Int(), help="the heads that are switched off").tag(sync=True)
    _examples = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        queries: Sequence[str],
        weights: Numbers,
        keys: Sequence[str] | None = None,
        *,
        name: str = "",
        contributions: Numbers | None = None,
        outcomes: Sequence[Any] | None = None,
        causal: bool = False,
        layer_names: Sequence[str] | None = None,
        **traits: Any,
    ) -> None:
        """Start with one example; ``traits`` are any of the traits, by name."""
        first = _packed(queries, weights, keys, name, contributions, outcomes, causal, layer_names)
        super().__init__(_examples=[first])
        self._set_in_turn(traits, first="example")

    def add(
        self,
        queries: Sequence[str],
        weights: Numbers,
        keys: Sequence[str] | None = None,
        *,
        name: str = "",
        contributions: Numbers | None = None,
        outcomes: Sequence[Any] | None = None,
        causal: bool = False,
        layer_names: Sequence[str] | None = None,
    ) -> AttentionHeads:
        """Take a further example for the reader to choose from. Returns the widget itself."""
        further = _packed(queries, weights, keys, name, contributions, outcomes, causal, layer_names)
        self._examples = [*self._examples, further]
        return self

    @traitlets.validate("example", "layer", "head", "query")
    def _check_index(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        known = self._examples[self.example]
        count = {"example": len(self._examples), "query": len(known["queries"])}.get(
            name, known.get(f"{name}s", 0)
        )
        low = AVERAGE if name == "head" else 0
        if not low <= value < count:
            raise traitlets.TraitError(
                f"{name} must be a whole number from {low} to {count - 1}; got {value}"
            )
        return value

    @traitlets.validate("off")
    def _check_off(self, proposal: Any) -> list[int]:
        value, count = proposal["value"], self._examples[self.example]["heads"]
        if len(set(value)) < len(value) or not all(0 <= head < count for head in value):
            raise traitlets.TraitError(
                f"off must hold different whole numbers from 0 to {count - 1}; got {value}"
            )
        return sorted(value)

    @traitlets.observe("example")
    def _stay_within(self, change: dict[str, Any]) -> None:
        known = self._examples[self.example]
        self.layer = min(self.layer, known["layers"] - 1)
        self.head = min(self.head, known["heads"] - 1)
        self.query = min(self.query, len(known["queries"]) - 1)
        self.off = [head for head in self.off if head < known["heads"]]

    @property
    def weights(self) -> Float[np.ndarray, "h q k"]:
        """The weights shown, those of the chosen example and layer, as the page has them."""
        known = self._examples[self.example]
        shape = (known["layers"], known["heads"], len(known["queries"]), len(known["keys"]))
        return _numbers(known["weights"]).reshape(shape)[self.layer] / 255

    @property
    def contributions(self) -> Float[np.ndarray, "h q m"] | None:
        """What each head adds to the outputs, as the page has it, or None where it was not given."""
        known = self._examples[self.example]
        if not known["features"]:
            return None
        shape = (known["layers"], known["heads"], len(known["queries"]), known["features"])
        return known["step"] * (_numbers(known["contributions"]).reshape(shape)[self.layer] - 128)

    @property
    def outcome(self) -> str | None:
        """What the model answers with the heads that are on, or None where it was not given."""
        outcomes = self._examples[self.example]["outcomes"]
        return outcomes[self.layer][sum(1 << head for head in self.off)] if outcomes else None

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        known = self._examples[self.example]
        place = f"{known['name']}, " if known["name"] else ""
        if known["layers"] > 1:
            place += f"{known['layer_names'][self.layer]}, "
        heads = f"{known['heads']} head{'' if known['heads'] == 1 else 's'} side by side"
        if self.off:
            heads += f", {len(self.off)} of them off"
        best = [f"head {h + 1} on {known['keys'][row.argmax()]}" for h, row in enumerate(self._rows())]
        return f"{place}{heads}; {known['queries'][self.query]} puts most weight in {_listed(best)}"

    def _rows(self) -> Float[np.ndarray, "h k"]:
        return self.weights[:, self.query]

    def _figure(self) -> Figure:
        """Return the heads of the layer as small heat maps."""
        import matplotlib.pyplot as plt

        known = self._examples[self.example]
        columns = min(4, known["heads"])
        rows = -(-known["heads"] // columns)
        figure, axes = plt.subplots(rows, columns, figsize=(7, 0.3 + 2.1 * rows), squeeze=False)
        for ax in axes.flat[known["heads"] :]:
            ax.set_axis_off()
        letters = {axis: _drawable(known[axis]) for axis in ("queries", "keys")}
        for head, (ax, weights) in enumerate(zip(axes.flat, self.weights, strict=False)):
            ax.imshow(weights, cmap=style.head_map(head), vmin=0, vmax=1, aspect="auto")
            ax.set_title(f"head {head + 1}{' (off)' if head in self.off else ''}")
            ax.set(xticks=[], yticks=[])
            if letters["keys"]:
                ax.set_xticks(range(len(known["keys"])), known["keys"], rotation=90, fontsize=6)
            if letters["queries"] and head % columns == 0:
                ax.set_yticks(range(len(known["queries"])), known["queries"], fontsize=6)
        return figure


def _packed(
    queries: Sequence[str],
    weights: Numbers,
    keys: Sequence[str] | None,
    name: str,
    contributions: Numbers | None,
    outcomes: Sequence[Any] | None,
    causal: bool,
    layer_names: Sequence[str] | None,
) -> dict[str, Any]:
    """One example as it travels to the page, everything in it checked."""
    queries = _tokens("queries", queries)
    keys = queries if keys is None else _tokens("keys", keys)
    weights = _array("weights", weights)
    if weights.ndim not in (3, 4) or weights.shape[-2:] != (len(queries), len(keys)):
        raise ValueError(
            f"weights: expected shape (heads, {len(queries)}, {len(keys)}), or layers before it, for "
            f"{len(queries)} queries and {len(keys)} keys, received {weights.shape}"
        )
    several = weights.ndim == 4
    weights = weights if several else weights[None]
    layers, heads = weights.shape[:2]
    if weights.min() < 0 or weights.max() > 1 + ROUNDING:
        raise ValueError(
            f"weights: expected numbers from 0 to 1, received {weights.min()} to {weights.max()}"
        )
    most = weights.sum(axis=-1).max()
    if most > 1 + ROUNDING:
        raise ValueError(f"weights: expected rows that sum to one, received one that sums to {most:.3f}")
    if layer_names is None:
        layer_names = [f"layer {layer + 1}" for layer in range(layers)]
    if len(layer_names) != layers:
        raise ValueError(f"layer_names: expected {layers} names, one a layer, received {len(layer_names)}")
    step, parts = 0.0, None
    if contributions is not None:
        parts = _array("contributions", contributions)
        expected = (*weights.shape[not several : 3], "m")
        if parts.ndim != len(expected) or parts.shape[:-1] != expected[:-1]:
            raise ValueError(
                f"contributions: expected shape ({', '.join(map(str, expected))}) as weights, "
                f"received {parts.shape}"
            )
        step = float(np.abs(parts).max()) / 127 or 1.0
    return {
        "name": name,
        "queries": queries,
        "keys": keys,
        "layers": layers,
        "heads": heads,
        "layer_names": list(layer_names),
        "causal": bool(causal),
        "weights": _text(np.round(255 * np.minimum(weights, 1))),
        "features": 0 if parts is None else parts.shape[-1],
        "step": step,
        "contributions": "" if parts is None else _text(np.round(parts / step) + 128),
        "outcomes": _outcomes(outcomes, layers, heads, several),
    }


def _tokens(name: str, tokens: Sequence[str]) -> list[str]:
    tokens = list(tokens)
    if not all(isinstance(token, str) and token for token in tokens):
        raise TypeError(f"{name}: expected texts, none of them empty, received {tokens!r:.80}")
    if not 1 <= len(tokens) <= MOST_TOKENS:
        raise ValueError(f"{name}: expected 1 to {MOST_TOKENS} tokens, received {len(tokens)}")
    return tokens


def _array(name: str, numbers: Numbers) -> Float[np.ndarray, "..."]:
    """Numbers of any kind, a PyTorch tensor's as well, in double precision."""
    array = np.asarray(numbers, dtype=np.float64)
    if array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, at least one, received shape {array.shape}")
    return array


def _outcomes(
    outcomes: Sequence[Any] | None, layers: int, heads: int, several: bool
) -> list[list[str]] | None:
    if outcomes is None:
        return None
    if heads > MOST_SWITCHED:
        raise ValueError(f"outcomes: expected at most {MOST_SWITCHED} heads, received {heads}")
    by_layer = [list(each) for each in (outcomes if several else [outcomes])]
    if [len(each) for each in by_layer] != [2**heads] * layers:
        raise ValueError(
            f"outcomes: expected {2**heads} texts for {heads} heads in each of {layers} layers, "
            f"received {[len(each) for each in by_layer]}"
        )
    return by_layer


def _text(numbers: Float[np.ndarray, "..."]) -> str:
    return base64.b64encode(numbers.astype(np.uint8).tobytes()).decode("ascii")


def _numbers(text: str) -> Float[np.ndarray, " n"]:
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).astype(np.float64)


def _drawable(tokens: list[str]) -> bool:
    """Whether a small picture has room for the tokens, and matplotlib's own font has their letters."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    return len(tokens) <= 16 and all(font.get_char_index(ord(letter)) for letter in "".join(tokens))


def _listed(parts: list[str]) -> str:
    """Some of many, as one says them."""
    shown = parts[:4] + ([f"{len(parts) - 4} more heads"] if len(parts) > 4 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
