"""The block-walk widget: one token on its way through a block of the trained translator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Float

from attend.attention import merge_heads, scaled_dot_score, softmax, split_heads, weighted_sum
from attend.block import layer_norm, relu
from attend.data.numerals import english, split_english
from attend.data.translation import SOURCE
from attend.data.vocabulary import END, SPECIAL
from attend.position import rotary
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUM_HEADS, NUM_BLOCKS, D_MODEL = 4, 2, 64
STEPS = (
    "input", "norm", "q, k, v", "scores", "softmax", "weighted sum",
    "merge", "add", "second norm", "hidden", "back down", "output",
)  # fmt: skip
LIMIT = 1_000_000
MOST_FACTOR = 10.0
LEVELS = 31  # on each side of zero
CODES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
STACK, EMBEDDING = "transformer.encoder.", "source_embedding.tokens.weight"

Array = np.ndarray


class BlockWalk(AttendWidget, module="block_walk"):
    """Step a token of an English number through a block of the translator's encoder, vector by vector.

    ``model`` is the trained translator (``attend.nn.translator.load()``) or another of its shape. Its
    weights travel with the page, rounded to 63 levels each, which leaves its translations as they were; all
    that is shown is computed from the rounded ones. The traits say which ``number`` is read, which ``token``,
    ``head``, ``block`` and ``step`` are looked at, all counted from 0, and what is changed in that block:
    without its ``residual`` connections, without its norms (``normalised``), or with one ``feature`` of the
    token's input, or all (-1), times ``factor``.

    Raises traitlets.TraitError that names the trait, the value and what was expected.
    """

    number = traitlets.Int(342_017, help="the number that is read").tag(sync=True)
    token = traitlets.Int(0, help="the token that walks").tag(sync=True)
    head = traitlets.Int(0, help="the head that is looked at").tag(sync=True)
    block = traitlets.Int(0, help="the block that is walked through").tag(sync=True)
    step = traitlets.Int(0, help=f"a place in {STEPS}").tag(sync=True)
    residual = traitlets.Bool(True, help="whether the block adds to what was there").tag(sync=True)
    normalised = traitlets.Bool(True, help="whether the block normalises").tag(sync=True)
    feature = traitlets.Int(-1, help="the input feature that is scaled; -1 for all").tag(sync=True)
    factor = traitlets.Float(1.0, help="what it is multiplied by").tag(sync=True)
    _tensors = traitlets.Dict().tag(sync=True)

    def __init__(self, model: Any, **traits: Any) -> None:
        super().__init__(_tensors=pack(model.state_dict()), **traits)

    @traitlets.validate("number")
    def _check_number(self, proposal: Any) -> int:
        return _between("number", proposal["value"], 0, LIMIT - 1)

    @traitlets.validate("token")
    def _check_token(self, proposal: Any) -> int:
        most = len(tokens_of(_between("number", self.number, 0, LIMIT - 1))) - 1
        return _between("token", proposal["value"], 0, most)

    @traitlets.validate("head", "block", "step", "feature")
    def _check_place(self, proposal: Any) -> int:
        name = proposal["trait"].name
        most = {"head": NUM_HEADS, "block": NUM_BLOCKS, "step": len(STEPS), "feature": D_MODEL}[name] - 1
        return _between(name, proposal["value"], -1 if name == "feature" else 0, most)

    @traitlets.validate("factor")
    def _check_factor(self, proposal: Any) -> float:
        value = proposal["value"]
        if not -MOST_FACTOR <= value <= MOST_FACTOR:
            raise traitlets.TraitError(f"factor must be a number from -10 to 10; got {value!r}")
        return value

    @property
    def tokens(self) -> list[str]:
        """The words of the number, and the token that ends them."""
        return tokens_of(self.number)

    @property
    def trace(self) -> dict[str, Float[Array, "..."]]:
        """Every stage of the chosen block for all tokens (n, …), and scores and weights (h, n, n)."""
        weights = unpack(self._tensors)
        ids = SOURCE.encode([split_english(english(self.number))])[0]
        x = weights["embedding"][ids] * math.sqrt(D_MODEL)  # (n, m)
        for before in range(self.block):
            x = trace_block(x, weights, before)["output"]
        x = x.copy()
        x[self.token, slice(None) if self.feature < 0 else self.feature] *= self.factor
        return trace_block(x, weights, self.block, self.residual, self.normalised)

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        words, changes = self.tokens, []
        if not self.residual:
            changes.append("without the residual")
        if not self.normalised:
            changes.append("without normalisation")
        if self.factor != 1:
            what = "all input features" if self.feature < 0 else f"input feature {self.feature}"
            changes.append(f"{what} times {self.factor:g}")
        best = words[int(self.trace["weights"][self.head, self.token].argmax())]
        return (
            f"“{words[self.token]}” of “{' '.join(words[:-1])}” on its way through block {self.block + 1} of "
            f"the translator{''.join(f', {change}' for change in changes)}; step {self.step + 1} of "
            f"{len(STEPS)}, {STEPS[self.step]}; head {self.head + 1} looks most at “{best}”"
        )

    def _figure(self) -> Figure:
        """Return the token's vector at five stages as strips, and where its head looks."""
        import matplotlib.pyplot as plt

        from attend import style

        trace, words = self.trace, self.tokens
        stages = {
            "input": "input",
            "attention adds": "attended",
            "sum": "middle",
            "feed-forward adds": "change",
        }
        figure, axes = plt.subplots(6, 1, figsize=(7, 4.2), height_ratios=(1, 1, 1, 1, 1, 3))
        for ax, (name, stage) in zip(axes, {**stages, "output": "output"}.items(), strict=False):
            row = trace[stage][self.token]
            high = np.abs(row).max() or 1.0
            ax.imshow(row[None], cmap=style.diverging(), vmin=-high, vmax=high, aspect="auto")
            ax.set(yticks=[], xticks=[])
            ax.set_ylabel(name, rotation=0, ha="right", va="center")
        weights = trace["weights"][self.head, self.token]
        axes[-1].bar(range(len(words)), weights, color=style.TOKENS["weight-high"][0])
        axes[-1].set_xticks(range(len(words)), words)
        axes[-1].set(ylim=(0, 1), ylabel=f"weight, head {self.head + 1}")
        return figure


def tokens_of(number: int) -> list[str]:
    """Return the tokens of a number's English words."""
    return [*split_english(english(number)), SPECIAL[END]]


def pack(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the encoder's weights as text, a character a weight: 31 levels on each side of zero."""
    packed = {}
    for name, tensor in state.items():
        if name == EMBEDDING or name.startswith(f"{STACK}layers."):
            values = np.asarray(tensor, np.float64)
            scale = float(f"{np.abs(values).max():.6g}") or 1.0
            levels = np.clip(np.rint(values / scale * LEVELS), -LEVELS, LEVELS).astype(int)
            codes = "".join(CODES[level + LEVELS] for level in levels.ravel())
            packed["embedding" if name == EMBEDDING else name.removeprefix(STACK)] = {
                "shape": list(values.shape),
                "scale": scale,
                "codes": codes,
            }
    return packed


def unpack(packed: dict[str, dict[str, Any]]) -> dict[str, Float[Array, "..."]]:
    """Return the rounded weights, the inverse of `pack` up to the rounding."""
    values = {code: (place - LEVELS) / LEVELS for place, code in enumerate(CODES)}
    return {
        name: np.reshape([values[code] * tensor["scale"] for code in tensor["codes"]], tensor["shape"])
        for name, tensor in packed.items()
    }


def trace_block(
    x: Float[Array, "n m"],
    weights: dict[str, Array],
    block: int,
    residual: bool = True,
    normalised: bool = True,
) -> dict[str, Float[Array, "..."]]:
    """Pass vectors through a pre-LN block with rotary positions and keep what arises on the way.

    Raises KeyError when ``weights`` lacks one of the block's.
    """

    def at(name: str) -> Array:
        return weights[f"layers.{block}.{name}"]

    def norm(x: Array, name: str) -> Array:
        return layer_norm(x, at(f"{name}.norm.weight"), at(f"{name}.norm.bias")) if normalised else x

    def linear(x: Array, name: str) -> Array:
        return x @ at(f"{name}.weight").T + at(f"{name}.bias")

    normed = norm(x, "attention_residual")
    query, key, value = np.split(linear(normed, "attention.in_projection"), 3, axis=-1)  # (n, m) each
    places = np.arange(len(x))
    query, key = (rotary(split_heads(part, NUM_HEADS), places) for part in (query, key))  # (h, n, d)
    scores = scaled_dot_score(query, key)  # (h, n, n)
    attention = softmax(scores)
    merged = merge_heads(weighted_sum(attention, split_heads(value, NUM_HEADS)))  # (n, m)
    attended = linear(merged, "attention.output_projection")
    middle = residual * x + attended
    read = norm(middle, "feed_forward_residual")
    before = linear(read, "feed_forward.expand")  # (n, f)
    hidden = relu(before)
    change = linear(hidden, "feed_forward.contract")
    return {
        "input": x, "normed": normed, "query": merge_heads(query), "key": merge_heads(key), "value": value,
        "scores": scores, "weights": attention, "merged": merged, "attended": attended, "middle": middle,
        "read": read, "before": before, "hidden": hidden, "change": change,
        "output": residual * middle + change,
    }  # fmt: skip


def _between(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise traitlets.TraitError(f"{name} must be a whole number from {low} to {high}; got {value}")
    return value
