"""The attention-weights widget: type a sentence, drag vectors, follow the numbers from score to output."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from jaxtyping import Bool, Float

from attend import style
from attend.attention import (
    additive_score,
    causal_mask,
    cosine_score,
    dot_score,
    padding_mask,
    scaled_dot_score,
    softmax,
    weighted_sum,
)
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_TOKENS = 64
FURTHEST = 1000.0
TEMPERATURES = (0.01, 100.0)

SCORES = ("dot", "scaled dot", "cosine", "additive")
MASKS = ("none", "causal", "padding")
VIEWS = ("matrix", "lines", "table")
QUANTITIES = ("weights", "scores")

# A trained model learns these three; identity and ones keep the arithmetic short enough to follow:
# score = tanh(q₁ + k₁) + tanh(q₂ + k₂).
ADDITIVE_QUERY_MATRIX = np.eye(2)
ADDITIVE_KEY_MATRIX = np.eye(2)
ADDITIVE_VECTOR = np.ones(2)

# A map of meanings drawn by hand, for this widget alone: beings lie up and to the left, things and places up
# and to the right, qualities at the top, actions at the bottom. The more a word says, the longer its arrow,
# so grammar words stay near the origin. Nothing here was learned from text.
WORD_MAP: dict[str, tuple[float, float]] = {
    # beings
    "cat": (-1.6, 0.9), "cats": (-1.65, 0.9), "dog": (-1.5, 1.1), "dogs": (-1.55, 1.1),
    "mouse": (-1.7, 0.6), "mice": (-1.75, 0.6), "bird": (-1.5, 0.7), "birds": (-1.55, 0.7),
    "fish": (-1.3, 0.5), "horse": (-1.4, 1.0), "cow": (-1.45, 0.9), "fox": (-1.6, 0.8),
    "lion": (-1.6, 1.1), "bear": (-1.55, 1.0), "rabbit": (-1.65, 0.7), "animal": (-1.5, 0.8),
    "animals": (-1.55, 0.8), "child": (-1.3, 1.2), "children": (-1.35, 1.2), "boy": (-1.35, 1.15),
    "girl": (-1.35, 1.25), "man": (-1.2, 1.1), "woman": (-1.2, 1.2), "mother": (-1.1, 1.3),
    "father": (-1.1, 1.2), "king": (-1.0, 1.1), "queen": (-1.0, 1.2), "teacher": (-1.1, 1.0),
    "student": (-1.2, 1.0), "friend": (-1.1, 1.1), "doctor": (-1.05, 1.05), "people": (-1.25, 1.05),
    "he": (-0.8, 0.6), "she": (-0.8, 0.65), "i": (-0.8, 0.5), "you": (-0.75, 0.5), "we": (-0.75, 0.6),
    "they": (-0.7, 0.6), "him": (-0.8, 0.55), "her": (-0.75, 0.65), "me": (-0.75, 0.45),
    "us": (-0.7, 0.55), "them": (-0.65, 0.55), "who": (-0.6, 0.4), "it": (-0.3, 0.5),
    # things and places
    "mat": (1.6, 0.7), "table": (1.6, 0.9), "chair": (1.55, 0.8), "bed": (1.5, 0.7), "sofa": (1.5, 0.8),
    "house": (1.4, 1.1), "home": (1.2, 1.0), "room": (1.35, 1.0), "door": (1.5, 1.0),
    "window": (1.5, 1.05), "tree": (1.2, 1.2), "garden": (1.2, 1.1), "forest": (1.15, 1.25),
    "river": (1.3, 1.2), "sea": (1.25, 1.25), "mountain": (1.25, 1.3), "street": (1.5, 1.2),
    "road": (1.5, 1.15), "city": (1.35, 1.25), "school": (1.2, 0.9), "bank": (1.4, 0.9),
    "book": (1.6, 0.5), "books": (1.65, 0.5), "letter": (1.6, 0.45), "ball": (1.7, 0.6),
    "box": (1.7, 0.7), "car": (1.6, 0.6), "train": (1.55, 0.65), "key": (1.7, 0.5), "bread": (1.4, 0.4),
    "milk": (1.35, 0.4), "food": (1.3, 0.4), "water": (1.3, 0.5), "cheese": (1.45, 0.4),
    "apple": (1.45, 0.5), "sun": (1.1, 1.3), "moon": (1.1, 1.35), "brain": (0.6, 0.9), "word": (0.9, 0.5),
    "words": (0.95, 0.5), "sentence": (0.95, 0.55), "attention": (0.4, 0.5),
    # actions
    "sat": (0.2, -1.4), "sit": (0.2, -1.35), "sits": (0.2, -1.45), "slept": (0.1, -1.3),
    "sleeps": (0.1, -1.35), "ran": (-0.3, -1.7), "run": (-0.3, -1.65), "runs": (-0.3, -1.75),
    "chased": (-0.4, -1.7), "chases": (-0.4, -1.75), "caught": (-0.35, -1.6), "jumped": (-0.25, -1.65),
    "jumps": (-0.25, -1.7), "walked": (-0.2, -1.6), "walks": (-0.2, -1.65), "cross": (0.15, -1.6),
    "crossed": (0.15, -1.65), "ate": (0.2, -1.7), "eats": (0.2, -1.75), "drank": (0.25, -1.65),
    "saw": (0.0, -1.5), "sees": (0.0, -1.55), "looked": (0.0, -1.45), "read": (0.3, -1.5),
    "reads": (0.3, -1.55), "wrote": (0.35, -1.5), "writes": (0.35, -1.55), "gave": (0.1, -1.5),
    "gives": (0.1, -1.55), "took": (0.15, -1.5), "made": (0.25, -1.55), "said": (-0.15, -1.4),
    "says": (-0.15, -1.45), "loves": (-0.3, -1.3), "loved": (-0.3, -1.35), "likes": (-0.25, -1.25),
    "learns": (-0.1, -1.35), "learn": (-0.1, -1.3), "attends": (-0.05, -1.3), "was": (0.05, -0.4),
    "is": (0.05, -0.35), "are": (0.05, -0.3), "were": (0.05, -0.45), "has": (0.1, -0.4),
    "had": (0.1, -0.45), "did": (0.0, -0.5), "didn't": (0.0, -0.6), "not": (0.0, -0.3),
    # qualities: nearer to the beings or to the things that have them
    "tired": (-0.7, 1.5), "hungry": (-0.75, 1.45), "happy": (-0.6, 1.55), "sad": (-0.6, 1.5),
    "young": (-0.5, 1.5), "old": (-0.1, 1.6), "big": (0.1, 1.6), "small": (0.0, 1.55),
    "little": (-0.1, 1.5), "quick": (-0.4, 1.4), "brown": (0.1, 1.4), "black": (0.2, 1.45),
    "white": (0.25, 1.45), "red": (0.3, 1.5), "green": (0.4, 1.5), "lazy": (-0.65, 1.4),
    "wide": (0.7, 1.5), "warm": (0.3, 1.4), "cold": (0.35, 1.4), "good": (-0.1, 1.4), "new": (0.4, 1.4),
    "long": (0.6, 1.45),
    # grammar
    "the": (0.1, 0.05), "a": (0.1, 0.0), "an": (0.1, 0.0), "this": (0.15, 0.1), "that": (0.1, 0.1),
    "and": (0.0, -0.05), "or": (0.0, -0.1), "but": (-0.05, -0.1), "because": (-0.1, -0.15),
    "so": (-0.05, -0.05), "too": (-0.05, 0.2), "very": (0.0, 0.25), "of": (0.15, 0.0), "to": (0.25, 0.0),
    "on": (0.4, 0.1), "in": (0.4, 0.15), "under": (0.5, 0.1), "over": (0.45, 0.05), "up": (0.35, 0.05),
    "down": (0.35, 0.0), "at": (0.35, 0.1), "across": (0.4, -0.1), "with": (0.1, 0.1),
    "for": (0.15, 0.05), "from": (0.25, -0.05), "by": (0.3, 0.05), "my": (-0.2, 0.15),
    "your": (-0.2, 0.1), "his": (-0.25, 0.15), "their": (-0.2, 0.2), "its": (-0.05, 0.15),
}  # fmt: skip

DEFAULT_SENTENCE = "the cat chased the mouse under the table"


def split_words(text: str) -> list[str]:
    """Return the words of ``text``: runs of letters, marks and digits, and each Chinese character by itself.

    An apostrophe or a hyphen between two letters stays inside its word; all other punctuation only separates.
    """
    words: list[str] = []
    current = ""
    for place, character in enumerate(text):
        if _is_han(character):
            words += [current, character]
            current = ""
        elif _is_letter(character) or (current and character in "'’-" and _is_joined(text[place + 1 :])):
            current += character
        else:
            words.append(current)
            current = ""
    return [word for word in [*words, current] if word]


def _is_han(character: str) -> bool:
    blocks = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF))
    return any(low <= ord(character) <= high for low, high in blocks)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _is_joined(rest: str) -> bool:
    return rest != "" and _is_letter(rest[0]) and not _is_han(rest[0])


def word_vector(word: str) -> tuple[float, float]:
    """Return the word's point on ``WORD_MAP``, or for an unknown word a point made from its letters.

    The made point comes from the 32-bit FNV-1a hash of the lower-case word in UTF-8 (Fowler, Noll and Vo),
    each coordinate a multiple of 0.01 from −1.2 to 1.2. It is the same every time and means nothing.
    """
    word = word.lower()
    if word in WORD_MAP:
        return WORD_MAP[word]
    code = 0x811C9DC5
    for byte in word.encode():
        code = ((code ^ byte) * 0x01000193) & 0xFFFFFFFF
    return ((code & 0xFFFF) % 241 - 120) / 100, ((code >> 16) % 241 - 120) / 100


class Words(traitlets.TraitType):
    """A list of 1 to 64 words; a string is split into words."""

    default_value = ()

    def validate(self, obj: traitlets.HasTraits, value: Any) -> list[str]:
        words = split_words(value) if isinstance(value, str) else value
        words = list(words) if isinstance(words, Iterable) else [None]
        if not all(isinstance(word, str) and word.strip() for word in words):
            raise traitlets.TraitError(
                f"{self.name} must be a string or a list of words, none of them empty, got {_short(value)}"
            )
        if not 1 <= len(words) <= MOST_TOKENS:
            raise traitlets.TraitError(
                f"{self.name} must hold 1 to {MOST_TOKENS} words, got {len(words)} from {_short(value)}"
            )
        return words


class Points(traitlets.TraitType):
    """None, or one point of the plane for each token; arrays are taken, and kept as lists for the page."""

    default_value = None
    allow_none = True

    def validate(self, obj: traitlets.HasTraits, value: Any) -> list[list[float]] | None:
        if value is None:
            return None
        try:
            points = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise traitlets.TraitError(
                f"{self.name} must be numbers of shape (tokens, 2), got {_short(value)}"
            ) from None
        if points.ndim != 2 or points.shape[1] != 2:
            raise traitlets.TraitError(f"{self.name} must have shape (tokens, 2), got shape {points.shape}")
        if not (np.abs(points) <= FURTHEST).all():  # False for NaN as well
            row = int(np.argmin((np.abs(points) <= FURTHEST).all(axis=1)))
            raise traitlets.TraitError(
                f"{self.name} must hold finite numbers from −{FURTHEST:g} to {FURTHEST:g}, "
                f"got {points[row].tolist()} in row {row}"
            )
        return points.tolist()


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


class AttentionWeights(AttendWidget, module="attention_weights"):
    """Attention from each word of a short sentence to every other, with all its numbers.

    Each word has a vector in the plane. ``vectors`` ask (queries); unless ``key_vectors`` and
    ``value_vectors`` are given, the same vectors also answer (keys) and are blended (values). While
    ``vectors`` is None they come from ``WORD_MAP``, drawn by hand. Whatever the reader types or drags on the
    page is in these traits a moment later, so that ``weights``, ``scores`` and ``output`` can be computed on.

    Raises traitlets.TraitError when a trait is given a value that it cannot hold.
    """

    tokens = Words(help="the words, or a sentence to split into words").tag(sync=True)
    vectors = Points(help="(tokens, 2), or None for the hand-drawn map").tag(sync=True)
    key_vectors = Points(help="(tokens, 2), or None for the same as vectors").tag(sync=True)
    value_vectors = Points(help="(tokens, 2), or None for the same as vectors").tag(sync=True)
    score = traitlets.Unicode("scaled dot", help=f"one of {SCORES}").tag(sync=True)
    temperature = traitlets.Float(1.0, help="divides the scores before softmax").tag(sync=True)
    mask = traitlets.Unicode("none", help=f"one of {MASKS}").tag(sync=True)
    valid_length = traitlets.Int(
        None, allow_none=True, help="how many tokens are real under the padding mask; None: all"
    ).tag(sync=True)
    query = traitlets.Int(1, help="index of the token whose row is looked at").tag(sync=True)
    view = traitlets.Unicode("matrix", help=f"one of {VIEWS}").tag(sync=True)
    quantity = traitlets.Unicode("weights", help=f"shown for all pairs: one of {QUANTITIES}").tag(sync=True)

    # The page places words that the reader types; it must know the same map.
    _word_map = traitlets.Dict(WORD_MAP).tag(sync=True)

    def __init__(self, tokens: str | Iterable[str] = DEFAULT_SENTENCE, **traits: Any) -> None:
        """Start from a sentence or a list of words; every other trait may be given by name."""
        words = self.class_traits()["tokens"].validate(self, tokens)
        traits.setdefault("query", min(1, len(words) - 1))
        unknown = sorted(set(traits) - set(self.class_traits()))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no trait {unknown[0]!r}")
        super().__init__(tokens=words, **traits)

    @traitlets.validate("score", "mask", "view", "quantity")
    def _known_name(self, proposal: dict[str, Any]) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        known = {"score": SCORES, "mask": MASKS, "view": VIEWS, "quantity": QUANTITIES}[name]
        if value not in known:
            raise traitlets.TraitError(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}")
        return value

    @traitlets.validate("temperature")
    def _usable_temperature(self, proposal: dict[str, Any]) -> float:
        value, (low, high) = proposal["value"], TEMPERATURES
        if not (math.isfinite(value) and low <= value <= high):
            raise traitlets.TraitError(f"temperature must be from {low:g} to {high:g}, got {value!r}")
        return value

    @traitlets.validate("tokens")
    def _tokens_fit(self, proposal: dict[str, Any]) -> list[str]:
        for name in ("vectors", "key_vectors", "value_vectors"):
            points = getattr(self, name)
            if points is not None and len(points) != len(proposal["value"]):
                raise traitlets.TraitError(
                    f"tokens has {len(proposal['value'])} words, but {name} has {len(points)} rows; "
                    f"they must be as many (set {name} to None before other words)"
                )
        return proposal["value"]

    @traitlets.validate("vectors", "key_vectors", "value_vectors")
    def _one_point_a_token(self, proposal: dict[str, Any]) -> list[list[float]] | None:
        points = proposal["value"]
        if points is not None and len(points) != len(self.tokens):
            raise traitlets.TraitError(
                f"{proposal['trait'].name} must have shape ({len(self.tokens)}, 2), one row for each token, "
                f"got shape ({len(points)}, 2)"
            )
        return points

    @traitlets.validate("query")
    def _query_is_a_token(self, proposal: dict[str, Any]) -> int:
        if not 0 <= proposal["value"] < len(self.tokens):
            raise traitlets.TraitError(
                f"query must be the index of a token, 0 to {len(self.tokens) - 1}, got {proposal['value']}"
            )
        return proposal["value"]

    @traitlets.validate("valid_length")
    def _valid_length_fits(self, proposal: dict[str, Any]) -> int | None:
        value = proposal["value"]
        if value is not None and not 1 <= value <= len(self.tokens):
            raise traitlets.TraitError(f"valid_length must be None or 1 to {len(self.tokens)}, got {value}")
        return value

    @traitlets.observe("tokens")
    def _stay_within(self, change: dict[str, Any]) -> None:
        last = len(self.tokens) - 1
        if self.query > last:
            self.query = last
        if self.valid_length is not None and self.valid_length > last + 1:
            self.valid_length = None

    @property
    def query_array(self) -> Float[np.ndarray, "n 2"]:
        """The queries: ``vectors``, or the words' places on the map."""
        points = [word_vector(word) for word in self.tokens] if self.vectors is None else self.vectors
        return np.array(points, dtype=np.float64)

    @property
    def key_array(self) -> Float[np.ndarray, "n 2"]:
        """The keys: ``key_vectors``, or the queries where none are given."""
        return self.query_array if self.key_vectors is None else np.array(self.key_vectors)

    @property
    def value_array(self) -> Float[np.ndarray, "n 2"]:
        """The values: ``value_vectors``, or the queries where none are given."""
        return self.query_array if self.value_vectors is None else np.array(self.value_vectors)

    @property
    def visible(self) -> Bool[np.ndarray, "n n"]:
        """True where a query (row) may look at a key (column)."""
        n = len(self.tokens)
        if self.mask == "causal":
            return causal_mask(n)
        if self.mask == "padding":
            lengths = np.array([n if self.valid_length is None else self.valid_length])
            return np.broadcast_to(padding_mask(lengths, n)[0], (n, n)).copy()
        return np.ones((n, n), dtype=bool)

    @property
    def scores(self) -> Float[np.ndarray, "n n"]:
        """Every query's score of every key, before temperature and mask."""
        query, key = self.query_array, self.key_array
        if self.score == "additive":
            return additive_score(query, key, ADDITIVE_QUERY_MATRIX, ADDITIVE_KEY_MATRIX, ADDITIVE_VECTOR)
        scores = {"dot": dot_score, "scaled dot": scaled_dot_score, "cosine": cosine_score}
        return scores[self.score](query, key)

    @property
    def weights(self) -> Float[np.ndarray, "n n"]:
        """Softmax of the scores divided by the temperature; rows add up to one, masked entries are zero."""
        return softmax(self.scores, self.visible, self.temperature)

    @property
    def output(self) -> Float[np.ndarray, "n 2"]:
        """Each query's blend of the values, taken in the proportions of its weights."""
        return weighted_sum(self.weights, self.value_array)

    def name_token(self, index: int) -> str:
        """Return the token, with its place in the sentence where the same word stands there twice."""
        word = self.tokens[index]
        return word if self.tokens.count(word) == 1 else f"{word} (word {index + 1})"

    def sentence_about(self, query: int) -> str:
        """Return one sentence that says where query number ``query`` looks."""
        row, seen = self.weights[query], self.visible[query]
        asked, best = self.name_token(query), int(np.argmax(row))
        if seen.sum() > 1 and row[seen].max() - row[seen].min() < 1e-9:
            return f"{asked} attends to {int(seen.sum())} words alike, {row[best]:.2f} each."
        target = "itself" if best == query else self.name_token(best)
        return f"{asked} attends most to {target}, {row[best]:.2f}."

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now; it serves as the picture's alt text."""
        count = len(self.tokens)
        mask = "no mask" if self.mask == "none" else f"{self.mask} mask"
        return (
            f"attention over {count} {'word' if count == 1 else 'words'}, {self.score} score, "
            f"temperature {self.temperature:g}, {mask}: {self.sentence_about(self.query)}"
        )

    def _figure(self) -> Figure:
        """Return the weights as a heat map beside the plane in which the vectors lie."""
        import matplotlib.pyplot as plt

        from attend import plots

        count = len(self.tokens)
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(9, 4.2), layout="constrained", gridspec_kw={"width_ratios": (1.25, 1)}
        )
        plots.heatmap(
            self.weights, self.tokens, self.tokens, left, numbers=count <= 10,
            title=self.sentence_about(self.query), row_label="query", column_label="key",
        )  # fmt: skip
        left.tick_params(axis="x", labelrotation=90 if count > 4 else 0)
        if count > 24:  # more names than the picture has room for would only blot one another out
            left.set(xticks=[], yticks=[])
        few = count <= 12
        plots.vectors(self.key_array, self.tokens if few else None, right, title="Keys and their query")
        x, y = self.query_array[self.query]
        right.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": style.QUERY, "lw": 3})
        return figure
