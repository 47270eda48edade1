"""The house: what counts as a passed run of the tests, where the book is served, which Python is taken."""

import os
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Thread

import pytest

from scripts import browser, serve

ROOT = Path(__file__).parents[2]
RUN_TESTS = """
import sys
sys.path.insert(0, "scripts")
import run_tests
run_tests.KINDS["planted"] = lambda: run_tests.run_pytest(sys.argv[1], "-p", "no:cacheprovider")
sys.exit(run_tests.main(["planted"]))
"""


def run_planted(folder, source):
    """Run a made-up test file as a kind of its own; return the exit status and the last line printed."""
    (folder / "test_planted.py").write_text(source)
    command = [sys.executable, "-c", RUN_TESTS, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


# ---------------------------------------------------------------- make test


def test_a_passing_run_passes(tmp_path):
    status, lines = run_planted(tmp_path, "def test_a(): pass\ndef test_b(): pass\n")
    assert status == 0
    assert lines[-1].startswith("2 passed, 0 failed in ")


MIXED = """
import pytest
def test_passes(): pass
def test_fails(): assert False
def test_is_skipped(): pytest.skip()
@pytest.mark.xfail
def test_is_expected_to_fail(): assert False
"""


def test_what_failed_or_was_not_checked_fails(tmp_path):
    status, lines = run_planted(tmp_path, MIXED)
    assert status == 1
    assert lines[-1].startswith("1 passed, 3 failed in ")
    assert "2 skipped or expected to fail, counted as failed" in lines[-3]


def test_a_kind_without_a_test_fails(tmp_path):
    status, lines = run_planted(tmp_path, "")
    assert status == 1
    assert lines[-1].startswith("0 passed, 1 failed in ")
    assert "no test ran" in lines[-3]


def test_every_test_file_belongs_to_a_kind():
    done = subprocess.run(
        [sys.executable, "-c", "import run_tests; print(*run_tests.OWN_FOLDERS, *run_tests.KINDS)"],
        cwd=ROOT / "scripts", capture_output=True, text=True, check=True,
    )  # fmt: skip
    kinds = set(done.stdout.split())
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert folders <= kinds
    assert list((ROOT / "tests").rglob("*_test.py")) == [], "pytest would not run these in the right kind"
    node_tests = [p for suffix in ("js", "mjs", "cjs") for p in (ROOT / "tests").rglob(f"*.test.{suffix}")]
    assert node_tests == [], "nothing runs these: call them from a test in Python"


# ---------------------------------------------------------------- make book


@pytest.fixture
def page(tmp_path):
    (tmp_path / "index.html").write_text("<h1>Attention</h1>")
    return tmp_path


def test_a_busy_port_gives_the_next_one(page, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with serve.open_server(page, port) as server:
            assert server.server_port > port
            Thread(target=server.serve_forever, daemon=True).start()
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as reply:
                assert reply.read() == b"<h1>Attention</h1>"
                assert reply.headers["Cache-Control"] == "no-cache"
            server.shutdown()
    assert f"Port {port} is in use; trying the next one" in capsys.readouterr().out


def test_no_free_port_is_said(page, monkeypatch):
    monkeypatch.setattr(serve, "TRIES", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="choose another with `make book PORT="):
            serve.open_server(page, taken.getsockname()[1])


def test_a_site_that_was_not_built_is_said(tmp_path):
    command = [sys.executable, ROOT / "scripts" / "serve.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "build the book first" in done.stderr


def fake_python(folder, name, status):
    path = folder / name
    path.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit {status}\necho {name} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def choose_python(folder, wanted="python3"):
    command = ["/bin/sh", ROOT / "scripts" / "python.sh", wanted, "script.py"]
    path = f"{folder}{os.pathsep}/nowhere"
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": path}, check=False)


def test_a_python_that_is_new_enough_is_taken(tmp_path):
    fake_python(tmp_path, "python3", 0)
    assert choose_python(tmp_path).stdout == "python3 script.py\n"


def test_an_old_python_gives_way_to_a_newer_one_with_a_word(tmp_path):
    fake_python(tmp_path, "python3", 1)
    fake_python(tmp_path, "python3.12", 0)
    message, answer = choose_python(tmp_path).stdout.splitlines()
    assert message == "python3 is missing or older than Python 3.11; using python3.12"
    assert answer == "python3.12 script.py"


def test_no_python_at_all_is_said():
    done = choose_python("/nowhere")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr


# ---------------------------------------------------------------- the browser


def test_a_browser_that_is_named_but_missing_is_said(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(browser.NoBrowserError, match="CHROMIUM=/nowhere/chromium"):
        browser.find()


def test_a_named_browser_comes_first(monkeypatch):
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert browser.find() == Path(sys.executable)


def test_no_browser_at_all_says_what_to_do(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "_candidates", lambda: iter([Path("/nowhere/chromium")]))
    with pytest.raises(browser.NoBrowserError, match="playwright install chromium"):
        browser.find()
