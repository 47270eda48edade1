"""Small drawings for the map of the book, one a chapter, from the chapter's own functions where it has them.

A drawing is 96 × 56 units of SVG without colours: the site's style sheet gives them to the classes ``ink``,
``soft``, ``accent``, ``query``, ``key``, ``value`` (strokes) and the same with ``-fill`` (areas).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from attend.attention import causal_mask, softmax
from attend.brain.glyphs import letter_pictures
from attend.brain.learning import stdp
from attend.brain.memory import modern_update
from attend.brain.neuron import integrate_and_fire
from attend.brain.normalization import attended_response, attention_field, gaussian, gaussian_pool
from attend.cost import attention_mixing_flops, feed_forward_flops
from attend.data.alignment import alignment
from attend.position import sinusoidal

WIDE, HIGH = 96, 56
Points = Iterable[Sequence[float]]


def motif(chapter: str) -> str:
    """Return the drawing of ``chapter`` ("brain/neurons") as SVG, or "" where there is none."""
    draw = MOTIFS.get(chapter)
    if draw is None:
        return ""
    return f'<svg class="motif" viewBox="0 0 {WIDE} {HIGH}" aria-hidden="true">{draw()}</svg>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _line(kind: str, points: Points) -> str:
    steps = " ".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}"/>'


def _path(kind: str, data: str) -> str:
    return f'<path class="{kind}" d="{data}"/>'


def _bars(kind: str, heights: Iterable[float], left: float, step: float) -> str:
    boxes = (
        f"M{_number(left + i * step)} 52v-{_number(height)}h{_number(step - 3)}v{_number(height)}z"
        for i, height in enumerate(heights)
    )
    return _path(f"{kind}-fill", "".join(boxes))


def _dots(kind: str, places: Points, radius: float = 2.5) -> str:
    """Circles, each as two arcs of one path."""
    r, d = _number(radius), _number(2 * radius)
    circle = f"a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0"
    return _path(f"{kind}-fill", "".join(f"M{_number(x - radius)} {_number(y)}{circle}" for x, y in places))


def _cells(kind: str, cells: Points, side: float, left: float, top: float, gap: float = 1) -> str:
    """Squares of a grid, given as (row, column)."""
    s = _number(side - gap)
    boxes = (
        f"M{_number(left + column * side)} {_number(top + row * side)}h{s}v{s}h-{s}z" for row, column in cells
    )
    return _path(f"{kind}-fill", "".join(boxes))


def _arc(kind: str, start: float, end: float, base: float, height: float) -> str:
    a, b, y, top = map(_number, (start, end, base, height))
    return _path(kind, f"M{a} {y}C{a} {top} {b} {top} {b} {y}")


def neurons() -> str:
    """The membrane's voltage under a constant current, and its spikes."""
    voltage, spikes = integrate_and_fire(np.full(186, 2.0), step=0.5)
    x = np.arange(186) / 2 + 1.5
    trace = [(a, 50 - (v + 65) * 1.6) for a, v in zip(x[::2], voltage[::2], strict=True)]
    times = spikes[np.isfinite(spikes)]
    return _line("ink", trace) + _path("accent", "".join(f"M{_number(t + 1.5)} 26V5" for t in times))


def learning() -> str:
    """How the delay between two spikes changes a synapse."""
    delays = np.linspace(1.0, 60.0, 24)
    late = [(48 - d * 0.75, 27 - 20 * c) for d, c in zip(delays, stdp(-delays), strict=True)]
    early = [(48 + d * 0.75, 27 - 20 * c) for d, c in zip(delays, stdp(delays), strict=True)]
    return _path("soft", "M2 27H94M48 4V52") + _line("ink", late) + _line("accent", early)


def brain_attention() -> str:
    """Two stimuli's responses without attention, and with attention to the left one."""
    places = np.arange(0.0, 96.0, 2.0)
    drive = gaussian(places, 28.0, 7.0) + gaussian(places, 68.0, 7.0)
    pool = gaussian_pool(places, 14.0)
    field = attention_field(3.0, gaussian(places, 28.0, 10.0))
    curves = [attended_response(drive, a, 0.2, pool)[0] for a in (np.ones_like(places), field)]
    tallest = max(curve.max() for curve in curves)
    flat, attended = (
        [(x, 51 - 45 * y) for x, y in zip(places + 1, curve / tallest, strict=True)] for curve in curves
    )
    return _line("soft", flat) + _line("accent", attended)


def memory() -> str:
    """Half a letter, and the whole one recalled from it."""
    patterns = letter_pictures()
    cue = patterns[7].copy()
    cue[50:] = 0.0
    recalled, _ = modern_update(cue, patterns, 1.0)
    half, whole = (np.argwhere(state.reshape(10, 10) > 0.5) for state in (cue, recalled))
    left, right = _cells("ink", half, 4.2, 1, 7, 0.6), _cells("accent", whole, 4.2, 54, 7, 0.6)
    return left + _path("soft", "M45.5 28h6m-2.5-2.5l2.5 2.5l-2.5 2.5") + right


def similarity() -> str:
    """The softmax of six scores."""
    weights = softmax(np.array([0.2, 1.9, 0.6, 1.1, 2.6, 0.1]))
    return _path("soft", "M2 52.5H94") + _bars("accent", 88 * weights + 0.5, 6, 14.5)


def queries() -> str:
    """A query among keys, and the value that comes back."""
    tips = ((76, 8, "query"), (88, 26, "key"), (40, 6, "key"), (70, 48, "value"))
    heads = ""
    for x, y, kind in tips:
        along = np.array([x - 12.0, y - 46.0]) / np.hypot(x - 12, y - 46)
        side = np.array([-along[1], along[0]])
        tip = np.array([x, y])
        ends = [tip - 6 * along + 3 * side, tip, tip - 6 * along - 3 * side]
        heads += _line(kind, [(12, 46), (x, y)]) + _line(kind, ends)
    return heads + _dots("ink", [(12, 46)])


def heads() -> str:
    """Four heads of one word, each with a word of its own to look at."""
    dots = [(9 + 13 * i, 47) for i in range(7)]
    looks = ((0, 2), (2, 10), (5, 14), (6, 4))
    arcs = "".join(_arc(f"head-{h + 1}", dots[3][0], dots[j][0], 43, y) for h, (j, y) in enumerate(looks))
    return arcs + _dots("ink", dots)


def position() -> str:
    """Four of the waves that number the positions."""
    waves = sinusoidal(47, 8, base=400.0)[:, 0::2]
    rows = ("accent", "ink", "ink", "soft")
    return "".join(
        _line(kind, [(2 + 2 * p, 9 + 12.7 * row - 5 * y) for p, y in enumerate(waves[:, row])])
        for row, kind in enumerate(rows)
    )


def block() -> str:
    """The residual stream, past attention and past the feed-forward layer."""
    stream = _path("accent", "M2 44H94m-4-4l4 4l-4 4")
    boxes = "M12 44V20h4m16 0h6v20M54 44V20h4m16 0h6v20M16 11h16v18h-16zM58 11h16v18h-16z"
    return stream + _path("ink", boxes) + _dots("accent", [(38, 44), (80, 44)], 3.2)


def translation() -> str:
    """Which English words and Chinese characters of a number say the same."""
    sure = alignment(342_017).sure  # (characters, words)
    below, above = (np.linspace(5, 91, count) for count in sure.shape)
    links = "".join(f"M{_number(above[j])} 13L{_number(below[i])} 43" for i, j in np.argwhere(sure))
    english, chinese = _dots("ink", [(x, 8) for x in above]), _dots("accent", [(x, 48) for x in below])
    return _path("ink", links) + english + chinese


def numpy() -> str:
    """Queries times keys are scores: a matrix product."""

    def grid(rows: int, columns: int) -> list[tuple[int, int]]:
        return [(row, column) for row in range(rows) for column in range(columns)]

    equals = _path("ink", "M54.5 26h5m-5 4h5")
    left, right = _cells("query", grid(4, 2), 8, 2, 12), _cells("key", grid(2, 4), 8, 20, 20)
    return left + right + equals + _cells("accent", grid(4, 4), 8, 63, 12)


def pytorch() -> str:
    """Two programs, one curve."""
    x = np.arange(0.0, 93.0, 3.0)
    curve = [(a + 2, 28 - 19 * np.sin(a / 11) * np.exp(-a / 70)) for a in x]
    return _line("broad", curve) + _line("accent dashed", curve)


def pretrained() -> str:
    """The 72 heads of MiniLM, six layers of twelve; one that looks at the word before is marked."""
    places = {(layer, head): (5.5 + 7.7 * head, 5.5 + 9 * layer) for layer in range(6) for head in range(12)}
    marked = places.pop((0, 2))
    return _dots("soft", places.values(), 2) + _dots("accent", [marked], 3.2)


def language_model() -> str:
    """The chances of the next token, cut where they add up to nine tenths."""
    chances = softmax(np.array([2.6, 2.1, 1.8, 1.1, 0.7, 0.3, 0.0, -0.4, -0.7, -1.0]))
    kept = int(np.searchsorted(np.cumsum(chances), 0.9)) + 1
    tall = 120 * chances
    return _bars("accent", tall[:kept], 4, 9) + _bars("soft", tall[kept:], 4 + 9 * kept, 9)


def compute() -> str:
    """The work of attention and of the feed-forward layer, as the text grows longer."""
    lengths = range(1, 8194, 512)
    work = [(attention_mixing_flops(n, n, 512), feed_forward_flops(n, 512, 2048)) for n in lengths]
    most = max(map(max, work))
    square, linear = (
        [(3 + 90 * n / 8193, 51 - 46 * pair[i] / most) for n, pair in zip(lengths, work, strict=True)]
        for i in range(2)
    )
    return _path("soft", "M3 3V51H94") + _line("ink", linear) + _line("accent", square)


def interpretability() -> str:
    """A head that looks for what followed last time: the second half repeats the first."""
    visible = {(int(row), int(column)) for row, column in np.argwhere(causal_mask(8))}
    stripe = {(row, row - 3) for row in range(4, 8)}
    return _cells("soft", sorted(visible - stripe), 6.5, 1, 2) + _cells("accent", sorted(stripe), 6.5, 1, 2)


def data() -> str:
    """Error against the size of the training set, both axes logarithmic."""
    x = np.linspace(10, 88, 6)
    y = 10 + 0.42 * (x - 10) + np.array([1.5, -2, 1, -1, 1.5, 0])
    points, spread = list(zip(x, y, strict=True)), (7, 5.5, 4.5, 3.5, 2.5, 2)
    bars = (
        f"M{_number(a)} {_number(b - s)}v{_number(2 * s)}" for (a, b), s in zip(points, spread, strict=True)
    )
    line = _path("soft", "M3 3V52H94M6 8.3L92 44.4")
    return line + _path("ink", "".join(bars)) + _dots("accent", points)


def outlook() -> str:
    """One way that parts."""
    return (
        _path("ink", "M2 44H34")
        + _path("accent dashed", "M34 44C58 44 60 10 92 10M34 44C60 44 66 28 92 28M34 44C60 44 70 46 92 46")
        + _dots("ink", [(34, 44)], 3)
    )


MOTIFS: dict[str, Callable[[], str]] = {
    "brain/neurons": neurons,
    "brain/learning": learning,
    "brain/attention": brain_attention,
    "brain/memory": memory,
    "attention/similarity": similarity,
    "attention/queries": queries,
    "attention/heads": heads,
    "transformer/position": position,
    "transformer/block": block,
    "transformer/translation": translation,
    "code/numpy": numpy,
    "code/pytorch": pytorch,
    "code/pretrained": pretrained,
    "code/language-model": language_model,
    "challenges/compute": compute,
    "challenges/interpretability": interpretability,
    "challenges/data": data,
    "challenges/outlook": outlook,
}
