"""Architecture diagrams as inline SVG: boxes that link to what explains them, arrows, frames with a caption.

The colours are the book's CSS variables, with the light ones for pages that have none, so a diagram follows
the page from light to dark. All coordinates are CSS pixels on a drawing that fits a phone. `links` maps the
names of boxes to addresses; a box without an address is no link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from attend.style import TOKENS

Number = float | int
Point = tuple[Number, Number]
BOX, GAP = 34, 18  # height of a box, distance between two
FILLS = {"attention": "weight-low", "network": "surface", "norm": "paper", "sum": "paper", "table": "surface"}


@dataclass
class Diagram:
    """A drawing under way; shown by a notebook as it stands.

    ``name`` makes the ids on the page unique, ``title`` and ``description`` say to a screen reader what the
    drawing says. Every method adds one thing.
    """

    name: str
    title: str
    description: str
    width: int
    height: int
    links: Mapping[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)

    def box(self, name: str, label: str, x: Number, y: Number, width: Number, kind: str = "network") -> None:
        """Draw a box whose upper left corner is (x, y); ``kind``, one of ``FILLS``, chooses its ground."""
        fill, stroke = _colour(FILLS[kind]), _colour("control")
        shape = (
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{BOX}" rx="6" '
            f'fill="{fill}" stroke="{stroke}"/>'
            + self._words(label, x + width / 2, y + BOX / 2, "middle", "ink", 12)
        )
        target = self.links.get(name)
        self.parts.append(f'<a href="{escape(target)}">{shape}</a>' if target else shape)

    def arrow(self, *points: Point) -> None:
        """Draw a line through the points with a head at its end."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{_colour("ink")}" stroke-width="1.4" '
            f'marker-end="url(#{self.name}-head)"/>'
        )

    def frame(self, caption: str, x: Number, y: Number, width: Number, height: Number) -> None:
        """Draw a dashed frame with a caption inside its lower right corner."""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10" fill="none" '
            f'stroke="{_colour("control")}" stroke-dasharray="4 3"/>'
        )
        self.text(caption, x + width - 8, y + height - 9, "end")

    def text(self, words: str, x: Number, y: Number, anchor: str = "start") -> None:
        """Write words whose middle height is y; ``anchor`` is SVG's text-anchor."""
        self.parts.append(self._words(words, x, y, anchor, "muted", 11))

    def _words(self, words: str, x: Number, y: Number, anchor: str, token: str, size: int) -> str:
        return (
            f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" dominant-baseline="central" '
            f'font-size="{size}" font-family="system-ui, sans-serif" '
            f'fill="{_colour(token)}">{escape(words)}</text>'
        )

    def column(self, boxes: Sequence[tuple[str, str, str]], x: Number, bottom: Number, width: Number) -> None:
        """Stack boxes (name, label, kind) upwards from ``bottom``, joined by arrows."""
        for number, (name, label, kind) in enumerate(boxes):
            top = bottom - BOX - number * (BOX + GAP)
            if number:
                self.arrow((x + width / 2, top + BOX + GAP), (x + width / 2, top + BOX + 2))
            self.box(name, label, x, top, width, kind)

    def bypass(self, start: Number, end: Number, x: Number, width: Number) -> None:
        """Draw a residual connection, from height ``start`` of the column to the box at ``end``."""
        middle, y = x + width / 2, end + BOX / 2
        self.arrow((middle, start), (x - 9, start), (x - 9, y), (x - 2, y))

    def _repr_html_(self) -> str:
        head = (
            f'<marker id="{self.name}-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto-start-reverse">'
            f'<path d="M0 0L8 4L0 8z" fill="{_colour("ink")}"/></marker>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="attend-diagram" role="group" '
            f'width="{self.width}" viewBox="0 0 {self.width} {self.height}" '
            f'aria-labelledby="{self.name}-title {self.name}-text">'
            f'<title id="{self.name}-title">{escape(self.title)}</title>'
            f'<desc id="{self.name}-text">{escape(self.description)}</desc>'
            f"<defs>{head}</defs>{''.join(self.parts)}</svg>"
        )

    def __repr__(self) -> str:
        return f"Diagram: {self.title}"


def _colour(token: str) -> str:
    return f"var(--attend-{token}, {TOKENS[token][0]})"


# ---------------------------------------------------------------- the book's three drawings


def blocks(links: Mapping[str, str] | None = None, name: str = "diagram-blocks") -> Diagram:
    """Draw a block with the norm after the sum (Vaswani et al. 2017, figure 1) beside one with it before.

    Names of boxes: attention, feed-forward, norm, residual.
    """
    drawing = Diagram(
        name, "Post-LN and pre-LN block",
        "Two columns, read from the bottom. Left, post-LN: attention, add what came in, norm, feed-forward, "
        "add what came in, norm. Right, pre-LN: norm, attention, add what came in, norm, feed-forward, add "
        "what came in; its line from input to output passes through additions alone.",
        340, 372, links or {},
    )  # fmt: skip
    attention = ("attention", "self-attention", "attention")
    network = ("feed-forward", "feed-forward", "network")
    norm, add = ("norm", "norm", "norm"), ("residual", "add", "sum")
    width, bottom = 126, 332
    rise = BOX + GAP
    orders = {
        "post-LN": (22, [attention, add, norm, network, add, norm], ((0, 1), (3, 4))),
        "pre-LN": (198, [norm, attention, add, norm, network, add], ((0, 2), (3, 5))),
    }
    for caption, (x, order, skips) in orders.items():
        drawing.column(order, x, bottom, width)
        middle = x + width / 2
        drawing.arrow((middle, bottom + GAP), (middle, bottom + 2))
        drawing.arrow((middle, bottom - 6 * BOX - 5 * GAP), (middle, 6))
        for first, join in skips:
            drawing.bypass(bottom - first * rise + GAP / 2, bottom - BOX - join * rise, x, width)
        drawing.text(caption, middle, bottom + 30, "middle")
    return drawing


def encoder_decoder(links: Mapping[str, str] | None = None, name: str = "diagram-encoder-decoder") -> Diagram:
    """Draw the Transformer of Vaswani et al. (2017), figure 1, post-LN as printed there.

    Names of boxes: embedding, position, attention, mask, cross-attention, feed-forward, norm, output,
    softmax.
    """
    drawing = Diagram(
        name, "The encoder–decoder Transformer",
        "Two columns, read from the bottom. Left, the encoder: source tokens, embedding, position, then six "
        "blocks of self-attention and feed-forward network, each followed by add and norm. Right, the "
        "decoder: the target so far, embedding, position, then six blocks of masked self-attention, "
        "cross-attention and feed-forward network, each followed by add and norm, then the output layer and "
        "softmax, which give the next token. An arrow leads from the encoder's top to every "
        "cross-attention.",
        340, 606, links or {},
    )  # fmt: skip
    add = ("norm", "add, norm", "norm")
    foot = [("embedding", "embedding", "table"), ("position", "add position", "sum")]
    network = ("feed-forward", "feed-forward", "network")
    encoder = [*foot, ("attention", "self-attention", "attention"), add, network, add]
    decoder = [
        *foot, ("mask", "masked self-attention", "attention"), add,
        ("cross-attention", "cross-attention", "attention"), add, network, add,
        ("output", "output layer", "network"), ("softmax", "softmax", "norm"),
    ]  # fmt: skip
    rise, bottom, width = BOX + GAP, 566, 136
    left, right = 18, 198
    for x, order, tokens in ((left, encoder, "source tokens"), (right, decoder, "target so far")):
        middle = x + width / 2
        blocks = [i for i in range(2, len(order)) if order[i][0] == "norm"]
        top = bottom - BOX - blocks[-1] * rise
        drawing.frame("× 6", x - 17, top - 8, width + 23, 2 * len(blocks) * rise + 6)
        drawing.column(order, x, bottom, width)
        for join in blocks:
            drawing.bypass(bottom - (join - 1) * rise + GAP / 2, bottom - BOX - join * rise, x, width)
        drawing.arrow((middle, bottom + GAP), (middle, bottom + 2))
        drawing.text(tokens, middle, bottom + 28, "middle")
    end = bottom - (len(encoder) - 1) * rise - BOX  # top of the encoder's last box
    cross = bottom - BOX - 4 * rise + BOX / 2
    drawing.arrow((left + width / 2, end), (left + width / 2, end - 34), (left + width + 15, end - 34),
                  (left + width + 15, cross - 6), (right - 2, cross - 6))  # fmt: skip
    drawing.text("memory", left + width / 2, end - 44, "middle")
    done = bottom - (len(decoder) - 1) * rise - BOX
    drawing.arrow((right + width / 2, done), (right + width / 2, 18))
    drawing.text("next token", right + width / 2, 9, "middle")
    return drawing


def families(links: Mapping[str, str] | None = None, name: str = "diagram-families") -> Diagram:
    """Draw what a block of each family holds: encoder-only, decoder-only, encoder–decoder's decoder.

    Names of boxes: attention, mask, cross-attention, feed-forward.
    """
    drawing = Diagram(
        name, "Blocks of the three families",
        "Three columns of sublayers, read from the bottom. Encoder: self-attention, feed-forward. "
        "Decoder-only: masked self-attention, feed-forward. Decoder of an encoder–decoder: masked "
        "self-attention, cross-attention to the encoder's output, feed-forward.",
        340, 222, links or {},
    )  # fmt: skip
    network = ("feed-forward", "feed-forward", "network")
    masked = ("mask", "masked self-att.", "attention")
    columns = {
        "encoder": [("attention", "self-attention", "attention"), network],
        "decoder-only": [masked, network],
        "decoder": [masked, ("cross-attention", "cross-attention", "attention"), network],
    }
    width, bottom = 104, 182
    for number, (caption, order) in enumerate(columns.items()):
        x = 6 + number * (width + 8)
        middle = x + width / 2
        drawing.column(order, x, bottom, width)
        drawing.arrow((middle, bottom + GAP), (middle, bottom + 2))
        top = bottom - len(order) * BOX - (len(order) - 1) * GAP
        drawing.arrow((middle, top), (middle, top - GAP))
        drawing.text(caption, middle, bottom + 30, "middle")
    return drawing
