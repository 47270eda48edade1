"""The translator's still picture: cross-attention as lines in an SVG, for pages where no script runs.

The page's style sheet gives the classes their colours, light or dark; the attributes serve where there is
none. Styles in attributes would be refused by the site's content security policy.
"""

from html import escape

from attend.style import TOKENS
from attend.widgets.translator_forward import Translation

WIDTH, ROW, HEAD, EDGE = 420, 30, 34, 120
LEAST = 0.03  # fainter lines are left out


def still_picture(result: Translation, description: str) -> str:
    """Draw each token that was written, each word that was read, and lines as thick as their weight."""
    weights = result.cross.mean(axis=0)  # (q, k)
    height = HEAD + ROW * max(weights.shape)

    def y(index: int, count: int) -> float:
        return HEAD + (height - HEAD - ROW * count) / 2 + ROW * (index + 0.5)

    q_len, k_len = weights.shape
    parts = [
        f'<svg class="attend-still" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" '
        'font-size="15">',
        f"<title>{escape(description[:1].upper() + description[1:])}</title>",
        _text(EDGE - 12, 18, "end", "muted", "written"),
        _text(WIDTH - EDGE + 12, 18, "start", "muted", "read"),
    ]
    middle = WIDTH / 2
    for i in range(q_len):
        for j in range(k_len):
            if weights[i, j] >= LEAST:
                start, end = y(i, q_len), y(j, k_len)
                parts.append(
                    f'<path class="attend-still-line" fill="none" stroke="{TOKENS["weight-high"][0]}" '
                    f'stroke-width="{0.5 + 7 * weights[i, j]:.2f}" stroke-opacity="{weights[i, j]:.2f}" '
                    f'd="M{EDGE} {start:g}C{middle:g} {start:g} {middle:g} {end:g} {WIDTH - EDGE} {end:g}"/>'
                )
    for i, token in enumerate(result.tokens):
        parts.append(_text(EDGE - 12, y(i, q_len) + 5, "end", "query-text", token.strip("<>")))
    for j, word in enumerate(result.words):
        parts.append(_text(WIDTH - EDGE + 12, y(j, k_len) + 5, "start", "key-text", word.strip("<>")))
    return "".join([*parts, "</svg>"])


def _text(x: float | int, y: float | int, anchor: str, colour: str, text: str) -> str:
    language = "en" if text.isascii() else "zh-Hans"
    return (
        f'<text class="attend-still-{colour}" lang="{language}" x="{x:g}" y="{y:g}" text-anchor="{anchor}" '
        f'fill="{TOKENS[colour][0]}">{escape(text)}</text>'
    )
