"""Dependencies point one way, and importing `attend` costs neither PyTorch nor Matplotlib."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import attend

PACKAGE = Path(attend.__file__).parent

# Which of our own modules and which libraries each module may import. A folder speaks for all that it holds.
MAY_IMPORT = {
    "__init__": set(),
    "_arguments": {"numpy"},
    "style": {"matplotlib", "cycler"},
    "brain": {"numpy", "jaxtyping", "attend._arguments", "attend.brain"},
    "attention": {"numpy", "jaxtyping", "attend._arguments"},
    "position": {"numpy", "jaxtyping", "attend._arguments"},
    "block": {"numpy", "jaxtyping", "attend._arguments", "attend.attention"},
    "encoder": {"numpy", "jaxtyping", "attend._arguments", "attend.attention", "attend.block"},
    "train": {"numpy", "jaxtyping", "attend._arguments", "attend.attention"},
    "state_space": {"numpy", "jaxtyping", "attend._arguments"},
    "cost": {"attend._arguments"},
    "data": {
        "numpy", "jaxtyping", "num2words", "cn2an", "attend._arguments", "attend.brain", "attend.data",
    },
    "nn": {
        "numpy", "torch", "jaxtyping", "safetensors", "tqdm",
        "attend._arguments", "attend.attention", "attend.data", "attend.nn",
    },
    "pretrained": {
        "numpy", "torch", "jaxtyping", "safetensors", "gguf", "tokenizers", "platformdirs", "filelock",
        "attend._arguments", "attend.data", "attend.nn", "attend.pretrained",
    },
    "analysis": {"numpy", "torch", "jaxtyping", "attend._arguments", "attend.nn", "attend.analysis"},
    "plots": {"numpy", "jaxtyping", "matplotlib", "attend.style", "attend.plots"},
    "checks": {
        "numpy", "attend.attention", "attend.position", "attend.block", "attend.encoder", "attend.train",
        "attend.brain", "attend.state_space", "attend.checks",
    },
    "widgets": {
        "numpy", "jaxtyping", "matplotlib", "ipywidgets", "anywidget", "traitlets", "safetensors",
        "attend.attention", "attend.position", "attend.block", "attend.encoder", "attend.brain",
        "attend.cost", "attend.data", "attend.style", "attend.plots", "attend.widgets",
    },
}  # fmt: skip


def module_of(path: Path) -> str:
    """The entry of MAY_IMPORT that speaks for a file."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, inside functions too, as full dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write the import of {node.module} in full"
            if node.module == "attend":
                names |= {f"attend.{alias.name}" for alias in node.names}
            else:
                names.add(node.module)
    return names


def allowed(name: str, permitted: set[str]) -> bool:
    """Whether an import is the standard library's or below one of the permitted names."""
    if name.split(".")[0] in sys.stdlib_module_names:
        return True
    return any(name == p or name.startswith(p + ".") for p in permitted)


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_dependencies_point_one_way(path):
    permitted = MAY_IMPORT.get(module_of(path))
    assert permitted is not None, f"say in MAY_IMPORT what {module_of(path)} may import"
    forbidden = {name for name in imports_of(path) if not allowed(name, permitted)}
    assert not forbidden, f"{path.name} must not import {', '.join(sorted(forbidden))}"


def test_the_rule_itself_has_no_circle():
    """Following what each module may import never leads back to where it started."""

    def reaches(module: str, seen: frozenset[str] = frozenset()) -> set[str]:
        direct = {p.removeprefix("attend.") for p in MAY_IMPORT[module] if p.startswith("attend.")} - {module}
        assert not direct & (seen | {module}), f"{module} leads back to {direct & seen}"
        return direct.union(*(reaches(m, seen | {module}) for m in direct))

    for module in MAY_IMPORT:
        reaches(module)


def test_a_forbidden_import_is_seen(tmp_path):
    """The reader of imports finds each way of writing one."""
    path = tmp_path / "attention.py"
    lines = ["import torch", "from attend import plots", "from attend.nn import attention"]
    path.write_text("\n".join([*lines, "def f():", "    import a.b"]))
    assert imports_of(path) == {"torch", "attend.plots", "attend.nn", "a.b"}
    assert not any(allowed(name, MAY_IMPORT["attention"]) for name in imports_of(path))
    assert allowed("math", set())


@pytest.mark.parametrize(
    "module",
    [
        "attend",
        "attend.attention",
        "attend.position",
        "attend.data.alignment",
        "attend.checks.similarity",
        "attend.analysis.scaling",
    ],
)
def test_importing_numpy_modules_loads_no_heavy_library(module):
    code = (
        f"import sys, {module}; print(*sorted({{'torch', 'matplotlib', 'ipywidgets'}} & sys.modules.keys()))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    ).stdout.split()
    assert loaded == []
