"""The next-token widget: a model's own probabilities, and what temperature, top-k and top-p make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import traitlets
from jaxtyping import Float, Integer

from attend.widgets.base import AttendWidget
from attend.widgets.draws import uniform_draws

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BARS = 20
TEMPERATURES = (0.05, 5.0)
MOST_TOP_K = 1_000_000  # more tokens than any vocabulary has: all of them
DRAWS = (0, 1, 100, 1000)
LAST_SEED = 9999
BIN = 0.5  # width in logits of the bins that hold the tokens without a name
PARTS = ("title", "vocabulary", "tokens", "start", "steps")


class Distribution(NamedTuple):
    """What a step's tokens are drawn with; `rest` is what stays of the tokens without a name.

    `kept` counts the tokens that stay, `share` is what they held before the others were cut, and `entropy`
    is in bits.
    """

    probabilities: Float[np.ndarray, " named"]
    rest_mass: float
    rest_count: int
    kept: int
    share: float
    entropy: float


def passage(
    title: str,
    ids: Integer[np.ndarray, " n"],
    logits: Float[np.ndarray, "n vocabulary"],
    name: Callable[[int], str],
    *,
    start: int = 1,
    named: int = 120,
) -> dict[str, Any]:
    """Pack a text and a model's logits after each of its tokens, small enough for a page.

    `logits[i]` are those for the token after `ids[i]`; the first `start` tokens are the prompt, whose inside
    is left out. The `named` likeliest tokens keep their text, from `name`, and their logit to three
    decimals. The others are counted in bins half a logit wide, each of which stands at the logit that keeps
    its mass at temperature 1. Raises ValueError for a `start` that is no place in the text.
    """
    ids, logits = np.asarray(ids), np.asarray(logits, dtype=float)
    if not 1 <= start <= len(ids):
        raise ValueError(f"start: expected a whole number from 1 to {len(ids)}, received {start}")
    steps = [_step(row, ids[i + 1 : i + 2], name, named) for i, row in enumerate(logits) if i >= start - 1]
    return {
        "title": title, "vocabulary": logits.shape[1], "tokens": [name(int(i)) for i in ids], "start": start,
        "steps": steps,
    }  # fmt: skip


def _step(row: np.ndarray, next_id: np.ndarray, name: Callable[[int], str], named: int) -> dict[str, Any]:
    """One place: its likeliest tokens, the others in bins, and which token the text goes on with."""
    order = np.argsort(-row, kind="stable")
    top, others = order[:named], row[order[named:]]
    place = np.flatnonzero(order == next_id[0]) if len(next_id) else np.array([-1])
    tail = []
    bins = np.floor(others / BIN)
    for value in np.unique(bins)[::-1]:
        members = others[bins == value]
        height = np.log(np.exp(members - members.max()).mean()) + members.max()
        tail.append([round(float(height), 3), len(members)])
    return {
        "tokens": [name(int(i)) for i in top], "logits": np.round(row[top], 3).tolist(), "tail": tail,
        "next": int(place[0]),
    }  # fmt: skip


def distribution(
    step: Mapping[str, Any], temperature: float = 1.0, top_k: int = MOST_TOP_K, top_p: float = 1.0
) -> Distribution:
    """Give the probabilities to draw from, as `attend.nn.generate.distribution` does, from a packed step."""
    heights = np.array([*step["logits"], *(height for height, _ in step["tail"])])
    sizes = np.array([1] * len(step["logits"]) + [size for _, size in step["tail"]])
    weights = np.exp((heights - heights[0]) / temperature)
    counts = np.clip(top_k - (np.cumsum(sizes) - sizes), 0, sizes)
    if top_p < 1:  # or rounding would cut what lies behind a sum of nearly one
        each = weights / (counts @ weights)
        held = counts * each
        before = np.cumsum(held) - held  # what likelier tokens hold already
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = np.where(each > 0, np.ceil((top_p - before) / each), np.where(before < top_p, counts, 0))
        counts = np.clip(wanted, 0, counts).astype(int)
    each = np.where(counts > 0, weights / (counts @ weights), 0.0)
    named = len(step["tokens"])
    drawn = (counts > 0) & (each > 0)
    surprise = np.log2(each, where=drawn, out=np.zeros_like(each))
    return Distribution(
        each[:named],
        float(counts[named:] @ each[named:]),
        int(counts[named:].sum()),
        int(counts.sum()),
        float(counts @ weights / (sizes @ weights)),
        max(0.0, float(-(counts * each) @ surprise)),
    )


class NextToken(AttendWidget, module="next_token"):
    """Draw the next token of a text from a model's probabilities, sharpened by temperature and cut.

    ``passages`` come from `passage`; ``passage`` says which is shown and ``position`` after how many of its
    tokens the model is asked. Raises traitlets.TraitError that names the trait, the value and what was
    expected.
    """

    passages = traitlets.List(traitlets.Dict(), help="what `passage` has packed").tag(sync=True)
    passage = traitlets.Int(0, help="which passage").tag(sync=True)
    position = traitlets.Int(1, help="how many tokens the model has read").tag(sync=True)
    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int(MOST_TOP_K, help="keep this many tokens").tag(sync=True)
    top_p = traitlets.Float(1.0, help="then the fewest that hold this much").tag(sync=True)
    draws = traitlets.Int(0, help=f"how many draws, one of {DRAWS}").tag(sync=True)
    seed = traitlets.Int(0, help="another number, other draws").tag(sync=True)

    def __init__(self, passages: Sequence[Mapping[str, Any]], **traits: Any) -> None:
        """Show passages that `passage` has packed, from the end of the first one's prompt."""
        passages = [dict(one) for one in passages]
        number = traits.get("passage", 0)
        if "position" not in traits and isinstance(number, int) and 0 <= number < len(passages):
            traits["position"] = passages[number].get("start", 1)
        super().__init__(passages=passages, **traits)

    @traitlets.validate("passages")
    def _check_passages(self, proposal: Any) -> list[dict[str, Any]]:
        value = proposal["value"]
        if not value:
            raise traitlets.TraitError("passages must hold at least one passage; got none")
        for one in value:
            if missing := [part for part in PARTS if part not in one]:
                raise traitlets.TraitError(
                    f"passages must come from attend.widgets.next_token.passage; got one without {missing[0]}"
                )
        return value

    # The constructor checks its traits in no fixed order: the rules of one must bear a fault in another.
    @traitlets.validate("passage")
    def _check_passage(self, proposal: Any) -> int:
        return _between("passage", proposal["value"], 0, max(len(self.passages) - 1, 0))

    @traitlets.validate("position")
    def _check_position(self, proposal: Any) -> int:
        value = proposal["value"]
        if not 0 <= self.passage < len(self.passages) or "steps" not in self.passages[self.passage]:
            return value
        shown = self.passages[self.passage]
        return _between("position", value, shown["start"], shown["start"] + len(shown["steps"]) - 1)

    @traitlets.validate("temperature")
    def _check_temperature(self, proposal: Any) -> float:
        value, (low, high) = proposal["value"], TEMPERATURES
        if not low <= value <= high:
            raise traitlets.TraitError(
                f"temperature must be a number from {low:g} to {high:g}; got {value!r}"
            )
        return value

    @traitlets.validate("top_p")
    def _check_top_p(self, proposal: Any) -> float:
        value = proposal["value"]
        if not 0 < value <= 1:
            raise traitlets.TraitError(f"top_p must be a number above 0, at most 1; got {value!r}")
        return value

    @traitlets.validate("top_k")
    def _check_top_k(self, proposal: Any) -> int:
        return _between("top_k", proposal["value"], 1, MOST_TOP_K)

    @traitlets.validate("draws")
    def _check_draws(self, proposal: Any) -> int:
        value = proposal["value"]
        if value not in DRAWS:
            raise traitlets.TraitError(f"draws must be one of {', '.join(map(str, DRAWS))}; got {value}")
        return value

    @traitlets.validate("seed")
    def _check_seed(self, proposal: Any) -> int:
        return _between("seed", proposal["value"], 0, LAST_SEED)

    @property
    def step(self) -> dict[str, Any]:
        """The packed logits of the place that is shown."""
        shown = self.passages[self.passage]
        return shown["steps"][self.position - shown["start"]]

    @property
    def distribution(self) -> Distribution:
        """What the next token is drawn with."""
        return distribution(self.step, self.temperature, self.top_k, self.top_p)

    @property
    def counts(self) -> Integer[np.ndarray, " named_and_rest"]:
        """How often each named token was drawn, and last how often one of the rest."""
        drawn = self.distribution
        edges = np.cumsum(drawn.probabilities)
        named = np.searchsorted(edges, uniform_draws(self.draws, self.seed), side="right")
        beyond = len(edges) if drawn.rest_count > 0 else np.flatnonzero(drawn.probabilities)[-1]
        named[named == len(edges)] = beyond
        return np.bincount(named, minlength=len(edges) + 1)

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now.

        It holds no digits of probabilities: the last ones of a model's hang on the machine.
        """
        shown = self.passages[self.passage]
        best = ", ".join(visible(token) for token in self.step["tokens"][:3])
        cuts = f", top-k {self.top_k}" if self.top_k < shown["vocabulary"] else ""
        cuts += f", top-p {self.top_p:g}" if self.top_p < 1 else ""
        drawn = f"; {self.draws} drawn with seed {self.seed}" if self.draws else ""
        return (
            f"{shown['title']}, the token after {self.position} of {len(shown['tokens'])} at temperature "
            f"{self.temperature:g}{cuts}; the likeliest of {shown['vocabulary']}: {best}{drawn}"
        )

    def _figure(self) -> Figure:
        """Return the likeliest tokens as bars: the model's own probabilities and those drawn from."""
        import matplotlib.pyplot as plt

        from attend import style

        figure, ax = plt.subplots(figsize=(7, 4.6))
        names = [visible(token) for token in self.step["tokens"][:BARS]]
        own, now = distribution(self.step).probabilities[:BARS], self.distribution.probabilities[:BARS]
        places = np.arange(len(names))
        ax.barh(places, now, color=style.TOKENS["weight-high"][0], label="drawn from")
        ax.barh(places, own, fill=False, edgecolor=style.TOKENS["ink"][0], label="the model's own")
        ax.set_yticks(places, names, parse_math=False)
        ax.invert_yaxis()
        ax.set(xlabel="probability of the next token", title=f"temperature {self.temperature:g}")
        ax.legend(loc="lower right")
        return figure


def visible(token: str) -> str:
    """Return a token with its blanks and line breaks to be seen, and no other unseen characters."""
    shown = token.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥").replace("\r", "↵")
    return "".join(letter if letter.isprintable() else "�" for letter in shown) or "∅"


def _between(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise traitlets.TraitError(f"{name} must be a whole number from {low} to {high}; got {value}")
    return value
