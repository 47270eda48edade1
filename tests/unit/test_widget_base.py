"""Bundling, and what every widget promises: the same words in every run, and a picture where it has one."""

import re

import pytest

from attend.widgets import base


@pytest.fixture
def modules(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "FOLDER", tmp_path)
    base.load_module.cache_clear()
    base.load_css.cache_clear()
    (tmp_path / "low.js").write_text("export const one = 1;\n")
    (tmp_path / "mid.js").write_text(
        'import { one } from "./low.js";\nexport function two() { return one + one; }\n'
    )
    (tmp_path / "top.js").write_text(
        'import { one } from "./low.js";\nimport { two } from "./mid.js";\n'
        "export function three() { return one + two(); }\nexport default { render() {} };\n"
    )
    (tmp_path / "widget.css").write_text(".attend-root {}\n")
    (tmp_path / "top.css").write_text(".attend-top {}\n")
    yield tmp_path
    base.load_module.cache_clear()
    base.load_css.cache_clear()


def test_a_bundle_holds_each_needed_file_once_before_its_use(modules):
    bundle = base.load_module("top")
    assert bundle.count("const one = 1") == 1
    assert bundle.index("const one") < bundle.index("function two") < bundle.index("function three")
    assert not re.search(r"^import ", bundle, re.MULTILINE)


def test_only_the_widget_s_own_names_are_exported(modules):
    assert re.findall(r"^export (.*?)[ ({]", base.load_module("top"), re.MULTILINE) == ["function", "default"]


def test_the_style_sheet_holds_the_shared_part_first(modules):
    assert base.load_css("top").split() == [".attend-root", "{}", ".attend-top", "{}"]


def test_a_style_sheet_that_uses_another_widget_s_pictures_holds_its_rules(modules):
    (modules / "top.css").write_text('@import "./other.css";\n.attend-top {}\n')
    (modules / "other.css").write_text(".attend-other {}\n")
    assert re.findall(r"[.@][\w-]+", base.load_css("top")) == [".attend-root", ".attend-other", ".attend-top"]


def test_a_missing_module_is_named(modules):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        base.load_module("nowhere")


def test_names_of_modules_that_share_a_bundle_differ():
    declared = re.compile(r"^(?:export )?(?:const|let|function|class) (\w+)", re.MULTILINE)
    for widget in (p.stem for p in base.FOLDER.glob("*.py") if (base.FOLDER / f"{p.stem}.js").exists()):
        names = declared.findall(base.load_module(widget))
        assert len(names) == len(set(names)), widget


def test_no_template_stands_inside_another():
    """The site's minifier takes the inner one's text for code, and blanks go missing from the page."""
    inner = re.compile(r"\$\{(?:[^{}`]|\{[^{}`]*\})*`")
    assert inner.search("`${a}, ${b ? ` ${c}` : 0}`")
    assert not inner.search("`${a.map(({ b }) => b)} ${c}`")
    found = [path.name for path in base.FOLDER.glob("*.js") if inner.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_repr_and_bundle_say_the_same_in_every_run(modules):
    class Top(base.AttendWidget, module="top"):
        def describe(self):
            return "three"

        def _figure(self):
            from matplotlib.figure import Figure

            return Figure()

        def fallback_html(self):
            return "<p>three</p>"

    first, second = (Top()._repr_mimebundle_() for _ in range(2))
    for data, metadata in (first, second):
        assert data["text/plain"] == "Top: three"
        assert data["text/html"] == "<p>three</p>"
        assert data["image/png"].startswith(b"\x89PNG")
        assert metadata["image/png"] == {"alt": "three"}
        assert "application/vnd.jupyter.widget-view+json" in data
    assert Top()._name == "top"
