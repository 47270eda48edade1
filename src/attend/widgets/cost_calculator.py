"""The cost calculator: from the sizes of a model to its parameters, memory, operations, time and energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import traitlets

from attend import cost
from attend.widgets.base import AttendWidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("float32", "bfloat16", "int8", "int4")

# The smallest and largest value of each trait that is a whole number, and of each that may have a fraction.
WHOLE = {
    "num_layers": (1, 1000), "d_model": (1, 65_536), "num_heads": (1, 1024), "num_kv_heads": (1, 1024),
    "d_ff": (1, 1_000_000), "vocabulary": (1, 10_000_000), "positions": (0, 10_000_000),
    "context": (1, 2**24), "batch": (1, 2**16), "training_tokens": (1000, 10**15),
}  # fmt: skip
FRACTIONS = {"speed": (0.001, 1e9), "utilisation": (0.1, 100.0), "power": (0.1, 1e9)}
SIZES = ("num_layers", "d_model", "num_heads", "num_kv_heads", "d_ff", "vocabulary", "positions")
VARIANT = ("tied", "gated", "bias", "norm_bias")
MODEL = SIZES + VARIANT
SHARED = (("num_heads", "d_model"), ("num_kv_heads", "num_heads"))  # the first divides the second

_BERT = {"tied": True, "gated": False, "bias": True, "norm_bias": True}
_GPT = {"vocabulary": 50_257, **_BERT}
_LLAMA = {"positions": 0, "gated": True, "bias": False, "norm_bias": False}
_NO_TOKENS = {"training_tokens": None}  # the paper does not say how many


def _preset(
    num_layers: int, d_model: int, num_heads: int, num_kv_heads: int, d_ff: int, **rest: Any
) -> dict[str, Any]:
    return {
        "num_layers": num_layers, "d_model": d_model, "num_heads": num_heads, "num_kv_heads": num_kv_heads,
        "d_ff": d_ff, **rest,
    }  # fmt: skip


# Published models. `context` is the length they were trained for, `reference` the key of the bibliography.
PRESETS: dict[str, dict[str, Any]] = {
    "SmolLM2-135M": _preset(
        30, 576, 9, 3, 1536, vocabulary=49_152, tied=True, context=8192, training_tokens=2 * 10**12, **_LLAMA,
        reference="benallal2025smollm2", source="Ben Allal et al. (2025) and its model card",
        note="",
    ),
    "BERT base": _preset(
        12, 768, 12, 12, 3072, vocabulary=30_522, positions=514, context=512, **_NO_TOKENS, **_BERT,
        reference="devlin2019bert", source="Devlin et al. (2019)",
        note="An encoder: it reads a text at once and keeps no cache, and it gives logits only where a token "
        "was masked; both are counted here as for a decoder. Its 514 rows are 512 positions and 2 segments.",
    ),
    "GPT-2 small": _preset(
        12, 768, 12, 12, 3072, positions=1024, context=1024, **_NO_TOKENS, **_GPT,
        reference="radford2019language", source="Radford et al. (2019)",
        note="",
    ),
    "GPT-2 XL": _preset(
        48, 1600, 25, 25, 6400, positions=1024, context=1024, **_NO_TOKENS, **_GPT,
        reference="radford2019language", source="Radford et al. (2019)",
        note="",
    ),
    "LLaMA-7B": _preset(
        32, 4096, 32, 32, 11_008, vocabulary=32_000, tied=False, context=2048, training_tokens=10**12,
        **_LLAMA, reference="touvron2023llama", source="Touvron et al. (2023), the LLaMA paper",
        note="It was trained in 82,432 hours of A100 GPUs, so the paper says.",
    ),
    "Llama 3 8B": _preset(
        32, 4096, 32, 8, 14_336, vocabulary=128_256, tied=False, context=8192, training_tokens=15 * 10**12,
        **_LLAMA, reference="grattafiori2024llama", source="Grattafiori et al. (2024) and its model card",
        note="Trained on more than 15 trillion tokens, so the model card says.",
    ),
    "Llama 2 70B": _preset(
        80, 8192, 64, 8, 28_672, vocabulary=32_000, tied=False, context=4096, training_tokens=2 * 10**12,
        **_LLAMA, reference="touvron2023llama2", source="Touvron et al. (2023), the Llama 2 paper",
        note="It was trained in 1,720,320 hours of A100 GPUs, so the paper says.",
    ),
    "GPT-3 175B": _preset(
        96, 12_288, 96, 96, 49_152, positions=2048, context=2048, training_tokens=300 * 10**9, **_GPT,
        reference="brown2020language", source="Brown et al. (2020)",
        note="Every second layer of it looks at a part of the context alone, which saves operations and is "
        "not counted.",
    ),
}  # fmt: skip
DEFAULT = "LLaMA-7B"


class Costs(NamedTuple):
    """What a model costs. Counts and bytes are exact; `..._seconds` and `..._joules` follow from the device.

    Parameters: `tables` (tokens, positions and, unless tied, the output projection), `attention`,
    `feed_forward`, `norms`. Bytes: of the weights, of all keys and values of `batch` contexts, of the
    attention weights of all layers if they are stored, and of training without its activations. FLOPs of the
    last token of a context, forward: in attention's projections, the feed-forward network, the output
    projection, and `mixing`, which grows with the context. Of `reading`, a forward pass through `batch`
    contexts; of `training`, three times the forward pass for each token.
    """

    tables: int
    attention: int
    feed_forward: int
    norms: int
    parameters: int
    weight_bytes: int
    cache_bytes: int
    stored_bytes: int
    training_bytes: int
    projection_flops: int
    feed_forward_flops: int
    output_flops: int
    mixing_flops: int
    token_flops: int
    reading_flops: int
    training_flops: int
    reading_seconds: float
    reading_joules: float
    training_seconds: float
    training_joules: float


class CostCalculator(AttendWidget, module="cost_calculator"):
    """Change the sizes of a decoder-only Transformer and see what it costs.

    ``preset`` names a published model, one of `PRESETS`; every trait can be given beside it, and be set
    afterwards. Sizes that must fit together are set together, inside ``hold_trait_notifications()``. Raises
    traitlets.TraitError that names the trait, the value and what was expected.
    """

    num_layers = traitlets.Int(help="layers").tag(sync=True)
    d_model = traitlets.Int(help="features of a token").tag(sync=True)
    num_heads = traitlets.Int(help="heads of queries").tag(sync=True)
    num_kv_heads = traitlets.Int(help="heads of keys and values").tag(sync=True)
    d_ff = traitlets.Int(help="width of the feed-forward network").tag(sync=True)
    vocabulary = traitlets.Int(help="tokens of the vocabulary").tag(sync=True)
    positions = traitlets.Int(help="rows of learned positions; 0 for rotary ones").tag(sync=True)
    tied = traitlets.Bool(help="whether the output projection is the table of tokens").tag(sync=True)
    gated = traitlets.Bool(help="whether the feed-forward network has a gate").tag(sync=True)
    bias = traitlets.Bool(help="whether projections have a bias").tag(sync=True)
    norm_bias = traitlets.Bool(help="True for layer norm, False for RMS norm").tag(sync=True)
    context = traitlets.Int(help="tokens of a text").tag(sync=True)
    batch = traitlets.Int(1, help="texts at a time").tag(sync=True)
    dtype = traitlets.Unicode("bfloat16", help=f"of weights and cache, one of {FORMATS}").tag(sync=True)
    training_tokens = traitlets.Int(10**12, help="tokens read in training").tag(sync=True)
    speed = traitlets.Float(312.0, help="the device's peak, TFLOP/s").tag(sync=True)
    utilisation = traitlets.Float(46.0, help="how much of the peak is reached, %").tag(sync=True)
    power = traitlets.Float(400.0, help="the device's power, W").tag(sync=True)
    presets = traitlets.Dict(PRESETS, read_only=True, help="published models").tag(sync=True)

    def __init__(self, preset: str = DEFAULT, **traits: Any) -> None:
        """Start from a published model, with the changes that ``traits`` make to it."""
        if preset not in PRESETS:
            raise traitlets.TraitError(f"preset: expected one of {', '.join(PRESETS)}, got {preset!r}")
        chosen = PRESETS[preset]
        sizes = {name: chosen[name] for name in (*MODEL, "context")}
        if chosen["training_tokens"] is not None:
            sizes["training_tokens"] = chosen["training_tokens"]
        super().__init__(**{**sizes, **traits})

    @traitlets.validate(*WHOLE)
    def _check_whole(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = WHOLE[name]
        if not low <= value <= high:
            raise traitlets.TraitError(f"{name}: expected a whole number from {low} to {high}, got {value}")
        if name in SIZES:
            self._check_shared({**{size: getattr(self, size) for size in SIZES}, name: value})
        return value

    @staticmethod
    def _check_shared(sizes: dict[str, int]) -> None:
        """Heads must divide what they share. A size out of its range is another check's business."""
        for part, whole in SHARED:
            in_range = all(WHOLE[name][0] <= sizes[name] <= WHOLE[name][1] for name in (part, whole))
            if in_range and sizes[whole] % sizes[part]:
                raise traitlets.TraitError(
                    f"{part}: expected a divisor of {whole} = {sizes[whole]}, got {sizes[part]}"
                )

    @traitlets.validate(*FRACTIONS)
    def _check_number(self, proposal: Any) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = FRACTIONS[name]
        if not low <= value <= high:
            raise traitlets.TraitError(
                f"{name}: expected a number from {low:.10g} to {high:.10g}, got {value:.10g}"
            )
        return value

    @traitlets.validate("dtype")
    def _check_dtype(self, proposal: Any) -> str:
        value = proposal["value"]
        if value not in FORMATS:
            raise traitlets.TraitError(f"dtype: expected one of {', '.join(FORMATS)}, got {value!r}")
        return value

    @property
    def preset(self) -> str | None:
        """The published model that has these sizes, or None."""
        own = {name: getattr(self, name) for name in MODEL}
        matches = (name for name, preset in PRESETS.items() if own == {size: preset[size] for size in MODEL})
        return next(matches, None)

    @property
    def costs(self) -> Costs:
        """Everything that is shown, counted by `attend.cost`."""
        n_layers, m, heads, f, vocabulary = sizes = (
            self.num_layers, self.d_model, self.num_heads, self.d_ff, self.vocabulary,
        )  # fmt: skip
        shared = {"num_kv_heads": self.num_kv_heads}
        output = 0 if self.tied else cost.linear_parameters(m, vocabulary, bias=False)
        attention = cost.attention_parameters(m, heads, bias=self.bias, **shared)
        parts = (
            cost.embedding_parameters(vocabulary, m, self.positions) + output,
            n_layers * attention,
            n_layers * cost.feed_forward_parameters(m, f, gated=self.gated, bias=self.bias),
            (2 * n_layers + 1) * cost.norm_parameters(m, self.norm_bias),
        )
        parameters = sum(parts)
        stored = cost.attention_weight_bytes(self.context, heads, float_format(self.dtype), self.batch)
        token = cost.decoder_only_flops(1, *sizes, cached=self.context - 1, gated=self.gated, **shared)
        reading = self.batch * self.context * token
        training = self.training_tokens * cost.training_flops(token)
        rate = self.speed * 1e12 * self.utilisation / 100
        return Costs(
            *parts,
            parameters,
            cost.weight_bytes(parameters, self.dtype),
            cost.kv_cache_bytes(self.context, n_layers, m, heads, self.dtype, self.batch, **shared),
            n_layers * stored,
            cost.training_bytes(parameters),
            n_layers * cost.attention_projection_flops(1, 1, m, heads, **shared),
            n_layers * cost.feed_forward_flops(1, m, f, gated=self.gated),
            cost.linear_flops(1, m, vocabulary),
            n_layers * cost.attention_mixing_flops(1, self.context, m),
            token,
            reading,
            training,
            reading / rate,
            reading / rate * self.power,
            training / rate,
            training / rate * self.power,
        )

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now."""
        costs = self.costs
        rows = f"{self.batch} × {self.context:,}"
        return (
            f"{self.preset or 'own sizes'}: {costs.parameters:,} parameters; in {self.dtype} the weights "
            f"take {bytes_text(costs.weight_bytes)} and the key/value cache of {rows} tokens "
            f"{bytes_text(costs.cache_bytes)}; a token costs {costs.token_flops:.3g} FLOPs, training on "
            f"{self.training_tokens:.3g} tokens {costs.training_flops:.3g} FLOPs"
        )

    def _figure(self) -> Figure:
        """Return three stacked bars: parameters, memory, and the FLOPs of one token."""
        import matplotlib.pyplot as plt

        from attend import style

        colours = {name: style.TOKENS[token][0] for name, token in PART_COLOURS.items()}
        figure, axes = plt.subplots(3, 1, figsize=(7, 5.2), height_ratios=(1, 2.2, 1))
        for ax, (title, rows) in zip(axes, self._groups().items(), strict=True):
            for row, (name, parts) in enumerate(rows.items()):
                left = 0.0
                for part, value in parts.items():
                    ax.barh(row, value, left=left, color=colours[part], edgecolor="white", label=part)
                    left += value
                ax.annotate(
                    name, (left, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8
                )
            ax.set(title=title, yticks=[], ylim=(len(rows) - 0.5, -0.5))
            ax.set_xlim(0, 1.6 * max(sum(parts.values()) for parts in rows.values()))
            ax.spines.left.set_visible(False)
            if len(rows) == 1:
                ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=4, fontsize=8)
        return figure

    def _groups(self) -> dict[str, dict[str, dict[str, float]]]:
        """The bars of the picture: title of the group, name of the bar, its parts."""
        costs, billion = self.costs, 1e9
        return {
            "parameters, billions": {
                f"{costs.parameters / billion:.3g}": {
                    "tables": costs.tables / billion, "attention": costs.attention / billion,
                    "feed-forward": costs.feed_forward / billion, "norms": costs.norms / billion,
                },
            },
            "memory, GB": {
                f"{name}, {bytes_text(value)}": {"memory": value / billion}
                for name, value in (
                    ("weights", costs.weight_bytes), ("key/value cache", costs.cache_bytes),
                    ("attention weights, if stored", costs.stored_bytes), ("training", costs.training_bytes),
                )
            },
            "FLOPs of one token, billions": {
                f"{costs.token_flops / billion:.3g}": {
                    "output": costs.output_flops / billion, "attention": costs.projection_flops / billion,
                    "feed-forward": costs.feed_forward_flops / billion,
                    "looking back": costs.mixing_flops / billion,
                },
            },
        }  # fmt: skip


PART_COLOURS = {
    "tables": "head-3", "output": "head-3", "attention": "head-6", "feed-forward": "head-2",
    "norms": "head-8", "looking back": "head-7", "memory": "head-1",
}  # fmt: skip


def float_format(dtype: str) -> str:
    """Give the format of what is computed on the way: 16 bits where the weights have four or eight."""
    return dtype if dtype == "float32" else "bfloat16"


def bytes_text(count: int) -> str:
    """Write a number of bytes with three digits and a unit of a power of 1000."""
    value = float(f"{count:.3g}")
    units = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
    power = min(max(0, (len(str(int(value))) - 1) // 3), len(units) - 1)
    return f"{value / 1000**power:.4g} {units[power]}"
