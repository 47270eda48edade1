"""Which notebooks the build executes, and which it takes from an earlier run."""

from __future__ import annotations

import ast
import subprocess
import sys

import nbformat
import pytest
from built_site import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from small_book import build_chapter, run

from scripts import setup_cell
from scripts.notebooks import toc_notebooks

SRC = ROOT / "src"


def sources(code, src=SRC):
    from notebook_sources import sources_of

    return {path.relative_to(src).as_posix() for path in sources_of(code, src)}


@pytest.fixture
def tree(tmp_path):
    """A small package in which each file is used in one way."""
    files = {
        "attend/__init__.py": '"""The package."""\n\n__version__ = "1"\n',
        "attend/style.py": "",
        "attend/train.py": "from attend import style\n",
        "attend/text.py": 'FILE = "plays.txt"\n',
        "attend/plays.txt": "To be",
        "attend/unread.txt": "",
        "attend/widgets/__init__.py": (
            '"""All."""\n\nfrom attend.widgets.one import One\nfrom attend.widgets.two import Two\n'
        ),
        "attend/widgets/one.py": 'from attend.widgets import base\nclass One(module="one"): ...\n',
        "attend/widgets/one.js": 'import { f } from "./shared.js";\n',
        "attend/widgets/one.css": "",
        "attend/widgets/shared.js": "",
        "attend/widgets/two.py": "class Two: ...\n",
        "attend/widgets/two.js": "",
        "attend/widgets/base.py": 'read("widget")\n',
        "attend/widgets/widget.css": "",
    }
    for name, text in files.items():
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "requirements.txt").write_text("numpy\n")
    return tmp_path


def test_a_widget_brings_its_own_files_and_no_other_widget_s(tree):
    widgets = {name.rpartition("/")[2] for name in sources("from attend.widgets import One", tree / "src")}
    assert widgets == {"__init__.py", "one.py", "one.js", "one.css", "shared.js", "base.py", "widget.css"}
    assert "attend/widgets/__init__.py" not in sources("from attend.widgets import One", tree / "src")


@pytest.mark.parametrize(
    "code",
    ["from attend import train", "import attend.train as t", "from attend import (\n    train,  # ours\n)",
     'subprocess.run([python, "-m", "attend.train"])', "!python -m attend.train"],
)  # fmt: skip
def test_imports_and_commands_are_found_in_all_their_forms(tree, code):
    assert sources(code, tree / "src") == {"attend/__init__.py", "attend/train.py", "attend/style.py"}


def test_a_file_that_a_module_reads_counts(tree):
    assert sources("from attend.text import FILE", tree / "src") == {
        "attend/__init__.py", "attend/text.py", "attend/plays.txt"
    }  # fmt: skip


def code_of(path):
    notebook = nbformat.read(path, as_version=4)
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("notebook", toc_notebooks(), ids=lambda path: path.stem)
def test_nothing_that_the_book_s_notebooks_import_is_missed(notebook):
    """Python's own parser, on every module that was found, names no module that was not."""
    found = sources(code_of(notebook))
    for name in sorted(found):
        if not name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse((SRC / name).read_text(encoding="utf-8"))):
            named = [node.module] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in (each for each in named if each and each.startswith("attend.")):
                file = module.replace(".", "/")
                assert {f"{file}.py", f"{file}/__init__.py"} & found, f"{name} imports {module}"


def fingerprint(tree, *cells):
    from execution_cache import fingerprint

    path = tree / "book" / "a.ipynb"
    path.parent.mkdir(exist_ok=True)
    return fingerprint(new_notebook(cells=list(cells)), path, tree)


def test_a_run_holds_until_something_changes_that_decides_it(tree):
    cells = [new_markdown_cell("Prose"), new_code_cell('from attend import train\nload("a.quiz.json")')]
    (tree / "book").mkdir()
    (tree / "book" / "a.quiz.json").write_text("{}")
    before = fingerprint(tree, *cells)

    cells[0].source = "Other prose"
    (tree / "src/attend/text.py").write_text("# not imported")
    assert fingerprint(tree, *cells) == before

    changes = {"src/attend/style.py": "1", "requirements.txt": "torch", "book/a.quiz.json": "[]"}
    for name, text in changes.items():
        (tree / name).write_text(text)
        after = fingerprint(tree, *cells)
        assert after != before, name
        before = after
    cells[1].metadata["tags"] = ["raises-exception"]
    assert fingerprint(tree, *cells) != before


PROGRAM = """
import sys
sys.path.append({extensions!r})
from pathlib import Path
from execution_cache import Run, execute_all
root = Path({root!r})
execute_all([Run(path, root, root / "store") for path in sorted(root.glob("book/*.ipynb"))])
"""


def test_notebooks_run_side_by_side_and_a_failure_is_named_while_the_others_are_kept(tree):
    """Each of two waits until the other has begun, so one after the other they would never end."""
    (tree / "book").mkdir()
    wait = (
        "import pathlib, time\npathlib.Path('{mine}').touch()\nend = time.monotonic() + 60\n"
        "while not pathlib.Path('{other}').exists():\n    assert time.monotonic() < end\n    time.sleep(0.05)"
    )
    cells = {"a": wait.format(mine="a", other="b"), "b": wait.format(mine="b", other="a") + "\n1 / 0"}
    for name, source in cells.items():
        nbformat.write(new_notebook(cells=[new_code_cell(source)]), tree / "book" / f"{name}.ipynb")
    program = PROGRAM.format(extensions=str(ROOT / "book" / "_ext"), root=str(tree))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ExtensionError: a notebook failed\nbook/b: cell 1" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert [file.name.split(".")[0] for file in (tree / "store").iterdir()] == ["book-a"]


def test_a_second_build_executes_nothing_and_prose_is_new(tmp_path):
    # What the cell shows tells whether it ran again.
    cells = [new_markdown_cell("Old words."), new_code_cell("import time\ntime.time_ns()")]
    code, printed, page = build_chapter(tmp_path, *cells)
    assert code == 0, printed
    assert "executing notebooks: 1" in printed
    notebook = nbformat.read(tmp_path / "book/chapter.ipynb", as_version=4)
    notebook.cells[1].source = "New words."
    setup_cell.put_in(notebook, "book", "https://github.com/owner/name")
    nbformat.write(notebook, tmp_path / "book/chapter.ipynb")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "executing" not in done.stdout
    again = (tmp_path / "_build/html/book/chapter.html").read_text()
    assert "New words." in again
    shown = [text.split("<pre>")[-1].split("</pre>")[0] for text in (page, again)]
    assert shown[0] == shown[1]
