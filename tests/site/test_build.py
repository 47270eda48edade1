"""The site's own extensions on small books: what they make, and what must stop a build."""

from __future__ import annotations

import re

import nbformat
import pytest
from small_book import build_chapter

CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def test_a_chapter_is_numbered_by_its_own_number(tmp_path):
    figure = CODE(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        metadata={
            "mystnb": {"image": {"alt": "a line"}, "figure": {"caption": "A line.", "name": "fig-line"}}
        },
    )
    slider = CODE("import ipywidgets\nipywidgets.IntSlider()")
    equation = TEXT("## First\n\nBy {eq}`eq-one`:\n\n$$\nx = 1\n$$ (eq-one)\n\n## Second")
    code, printed, page = build_chapter(tmp_path, equation, figure, slider)
    assert code == 0, printed
    text = re.sub(r"<[^>]*>", "", page)
    assert "5.1\u2002First" in text
    assert "5.2\u2002Second" in text
    assert "By (5.1):" in text
    assert "Figure 5.1" in text
    assert "Figure 5.1" in (tmp_path / "_build/html/book/index.html").read_text()
    # The picture has its size, and a widget that only Jupyter can run says so.
    assert re.search(r'<img alt="a line"[^>]* width="\d+" height="\d+"', page)
    assert "needs Python behind it" in page


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        (TEXT(r"Here $\wrongmacro{x}$ stands."), r"cannot convert this formula to MathML: \wrongmacro{x}"),
        (CODE("1 / 0"), "ZeroDivisionError"),
        (CODE("from matplotlib import pyplot\npyplot.plot([1])\npyplot.show()"), "has no text for readers"),
        (TEXT("See {eq}`eq-nowhere`."), "eq-nowhere"),
    ],
    ids=["formula", "cell", "alt text", "reference"],
)
def test_a_fault_stops_the_build_and_is_named(tmp_path, cell, complaint):
    code, printed, _ = build_chapter(tmp_path, cell)
    assert code != 0
    assert complaint in printed


def test_a_chapter_number_must_be_a_number(tmp_path):
    code, printed, _ = build_chapter(tmp_path, chapter="five")
    assert code != 0
    assert "'chapter' must be a whole number" in printed


class TestMathml:
    def test_colours_queries_keys_and_values(self):
        from mathml import convert

        formula = convert(r"Q \mathbf{k}_j V_i + x")
        assert '<mi class="attend-query">Q</mi>' in formula
        assert '<mi class="attend-key">𝐤</mi>' in formula
        assert '<mi class="attend-value">V</mi>' in formula
        assert "<mi>x</mi>" in formula

    @pytest.mark.parametrize("latex", [r"\frac{1}", "a } b", r"\operatorname*{argmax}_x", "x'", "a & b"])
    def test_names_what_it_cannot_set(self, latex):
        from mathml import FormulaError, convert

        with pytest.raises(FormulaError, match="cannot convert") as raised:
            convert(latex)
        assert latex in str(raised.value)

    def test_gives_a_norm_two_bars_of_one_height(self):
        from mathml import convert

        bars = re.findall(r"<mo[^>]*>‖</mo>", convert(r"\lVert x \rVert^2"))
        assert len(bars) == 2
        assert all('stretchy="false"' in bar for bar in bars)

    def test_sets_a_space_after_a_function_but_not_before_its_bracket(self):
        from mathml import convert

        assert "<mspace" in convert(r"\exp s")
        assert "<mspace" not in convert(r"\exp(s)")
        assert "<mspace" not in convert(r"\exp\left(s\right)")


class TestMathFont:
    def test_finds_what_a_browser_draws(self):
        from math_font import characters

        page = "<p>Z</p><math><mi>x</mi><mi>sin</mi><msqrt><mn>2</mn></msqrt><mo>&lt;</mo></math>"
        assert characters(page) >= {"𝑥", "s", "i", "n", "√", "2", "<"}
        assert "Z" not in characters(page)

    def test_the_subset_keeps_the_table_that_sets_formulas(self, tmp_path):
        from fontTools.ttLib import TTFont
        from math_font import subset

        subset(set("𝑥√∑()"), tmp_path / "font.woff2")
        font = TTFont(tmp_path / "font.woff2")
        assert "MATH" in font
        assert set(map(ord, "𝑥√∑()")) <= set(font.getBestCmap())
        assert (tmp_path / "font.woff2").stat().st_size < 60_000


class TestWidgets:
    def test_a_module_becomes_a_classic_script(self):
        from widgets import classic_script

        script = classic_script("w", "export function f() {}\nconst a = 1;\nexport default { render };\n")
        assert "export" not in script
        assert 'attendHost.register("w", attendWidget);' in script

    @pytest.mark.parametrize("module", ["const a = 1;", 'import x from "y";\nexport default x;'])
    def test_a_module_it_cannot_rewrite_is_named(self, module):
        from sphinx.errors import ExtensionError
        from widgets import classic_script

        with pytest.raises(ExtensionError, match=r"w\.js"):
            classic_script("w", module)

    def test_the_page_carries_only_what_the_module_reads(self):
        from widgets import page_state

        state = {
            "_esm": "",
            "_css": "",
            "_model_name": "",
            "layout": "",
            "_name": "w",
            "_map": 1,
            "tokens": 2,
        }
        assert page_state(state) == {"_map": 1, "tokens": 2}
