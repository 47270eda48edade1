"""The picture that stands for a page where its address is shared: number, title, a pattern of weights."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from attend import style
from attend.attention import softmax

WIDTH, HEIGHT = 1200, 630
COLOURS = 64  # of the file's palette, which keeps it small
WORDS = "Description"


def pattern(title: str, size: int = 11) -> np.ndarray:
    """Return causal attention weights for random scores: a picture of its own for each title."""
    rng = np.random.default_rng(list(title.encode()))
    return softmax(1.6 * rng.normal(size=(size, size)), np.tri(size, dtype=bool))


def card(book: str, title: str, chapter: str) -> bytes:
    """Return the picture as PNG; without a ``title`` it is the book's own."""
    ink, muted, paper, accent = (style.TOKENS[name][0] for name in ("ink", "muted", "paper", "weight-high"))
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=paper, layout="none")
    figure.add_artist(Rectangle((0, 0), 0.014, 1, color=accent, lw=0))
    axes = figure.add_axes((0.635, 0.2, 0.6 * HEIGHT / WIDTH, 0.6))
    weights = pattern(title or book)[::-1]
    axes.pcolormesh(weights, cmap=style.sequential(), vmin=0, vmax=0.8, edgecolors=paper, lw=3)
    axes.set_axis_off()
    if chapter:
        figure.text(0.06, 0.8, f"Chapter {chapter}", family="DejaVu Sans", size=22, color=muted, va="top")
    _fit(figure, title or book, 0.7 if chapter else 0.8, ink)
    if title:
        figure.text(0.06, 0.12, book, family="DejaVu Serif", size=19, color=ink)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", facecolor=paper)
    small, note = io.BytesIO(), PngInfo()
    note.add_text(WORDS, words(book, title, chapter))
    picture = Image.open(drawn).convert("RGB").quantize(COLOURS)
    picture.save(small, format="PNG", optimize=True, pnginfo=note)
    return small.getvalue()


def _fit(figure: Figure, title: str, top: float, colour: str) -> None:
    """Write the title as large as its place allows, left of the pattern and above the book's name."""
    text = figure.text(
        0.06, top, "", family="DejaVu Serif", weight="bold", color=colour, va="top", linespacing=1.25
    )
    for size in range(48, 10, -2):
        text.set(text="\n".join(textwrap.wrap(title, 17 * 48 // size)), size=size)
        box = text.get_window_extent()
        if box.width < 0.54 * WIDTH and box.height < (top - 0.22) * HEIGHT:
            return


def words(book: str, title: str, chapter: str) -> str:
    """Return what the picture says; it is noted in the file."""
    return "\n".join((book, title, chapter))


def write_card(path: Path, book: str, title: str, chapter: str) -> None:
    """Write the picture, unless an earlier build wrote it with the same words."""
    if path.exists():
        with Image.open(path) as old:
            if old.text.get(WORDS) == words(book, title, chapter):
                return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(card(book, title, chapter))
