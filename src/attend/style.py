"""The only colours of the book: one table of tokens for CSS, figures and widgets.

Query, key and value follow Okabe and Ito's palette, which stays distinct for every common kind of colour
vision. A name that ends in ``-text`` is the same hue at a contrast that small letters need (WCAG 2.2 AA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.colors import LinearSegmentedColormap

# name: (light, dark)
TOKENS: dict[str, tuple[str, str]] = {
    "query": ("#0072B2", "#56B4E9"),
    "query-text": ("#00639C", "#7CC6F0"),
    "key": ("#E69F00", "#F2B632"),
    "key-text": ("#845A00", "#F2B632"),
    "value": ("#009E73", "#2CC79A"),
    "value-text": ("#00704F", "#4BD3AC"),
    "weight-low": ("#F5F2FB", "#211D2E"),
    "weight-high": ("#4B2A8C", "#CDBBFF"),
    "weight-text": ("#4B2A8C", "#CDBBFF"),
    "score-negative": ("#B5482A", "#F0916F"),
    "score-zero": ("#F6F4F0", "#24232A"),
    "score-positive": ("#1B6670", "#6CC9D3"),
    # Heads have no meaning of their own: hues to tell neighbours apart, the ninth as the first.
    "head-1": ("#0B6FA4", "#63B8EC"),
    "head-2": ("#B4560B", "#F0A35C"),
    "head-3": ("#0B7A5B", "#4CCB9F"),
    "head-4": ("#A63A7B", "#F08CC4"),
    "head-5": ("#6B6A12", "#CFCB5A"),
    "head-6": ("#5B4FC0", "#A9A2FF"),
    "head-7": ("#A8323A", "#FF9A98"),
    "head-8": ("#3F6B74", "#8FC4CE"),
    "paper": ("#FFFFFF", "#131416"),
    "surface": ("#F7F7F9", "#1C1D22"),
    "ink": ("#1B1C20", "#E6E6EA"),
    "muted": ("#565963", "#A9ADB8"),
    "line": ("#D3D5DC", "#3A3D47"),
    "control": ("#7A7E8A", "#858A98"),
    "focus": ("#B4009E", "#FF9CF2"),
    "good": ("#00704F", "#4BD3AC"),
    "bad": ("#A6301B", "#FF9C86"),
}

HEAD_COLOURS = 8
QUERY, KEY, VALUE = (TOKENS[name][0] for name in ("query", "key", "value"))

# Further series in a figure, in the order in which they are used.
SERIES = (QUERY, KEY, VALUE, "#CC79A7", "#56B4E9", "#D55E00")

# Where each of the places a page can live says that it is dark.
DARK_SELECTORS = (
    'body[data-theme="dark"]',
    'body[data-jp-theme-light="false"]',
    "body.vscode-dark",
)


def css() -> str:
    """Return the tokens as CSS variables ``--attend-NAME``, light by default, with their dark values.

    The dark ones are for screens alone: paper is white.
    """
    light, dark = (
        f"--attend-scheme:{scheme};"  # which set of native controls the browser draws
        + "".join(f"--attend-{name}:{pair[shade]};" for name, pair in TOKENS.items())
        for shade, scheme in enumerate(("light", "dark"))
    )
    # Furo says nothing on <body> but "auto" when it follows the system; Jupyter and VS Code always say.
    follows_system = 'body[data-theme="auto"]'
    return (
        f":root,body{{{light}}}\n"
        f"@media screen{{{','.join(DARK_SELECTORS)}{{{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme: dark){{{follows_system}{{{dark}}}}}\n"
    )


def sequential() -> LinearSegmentedColormap:
    """Return the colour map for attention weights, from 0 to 1."""
    return _ramp("attend-weights", "weight-low", "weight-high")


def diverging() -> LinearSegmentedColormap:
    """Return the colour map for scores, centred on zero."""
    return _ramp("attend-scores", "score-negative", "score-zero", "score-positive")


def head_map(head: int) -> LinearSegmentedColormap:
    """Return the colour map for the weights of one of many heads, from 0 to 1; heads count from 0."""
    return _ramp(f"attend-head-{head}", "weight-low", f"head-{head % HEAD_COLOURS + 1}")


def _ramp(name: str, *tokens: str) -> LinearSegmentedColormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, [TOKENS[token][0] for token in tokens])


def use() -> None:
    """Set matplotlib up for the book: its colours, readable sizes, no more ink than needed."""
    from cycler import cycler
    from matplotlib import rcParams

    paper, ink, muted, line = (TOKENS[name][0] for name in ("paper", "ink", "muted", "line"))
    rcParams.update(
        {
            "figure.figsize": (6.4, 3.6),
            "figure.dpi": 144,
            "figure.facecolor": paper,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": paper,
            "axes.facecolor": paper,
            "axes.edgecolor": line,
            "axes.labelcolor": ink,
            "axes.titlecolor": ink,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": cycler(color=SERIES),
            "axes.grid": False,
            "grid.color": line,
            "text.color": ink,
            "xtick.color": muted,
            "ytick.color": muted,
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "font.size": 10,
            "svg.hashsalt": "attend",
        }
    )
