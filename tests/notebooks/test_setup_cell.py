"""The cell that fetches the book where a notebook stands alone."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import notebooks, setup_cell

ADDRESS = "https://github.com/owner/name"


def chapter(*code):
    return new_notebook(cells=[new_markdown_cell("# Title"), *map(new_code_cell, code)])


@pytest.mark.parametrize("path", notebooks.toc_notebooks(), ids=lambda path: path.stem)
def test_every_notebook_has_it_after_the_title(path):
    first, second, *_ = nbformat.read(path, as_version=4).cells
    assert first.cell_type == "markdown"
    assert setup_cell.is_setup(second)
    assert second.outputs == []


def test_with_an_address_it_clones_installs_and_goes_to_the_notebook_s_folder():
    code = setup_cell.source(chapter("1"), "book/code", ADDRESS)
    clone, install, folder = code.splitlines()[-3:]
    assert clone.endswith(f"!git clone --quiet --depth 1 {ADDRESS} attention-book")
    assert install.endswith('%pip install --quiet "./attention-book[notebooks]"')
    assert folder.endswith("%cd -q attention-book/book/code")


def test_a_notebook_that_loads_models_fetches_them():
    code = setup_cell.source(chapter("from attend.pretrained import minilm"), "book", ADDRESS)
    assert code.splitlines()[-1] == "    !{sys.executable} -m attend.pretrained"


@pytest.mark.parametrize("address", ["", ADDRESS])
def test_it_does_nothing_where_the_book_is_installed(address):
    code = setup_cell.source(chapter("from attend.pretrained import minilm"), "book", address)
    run = "from IPython.core.interactiveshell import InteractiveShell\n"
    run += f"InteractiveShell().run_cell({code!r}).raise_error()\n"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_without_an_address_it_says_what_is_missing():
    code = setup_cell.source(chapter("1"), "book", "")
    away = "import sys\nsys.modules['attend'] = None\n"
    done = subprocess.run([sys.executable, "-c", away + code], capture_output=True, text=True, check=False)
    assert "pip install -r requirements.txt" in done.stderr


def test_putting_it_in_keeps_outputs_and_counts_on():
    notebook = chapter("2 + 2")
    result = new_output("execute_result", data={"text/plain": "4"}, execution_count=1)
    notebook.cells[1].update(execution_count=1, outputs=[result])
    before = notebooks.source_hash(notebook)
    for address in ("", ADDRESS, ADDRESS):
        setup_cell.put_in(notebook, "book", address)
        assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2]
        assert notebook.cells[2].outputs[0].execution_count == 2
        assert notebooks.source_hash(notebook) == before
    assert ADDRESS in notebook.cells[1].source


def test_an_old_address_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    (tmp_path / "book").mkdir()
    settings = tmp_path / "_config.yml"
    settings.write_text("sphinx: {config: {attend_repository: ''}}")
    path = tmp_path / "book" / "a.ipynb"
    nbformat.write(chapter("1"), path)
    assert notebooks.main(["execute", str(path)]) == 0
    assert notebooks.problems(path) == []
    settings.write_text(f"sphinx: {{config: {{attend_repository: {ADDRESS}}}}}")
    assert notebooks.problems(path) == [
        "notebook: its set-up cell is missing or out of date; run `make notebook-setup`"
    ]
    assert notebooks.main(["setup", str(path)]) == 0
    assert notebooks.problems(path) == []
