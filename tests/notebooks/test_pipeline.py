"""The book's notebooks are in order, and `scripts/notebooks.py` sees it when one is not."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from scripts import notebooks

PICTURE = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480 with 1 Axes>"}
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "5e1f"}, "text/plain": "Quiz()"}


@pytest.mark.parametrize("path", notebooks.toc_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_of_the_book_is_in_order(path):
    assert notebooks.problems(path) == []


def test_every_notebook_is_in_the_table_of_contents():
    assert notebooks.toc_notebooks()
    assert notebooks.stray_notebooks() == []


# ---------------------------------------------------------------- made-up notebooks, each with one fault


def result(text, count):
    return new_output("execute_result", data={"text/plain": text}, execution_count=count)


@pytest.fixture
def sound():
    """A notebook in normal form, as if `execute` had just stored it."""
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# A title"),
            new_code_cell("1 + 1", execution_count=1, outputs=[result("2", 1)]),
            new_code_cell("2 + 2", execution_count=2, outputs=[result("4", 2)]),
        ]
    )
    return stored(notebook)


def stored(notebook):
    notebook.metadata["attend"] = {"source_hash": notebooks.source_hash(notebook)}
    return notebooks.normalise(notebook)


@pytest.fixture
def found(tmp_path):
    """Write a notebook and return the problems that the check finds in it."""

    def problems(notebook):
        path = tmp_path / "notebook.ipynb"
        path.write_text(notebooks.text_of(notebook), encoding="utf-8")
        return notebooks.problems(path)

    return problems


def test_a_sound_notebook_has_no_problem(sound, found):
    assert found(sound) == []


def test_a_cell_that_was_never_executed(sound, found):
    sound.cells[2].update(execution_count=None, outputs=[])
    assert found(sound) == ["cell 3: never executed"]


def test_cells_executed_out_of_order(sound, found):
    sound.cells[1].execution_count, sound.cells[2].execution_count = 2, 1
    assert found(sound) == [
        "cell 2: out of order: execution count 2, expected 1",
        "cell 3: out of order: execution count 1, expected 2",
    ]


def test_code_edited_after_its_execution(sound, found):
    sound.cells[1].source = "1 + 2"
    assert found(notebooks.normalise(sound)) == [
        "notebook: stale: the code changed after its outputs were stored; run `make notebooks`"
    ]


def test_prose_may_be_edited_without_a_new_execution(sound, found):
    sound.cells[0].source = "# Another title"
    assert found(notebooks.normalise(sound)) == []


def test_no_record_of_an_execution(sound, found):
    del sound.metadata["attend"]
    assert found(sound) == [
        "notebook: no record of its execution (metadata attend.source_hash); run `make notebooks`"
    ]


def test_a_stored_picture(sound, found):
    sound.cells[1].outputs = [new_output("display_data", data=PICTURE)]
    assert found(sound) == ["cell 2: a picture is stored (image/png)"]


def test_a_stored_widget_view(sound, found):
    sound.cells[1].outputs = [new_output("display_data", data=WIDGET)]
    assert found(sound) == ["cell 2: a widget view is stored"]


def test_stored_widget_state(sound, found):
    state = {"version_major": 2, "version_minor": 0, "state": {}}
    sound.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": state}
    assert found(sound) == ["notebook: widget state is stored"]


def test_standard_error_needs_a_tag(sound, found):
    sound.cells[1].outputs.append(new_output("stream", name="stderr", text="a warning\n"))
    assert found(sound) == ["cell 2: wrote to standard error without the tag remove-stderr: a warning"]
    sound.cells[1].metadata["tags"] = ["remove-stderr"]
    assert found(stored(sound)) == []


def test_an_error_needs_a_tag(sound, found):
    error = new_output("error", ename="ValueError", evalue="no", traceback=["ValueError: no"])
    sound.cells[1].outputs = [error]
    assert found(sound) == ["cell 2: an error is stored without the tag raises-exception"]
    sound.cells[1].metadata["tags"] = ["raises-exception"]
    assert found(stored(sound)) == []


def test_a_tag_that_promises_an_error_needs_one(sound, found):
    sound.cells[1].metadata["tags"] = ["raises-exception"]
    assert found(stored(sound)) == ["cell 2: tagged raises-exception, but it raised nothing"]


def test_a_memory_address(sound, found):
    sound.cells[1].outputs = [result("<object object at 0x7f3a5c0d2e10>", 1)]
    assert found(sound) == ["cell 2: a memory address (0x7f3a5c0d2e10), which differs in every run"]


def test_an_svg_picture(sound, found):
    sound.cells[1].outputs = [new_output("display_data", data={"image/svg+xml": "<svg/>"})]
    assert "cell 2: an SVG picture: nbval compares its dates and ids; show a PNG" in found(sound)


def test_a_long_cell_needs_a_hidden_input(sound, found):
    sound.cells[1].source = "\n".join(f"a{line} = {line}" for line in range(16))
    assert found(stored(sound)) == ["cell 2: 16 lines of code, at most 15 unless the input is hidden"]
    sound.cells[1].metadata["tags"] = ["hide-input"]
    assert found(stored(sound)) == []


def test_an_empty_code_cell(sound, found):
    sound.cells.append(new_code_cell(""))
    assert found(stored(sound)) == ["cell 4: an empty code cell"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda n: n.cells[1].metadata.update(execution={"iopub.execute_input": "2026-01-01T00:00:00Z"}),
        lambda n: n.cells[1].update(id="0badcafe"),
        lambda n: n.metadata.kernelspec.update(display_name="my own kernel"),
        lambda n: n.metadata.language_info.update(version="3.11.7"),
        lambda n: n.cells[1].outputs[0].metadata.update(needs_background="light"),
        lambda n: n.cells[1].update(source="1 + 1\n"),
    ],
    ids=["timing", "cell id", "kernel", "Python version", "output metadata", "blank line at the end"],
)
def test_what_depends_on_machine_or_editor(sound, found, spoil):
    spoil(sound)
    sound.metadata.attend.source_hash = notebooks.source_hash(sound)
    assert [problem.split(";")[0] for problem in found(sound)] == [
        "notebook: not in normal form, run `make notebooks`"
    ]


def test_another_layout_of_the_same_notebook(sound, tmp_path):
    path = tmp_path / "notebook.ipynb"
    path.write_text(json.dumps(sound, indent=4), encoding="utf-8")
    assert "not in normal form" in notebooks.problems(path)[0]


def test_a_file_that_is_no_notebook(tmp_path):
    path = tmp_path / "notebook.ipynb"
    path.write_text("<<<<<<< HEAD\n{}\n", encoding="utf-8")
    assert notebooks.problems(path)[0].startswith("notebook: not a valid notebook")


def test_the_command_prints_each_problem_and_fails(sound, tmp_path):
    sound.cells[2].update(execution_count=None, outputs=[])
    path = tmp_path / "notebook.ipynb"
    path.write_text(notebooks.text_of(sound), encoding="utf-8")
    command = [sys.executable, notebooks.__file__, "check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{path}: cell 3: never executed\n1 checked, 1 with problems\n" == done.stdout


# ---------------------------------------------------------------- execution


def write(path, *cells):
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


@pytest.fixture
def lively(tmp_path):
    """A notebook with everything that must not be stored, and its neighbour in the same folder."""
    (tmp_path / "neighbour.txt").write_text("read from the notebook's own folder")
    return write(
        tmp_path / "lively.ipynb",
        new_markdown_cell("# Title"),
        new_code_cell("print(open('neighbour.txt').read())"),
        new_code_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),
        new_code_cell("import ipywidgets\nipywidgets.IntSlider(3)", metadata={"collapsed": True}),
        new_code_cell("{name for name in ['query', 'key', 'value']}"),
        new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]}),
    )


def test_execution_stores_text_and_nothing_else(lively):
    assert notebooks.main(["execute", str(lively)]) == 0
    assert notebooks.problems(lively) == []
    cells = nbformat.read(lively, as_version=4).cells[1:]
    assert cells[0].outputs[0].text == "read from the notebook's own folder\n"
    assert cells[1].outputs[0].data == {"text/plain": "<Figure size 640x480 with 1 Axes>"}
    assert cells[2].outputs[0].data == {"text/plain": "IntSlider(value=3)"}
    assert cells[2].metadata == {}
    assert cells[4].outputs[0].traceback == ["ZeroDivisionError: division by zero"]


def test_a_second_execution_writes_the_same_bytes(lively):
    assert notebooks.main(["execute", str(lively)]) == 0
    first = lively.read_bytes()
    assert notebooks.main(["execute", str(lively)]) == 0
    assert lively.read_bytes() == first


def test_strict_nbval_passes_on_what_was_stored_and_fails_on_another_value(lively):
    assert notebooks.main(["execute", str(lively)]) == 0
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", lively.parent]
    command += ["-c", os.devnull, "--nbval", "--nbval-current-env", lively]
    environment = {**os.environ, **notebooks.KERNEL_ENVIRONMENT}

    def nbval():
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert "5 passed" in nbval().stdout
    lively.write_text(lively.read_text().replace("IntSlider(value=3)", "IntSlider(value=4)"))
    done = nbval()
    assert done.returncode == 1
    assert "1 failed, 4 passed" in done.stdout


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (new_code_cell("1 / 0"), "cell 2: An error occurred"),
        (new_code_cell("1", metadata={"tags": ["raises-exception"]}), "but it raised nothing"),
        (new_code_cell("import sys\nprint('!', file=sys.stderr)"), "cell 2: wrote to standard error"),
        (new_code_cell("object()"), "cell 2: a memory address"),
    ],
    ids=["error", "no error", "standard error", "address"],
)
def test_execution_refuses_and_leaves_the_file_alone(tmp_path, capsys, cell, message):
    path = write(tmp_path / "faulty.ipynb", new_markdown_cell("# Title"), cell)
    before = path.read_bytes()
    assert notebooks.main(["execute", str(path)]) == 1
    output = capsys.readouterr().out
    assert message in output
    assert output.endswith("0 executed, 1 failed\n")
    assert path.read_bytes() == before


def test_a_path_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        notebooks.main(["execute", "nowhere.ipynb"])
    assert "nowhere.ipynb" in capsys.readouterr().err
