"""In a real JupyterLab with a real kernel: what the reader sets on the page is in Python, and back."""

import json
import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat
import psutil
import pytest
from playwright.sync_api import expect

from attend import style

WAIT = 90  # seconds; on an idle machine nothing here takes more than a few

SETTINGS = {
    # A notice at the first start asks the network for news.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
OPTIONS = [
    "--no-browser",
    "--expose-app-in-browser",  # as window.jupyterapp, by which the tests run cells and change the theme
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]

# A cell that is run too early is not run at all, or opens a dialog.
READY = """(cells) => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.isReady ? panel.sessionContext.session?.kernel : null;
    return panel?.context?.isReady && panel.content.widgets.length === cells
        && kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
RUN_CELL = """(number) => {
    const { content } = jupyterapp.shell.currentWidget;
    content.activeCellIndex = number;
    window.ran = null;
    jupyterapp.commands.execute("notebook:run-cell").then((well) => { window.ran = { well }; });
}"""


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, page):
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")

    def run(self, number):
        """Run a cell to its end; return the lines that it printed."""
        self.page.evaluate(RUN_CELL, number)
        self.page.wait_for_function("window.ran")
        printed = "".join(self.cells.nth(number).locator(".jp-OutputArea-output pre").all_text_contents())
        assert self.page.evaluate("window.ran.well"), printed
        return printed.splitlines()

    def run_until(self, number, expected):
        """Run a cell until its first line is ``expected``; return the other lines.

        The page sends a change, then holds further ones back until the kernel has answered: a cell that is
        run at once may come before the last of them.
        """
        deadline = time.monotonic() + WAIT
        while (lines := self.run(number))[:1] != [expected] and time.monotonic() < deadline:
            self.page.wait_for_function(
                "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
            )
        assert lines[:1] == [expected]
        return lines[1:]


@contextmanager
def running(command, environment, folder, log):
    """Start a server; at the end, come what may, neither it nor its kernels are left."""
    with log.open("w") as output:
        server = psutil.Popen(command, env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    kernels = []
    try:
        yield server
    finally:
        if server.is_running():
            kernels = server.children(recursive=True)
            server.terminate()  # the server then shuts its kernels down
        _, left = psutil.wait_procs([server, *kernels], timeout=WAIT)
        for process in left:
            process.kill()
    assert not left, f"JupyterLab left {left} behind:\n{log.read_text()}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab apart from the reader's own: its address, its token and its folder of notebooks."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    for name, values in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = {**os.environ, **{name: str(folder / place) for name, place in places.items()}}
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebooks}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    log = folder / "log.txt"
    with running(command, environment, notebooks, log) as server:
        # The server writes this file once it listens, with the port that it got.
        started = folder / "runtime" / f"jpserver-{server.pid}.json"
        deadline = time.monotonic() + WAIT
        while not (started.is_file() and started.read_text().endswith("}")):
            assert server.poll() is None, f"JupyterLab did not start:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"JupyterLab did not listen in {WAIT} s:\n{log.read_text()}"
            time.sleep(0.1)
        yield json.loads(started.read_text())["url"], token, notebooks


@pytest.fixture
def open_notebook(lab, open_page):
    """A function that opens a notebook made of these cells and waits for its kernel."""
    url, token, folder = lab
    elsewhere = []

    def open_(name, cells):
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        written = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
        )
        nbformat.write(written, folder / f"{name}.ipynb")
        page = open_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(1000 * WAIT)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((url, "data:", "blob:")) else elsewhere.append(request.url)
            ),
        )
        # In a workspace of its own: JupyterLab would open the last test's notebook again as well.
        page.goto(f"{url}lab/workspaces/{name}/tree/{name}.ipynb?token={token}")
        page.wait_for_function(READY, arg=len(cells))
        return Notebook(page)

    yield open_
    assert elsewhere == []


def soon(locator):
    """Expect something of a locator within the time that a busy machine needs."""

    class Patient:
        def __getattr__(self, name):
            return lambda *arguments: getattr(expect(locator), name)(*arguments, timeout=1000 * WAIT)

    return Patient()


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts]


def picture_of(canvas):
    return canvas.evaluate("(canvas) => canvas.toDataURL()")


def page_weights(widget):
    return widget.locator(".attend-aw-walk tbody .attend-aw-weight-cell").all_inner_texts()


ATTENTION = [
    """\
from attend.widgets import AttentionWeights

w = AttentionWeights("the cat sat on the mat")
w""",
    """\
print(w.score, round(w.temperature, 2), w.weights.shape)
print(*(f"{weight:.3f}" for weight in w.weights[w.query]))""",
    """\
w.temperature = 0.5
print(*(f"{weight:.3f}" for weight in w.weights[w.query]))""",
]


def test_attention_weights_are_the_same_on_the_page_and_in_python(open_notebook):
    notebook = open_notebook("attention", ATTENTION)
    notebook.run(0)
    widget = notebook.page.locator(".attend-aw")
    soon(widget).to_be_visible()
    at_first = page_weights(widget)
    widget.get_by_label("Score", exact=True).select_option("cosine")
    widget.get_by_label("Temperature", exact=True).fill("-0.5")
    soon(widget.get_by_label("Temperature as a number")).to_have_value("0.316")

    (in_python,) = notebook.run_until(1, "cosine 0.32 (6, 6)")
    assert page_weights(widget) == in_python.split()
    assert page_weights(widget) != at_first

    matrix = widget.locator(".attend-aw-cells")
    before = picture_of(matrix)
    (in_python,) = notebook.run(2)
    soon(widget.get_by_label("Temperature as a number")).to_have_value("0.5")
    soon(widget.locator(".attend-aw-walk tbody .attend-aw-weight-cell")).to_have_text(in_python.split())
    assert picture_of(matrix) != before

    light, dark = style.TOKENS["paper"]
    soon(widget).to_have_css("background-color", rgb(light))
    notebook.page.evaluate(
        "() => { jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}); }"
    )
    soon(notebook.page.locator('body[data-jp-theme-light="false"]')).to_be_attached()
    soon(widget).to_have_css("background-color", rgb(dark))


POSITION = [
    """\
from attend.widgets import PositionalEncodings

p = PositionalEncodings(length=20, d_model=16)
p""",
    """\
print(p.encoding.shape, p.position)
print(*p.encoding[p.position, :8].round(4))""",
    """\
p.base = 100
print(*p.encoding[p.position, :8].round(4))""",
]


def test_positional_encodings_are_the_same_on_the_page_and_in_python(open_notebook):
    notebook = open_notebook("position", POSITION)
    notebook.run(0)
    widget = notebook.page.locator(".attend-pe")
    soon(widget).to_be_visible()
    widget.get_by_text("The same as a table").click()
    for trait, value in (("d_model", 24), ("Position", 7)):
        widget.get_by_label(f"{trait}, number").fill(str(value))
    row = widget.locator("details tr", has=notebook.page.get_by_role("rowheader", name="7", exact=True))
    header = ["position", *(f"dimension {column}" for column in range(8))]
    soon(widget.locator("details thead th")).to_have_text(header)

    (in_python,) = notebook.run_until(1, "(20, 24) 7")
    assert numbers(row.locator("td").all_inner_texts()) == numbers(in_python.split())

    pixels = widget.locator(".attend-pe-picture canvas").first
    before = picture_of(pixels)
    (in_python,) = notebook.run(2)
    soon(widget.get_by_label("Base, number")).to_have_value("100")
    assert numbers(row.locator("td").all_inner_texts()) == numbers(in_python.split())
    assert picture_of(pixels) != before


RECALL = [
    """\
from attend.widgets import PictureRecall

r = PictureRecall(stored=10, letter="E")
r""",
    """\
print(r.hidden, round(r.beta, 2), r.flipped)
print(*(f"{weight:.3f}" for weight in r.weights))""",
    """\
r.memory, r.steps = "classical", 3
print(*(f"{overlap:.2f}" for overlap in r.overlaps))""",
]


def test_a_picture_is_recalled_the_same_on_the_page_and_in_python(open_notebook):
    notebook = open_notebook("recall", RECALL)
    notebook.run(0)
    widget = notebook.page.locator(".attend-recall")
    soon(widget).to_be_visible()
    shown = widget.locator(".attend-recall-number")
    at_first = shown.all_inner_texts()
    widget.get_by_label("Hide").select_option("left half")
    widget.get_by_label("β, number").fill("0.05")
    widget.locator(".attend-recall-cell").nth(7).click()

    (in_python,) = notebook.run_until(1, "left half 0.05 [7]")
    assert shown.all_inner_texts() == in_python.split()
    assert shown.all_inner_texts() != at_first

    (in_python,) = notebook.run(2)
    soon(widget.get_by_role("radio", name="Classical")).to_be_checked()
    soon(widget.get_by_text("After 3 sweeps")).to_be_visible()
    assert numbers(shown.all_inner_texts()) == numbers(in_python.split())


TRANSLATOR = [
    """\
from attend.widgets import Translator

t = Translator("10", step=0, tokens_per_second=20.0)
t""",
    """\
print(t.text, t.step, t.view, t.head)
print(t.answer, *(f"{weight:.3f}" for weight in t.weights[1]))""",
    """\
t.text, t.step = "one hundred", None""",
]


def test_the_translator_s_weights_come_from_python_and_so_does_what_it_finds(open_notebook):
    notebook = open_notebook("translator", TRANSLATOR)
    notebook.run(0)
    widget = notebook.page.locator(".attend-tr")
    soon(widget.locator(".attend-tr-drawing")).to_be_visible()
    widget.get_by_role("textbox").fill("twelve")
    widget.get_by_role("textbox").press("Enter")
    soon(widget.get_by_text("✓ Right: 12 is 十二.")).to_be_visible()
    widget.get_by_label("Head", exact=True).select_option("2")
    widget.get_by_text("The same as a table").click()

    (in_python,) = notebook.run_until(1, "twelve 3 cross 2")
    written = "".join(widget.locator(".attend-tr-character").all_inner_texts()).removesuffix("end")
    row = widget.locator("tbody tr").nth(1).locator("td").all_inner_texts()
    assert in_python.split() == [written, *row]

    notebook.run(2)
    soon(widget.get_by_text("✓ Right: 100 is 一百.")).to_be_visible()
    soon(widget.get_by_role("textbox")).to_have_value("one hundred")


def test_keys_pressed_in_a_widget_are_not_commands_to_jupyterlab(open_notebook):
    notebook = open_notebook("keys", [ATTENTION[0], POSITION[0]])
    for number, control in ((0, "Temperature"), (1, "Position")):
        notebook.run(number)
        slider = notebook.cells.nth(number).get_by_label(control, exact=True)
        before = float(slider.input_value())
        slider.press("ArrowUp")  # would select another cell
        assert float(slider.input_value()) > before
        for key in ("a", "d", "d"):  # would insert a cell, and delete one
            slider.press(key)
        soon(slider).to_be_focused()
        assert notebook.cells.count() == 2


HEADS = [
    """\
import numpy as np
from attend.widgets import AttentionHeads

weights = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 4, 3))
answers = [f"answer {mask}" for mask in range(16)]
w = AttentionHeads(list("abc"), weights[0], outcomes=answers)
w.add(list("xyz"), weights, name="deep")""",
    """\
print(w.example, w.layer, w.head, w.query, w.off)
print(w.outcome)""",
]


def test_switched_heads_and_another_example_reach_python(open_notebook):
    notebook = open_notebook("heads", HEADS)
    notebook.run(0)
    widget = notebook.page.locator(".attend-heads")
    soon(widget).to_be_visible()
    widget.get_by_role("checkbox", name="Head 2").uncheck()
    widget.get_by_role("checkbox", name="Head 4").uncheck()
    widget.get_by_label("Query", exact=True).select_option(label="c")
    (in_python,) = notebook.run_until(1, "0 0 0 2 [1, 3]")
    assert in_python == "answer 10"
    assert "answer 10" in widget.locator(".attend-heads-answer").inner_text()
    widget.get_by_label("Example", exact=True).select_option(label="deep")
    widget.get_by_label("Layer", exact=True).select_option(label="layer 2")
    (in_python,) = notebook.run_until(1, "1 1 0 2 [1, 3]")
    assert in_python == "None"
