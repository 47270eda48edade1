"""The calculator's JavaScript counts as `attend.cost` does, to the last digit; its words hold."""

import numpy as np
import pytest
import traitlets
from javascript import evaluate, evaluate_all

from attend.widgets.cost_calculator import (
    FORMATS,
    FRACTIONS,
    MODEL,
    PRESETS,
    SIZES,
    VARIANT,
    WHOLE,
    CostCalculator,
    bytes_text,
)

ARITHMETIC = "cost_arithmetic"
RULES = "cost_rules"
WORDS = "cost_words"
TRAITS = (*WHOLE, *VARIANT, "dtype", *FRACTIONS)
# JSON has no BigInt, and a float would round it: counts travel as text.
EXACT = """
export const exactCosts = (state) => Object.fromEntries(
  Object.entries(costsOf(state)).map(([name, v]) => [name, typeof v === "bigint" ? `${v}n` : v]));
"""


def state(widget):
    return {name: getattr(widget, name) for name in TRAITS}


def counted(widgets):
    """What JavaScript counts for each widget: whole numbers where it has BigInt, else floats."""
    found = evaluate_all(ARITHMETIC, [("exactCosts", state(widget)) for widget in widgets], EXACT)
    return [
        {name: int(value[:-1]) if isinstance(value, str) else value for name, value in one.items()}
        for one in found
    ]


def check(widgets):
    for widget, found in zip(widgets, counted(widgets), strict=True):
        expected = widget.costs._asdict()
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            if isinstance(value, int):
                assert isinstance(found[name], int), name
                assert found[name] == value, (name, state(widget))
            else:
                assert found[name] == pytest.approx(value, rel=1e-12, abs=0), (name, state(widget))


def any_sizes(rng):
    """Sizes that fit together, spread over all orders of magnitude that the fields take."""

    def spread(low, high):
        return int(np.clip(np.exp(rng.uniform(np.log(low), np.log(high + 1))), low, high))

    kv_heads = spread(1, 64)
    heads = kv_heads * spread(1, 16)
    return {
        "num_layers": spread(*WHOLE["num_layers"]), "num_heads": heads, "num_kv_heads": kv_heads,
        "d_model": heads * spread(1, WHOLE["d_model"][1] // heads), "d_ff": spread(*WHOLE["d_ff"]),
        "vocabulary": spread(*WHOLE["vocabulary"]), "positions": spread(1, 10**6) - 1,
        **{name: spread(*WHOLE[name]) for name in ("context", "batch", "training_tokens")},
        **{name: bool(rng.integers(2)) for name in VARIANT}, "dtype": str(rng.choice(FORMATS)),
        **{name: float(np.exp(rng.uniform(*np.log(limits)))) for name, limits in FRACTIONS.items()},
    }  # fmt: skip


# ---------------------------------------------------------------- agreement


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_published_model_costs_the_same_in_both_languages(dtype):
    check([CostCalculator(name, dtype=dtype) for name in PRESETS])


def test_any_sizes_cost_the_same_in_both_languages(rng):
    widgets = [CostCalculator(**any_sizes(rng)) for _ in range(400)]
    check(widgets)
    large = [w.costs.training_flops > 2**53 for w in widgets]
    assert any(large)
    assert not all(large)


def test_the_smallest_and_the_largest_sizes_cost_the_same():
    """The largest training takes more than 2^100 operations, where doubles lie far apart."""
    ends = [{name: limits[end] for name, limits in (WHOLE | FRACTIONS).items()} for end in (0, 1)]
    widgets = [CostCalculator(**end, dtype=dtype) for end in ends for dtype in FORMATS]
    assert widgets[-1].costs.training_flops > 2**100
    check(widgets)


def test_counts_are_exact_where_doubles_are_not():
    (found,) = counted([CostCalculator("Llama 3 8B", training_tokens=999_999_999_999_999)])
    assert int(float(found["training_flops"])) != found["training_flops"]


# ---------------------------------------------------------------- rules


def written(**changes):
    return {**{name: str(PRESETS["GPT-2 small"][name]) for name in SIZES}, **changes}


def test_sizes_that_fit_are_taken():
    assert evaluate(RULES, "checkSizes", written(d_model="1e3", num_heads=" 20 ", num_kv_heads="4")) == {
        "values": {
            **{name: PRESETS["GPT-2 small"][name] for name in SIZES},
            "d_model": 1000, "num_heads": 20, "num_kv_heads": 4,
        }
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"num_heads": "7"}, {"num_heads": "Heads: expected a divisor of d_model = 768, got 7."}),
        ({"d_model": "770"}, {"num_heads": "Heads: expected a divisor of d_model = 770, got 12."}),
        (
            {"num_kv_heads": "5"},
            {"num_kv_heads": "Key/value heads: expected a divisor of heads = 12, got 5."},
        ),
        (
            {"num_kv_heads": "24"},
            {"num_kv_heads": "Key/value heads: expected a divisor of heads = 12, got 24."},
        ),
        (
            {"d_model": "0"},
            {"d_model": "Width, d_model: expected a whole number from 1 to 65536, got 0."},
        ),
        (
            {"d_ff": "", "vocabulary": "NaN"},
            {
                "d_ff": "Inner width, d_ff: expected a whole number from 1 to 1000000, got nothing that "
                "reads as a number.",
                "vocabulary": "Vocabulary: expected a whole number from 1 to 10000000, got “NaN”.",
            },
        ),
        ({"num_layers": "1.5"}, {"num_layers": "Layers: expected a whole number from 1 to 1000, got 1.5."}),
        (
            {"num_layers": "Infinity"},
            {"num_layers": "Layers: expected a whole number from 1 to 1000, got Infinity."},
        ),
        (
            {"positions": "-1"},
            {"positions": "Learned positions: expected a whole number from 0 to 10000000, got −1."},
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named(changes, problems):
    assert evaluate(RULES, "checkSizes", written(**changes)) == {"problems": problems}


@pytest.mark.parametrize("changes", [{"num_heads": 7}, {"num_kv_heads": 5}, {"d_ff": 0}, {"positions": -1}])
def test_both_languages_say_the_same(changes):
    """Python names the trait, the page the label of the field."""
    (name,) = changes
    with pytest.raises(traitlets.TraitError) as raised:
        CostCalculator("GPT-2 small", **changes)
    ((box, problem),) = evaluate(RULES, "checkSizes", written(**{name: str(changes[name])}))[
        "problems"
    ].items()
    said = problem.split(": ", 1)[1].replace("heads = ", "num_heads = ").replace("−", "-").rstrip(".")
    assert str(raised.value) == f"{box}: {said}"


def test_both_languages_agree_on_limits_and_formats():
    more = """
    export const limits = (rules) => Object.fromEntries(
      Object.entries(rules === "sizes" ? costSizeRules : costUseRules).map(([n, r]) => [n, [r.min, r.max]]));
    export const names = () => [costFormats, costModelTraits, costTraits];
    """
    sizes, use, (formats, model, traits) = evaluate_all(
        RULES, [("limits", "sizes"), ("limits", "use"), ("names",)], more
    )
    assert sizes == {name: list(WHOLE[name]) for name in SIZES}
    billions = [limit / 1e9 for limit in WHOLE["training_tokens"]]
    expected = {**WHOLE, **FRACTIONS, "training_tokens": billions}
    assert use == {name: list(expected[name]) for name in use}
    assert (formats, model) == (list(FORMATS), list(MODEL))
    assert sorted(traits) == sorted(TRAITS)


def test_a_model_is_known_by_its_sizes_and_a_preset_sets_them_all():
    for name, preset in PRESETS.items():
        changes = evaluate(RULES, "presetChanges", preset)
        changed = {**state(CostCalculator("BERT base", training_tokens=12345)), **changes}
        expected = CostCalculator(name)
        assert evaluate(RULES, "presetOf", changed, PRESETS) == name
        assert changed["context"] == preset["context"]
        assert changed["training_tokens"] == (preset["training_tokens"] or 12345)
        assert {size: changed[size] for size in MODEL} == {size: getattr(expected, size) for size in MODEL}
    own = state(CostCalculator(num_layers=31))
    assert evaluate(RULES, "presetOf", own, PRESETS) is None


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        ("countText", 0, "0"),
        ("countText", 999, "999"),
        ("countText", 1000, "1 thousand"),
        ("countText", 999_600, "1 million"),
        ("countText", 124_439_808, "124 million"),
        ("countText", 6_738_415_616, "6.74 billion"),
        ("countText", 1e12, "1 trillion"),
        ("countText", 4.2866e22, "4.29 × 10²²"),
        ("bytesText", 1, "1 byte"),
        ("bytesText", 999, "999 bytes"),
        ("bytesText", 13_476_831_232, "13.5 GB"),
        ("bytesText", 999_999_999, "1 GB"),
        ("bytesText", 5e25, "50 YB"),
        ("timeText", 0.2043, "204 ms"),
        ("timeText", 1e-12, "1 × 10⁻¹² seconds"),
        ("timeText", 1e-9, "1 ns"),
        ("timeText", 1, "1 second"),
        ("timeText", 59.99, "1 minute"),
        ("timeText", 90000, "1.04 days"),
        ("timeText", 31557600 * 71.3, "71.3 years"),
        ("timeText", 31557600 * 12345, "12,300 years"),
        ("timeText", 31557600 * 5e9, "5 billion years"),
        ("deviceTimeText", 82_961 * 3600, "83,000 hours of this device (9.46 years)"),
        ("deviceTimeText", 1_720_594 * 3600, "1.72 million hours of this device (196 years)"),
        ("deviceTimeText", 3600, "1 hour of this device (1 hour)"),
        ("deviceTimeText", 90, "1.5 minutes of this device"),
        ("energyText", 81.6, "81.6 J"),
        ("energyText", 1.1946e11, "33.2 MWh"),
        ("energyText", 0.0004, "400 µJ"),
        ("energyText", 2e-20, "2 × 10⁻²⁰ J"),
        ("energyText", 3.6e21, "1 × 10⁶ TWh"),
        ("powerText", 1.5e-7, "1.5 × 10⁻⁷"),
    ],
)
def test_numbers_in_words(function, value, expected):
    assert evaluate(WORDS, function, value) == expected


def test_bytes_are_written_the_same_in_both_languages(rng):
    values = [0, 1000, *(int(10 ** rng.uniform(1, 26)) for _ in range(100))]
    shown = evaluate_all(WORDS, [("bytesText", value) for value in values])
    assert shown == [bytes_text(value) for value in values]


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(1, 3, "33.3 %"), (0, 3, "0 %"), (1, 10**6, "below 0.1 %")]
)
def test_shares(part, whole, expected):
    assert evaluate(WORDS, "shareText", part, whole) == expected


def words(function, widget):
    """Call a function of the words with the counts, which JSON cannot carry."""
    more = "".join(
        f"export const {name}Of = (s, presets) => {name}(s, presets, costsOf(s));"
        for name in ("costReadout", "costTable")
    )
    return evaluate_all("cost_calculator", [(f"{function}Of", state(widget), PRESETS)], more)[0]


def test_the_readout_of_a_published_model():
    assert words("costReadout", CostCalculator()) == {
        "title": "LLaMA-7B: 6.74 billion parameters",
        "facts": [
            "weights in bfloat16: 13.5 GB",
            "key/value cache of a text of 2,048 tokens: 1.07 GB",
            "attention weights of a text of 2,048 tokens, if every layer stores them: 8.59 GB",
            "one more token: 14.3 billion FLOPs, 7.5 % of them to look back at 2,048 tokens",
            "reading a text of 2,048 tokens: 29.3 trillion FLOPs, about 204 ms and 81.6 J",
            "training on 1 trillion tokens: 4.29 × 10²² FLOPs, about 83,000 hours of this device "
            "(9.46 years) and 33.2 MWh",
            "training holds 108 GB for weights, gradients and Adam, and activations on top",
        ],
    }


def test_one_of_everything_reads_well():
    widget = CostCalculator(
        num_layers=1, d_model=1, num_heads=1, num_kv_heads=1, d_ff=1, vocabulary=1, context=1, batch=2
    )
    shown = words("costReadout", widget)
    assert shown["title"] == "Own sizes: 12 parameters"
    assert shown["facts"][1] == "key/value cache of 2 texts of 1 token: 8 bytes"
    assert "to look back at 1 token" in shown["facts"][3]


def test_the_table_has_every_count_to_the_last_digit():
    widget = CostCalculator("GPT-3 175B", batch=3)
    table = words("costTable", widget)
    assert table["caption"] == "GPT-3 175B, 2,048 tokens × 3 texts, bfloat16"
    assert all(len(row) == len(table["header"]) for row in table["rows"])
    shown = [int(row[1].replace(",", "")) for row in table["rows"][:-2]]
    assert shown == [value for value in widget.costs if isinstance(value, int)]


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({}, []),
        ({"preset": "GPT-2 small"}, []),
        (
            {"preset": "GPT-2 small", "context": 2048},
            [
                "The context is longer than the 1,024 learned positions: this model could not read it.",
            ],
        ),
        ({"dtype": "int8"}, ["int8: the scales that turn whole numbers back into weights are left out"]),
    ],
)
def test_cautions(traits, expected):
    cautions = evaluate(WORDS, "costCautions", state(CostCalculator(**traits)))
    assert len(cautions) == len(expected)
    assert all(caution.startswith(start) for caution, start in zip(cautions, expected, strict=True))


def test_a_note_says_where_the_sizes_come_from():
    note = evaluate(WORDS, "presetNote", state(CostCalculator("BERT base")), PRESETS)
    assert note.startswith("Sizes: Devlin et al. (2019). An encoder:")
    assert evaluate(WORDS, "presetNote", state(CostCalculator(d_ff=1)), PRESETS) == "Sizes of your own."


def test_the_parts_of_each_bar_add_up():
    more = """
    export const sums = (state) => costGroups(costsOf(state)).flatMap(({ bars }) => bars.map(
      ({ total, parts }) => [String(total), String(parts.reduce((sum, { value }) => sum + value, 0n))]));
    """
    for name in PRESETS:
        (sums,) = evaluate_all("cost_calculator", [("sums", state(CostCalculator(name)))], more)
        assert len(sums) == 6
        assert all(total == parts for total, parts in sums)
