"""Which files of the package decide what a notebook prints: those that it imports, and what these load.

Found in the text, without running anything: imports, module paths in strings (``-m attend.nn.train``), and
quoted names of files beside a module (``"shakespeare.txt"``, ``module="quiz"``). A name too many costs a run
that was not needed; none may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = "attend"
_MODULE_PATH = re.compile(rf"\b{PACKAGE}(?:\.\w+)+")
_IMPORT_FROM = re.compile(rf"from[ \t]+({PACKAGE}(?:\.\w+)*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)")
_QUOTED = re.compile(r"""["'](?:\./)?([\w.-]+)["']""")
# A package's file that holds nothing but imports stands for what is asked of it, not for all of it.
_ONLY_IMPORTS = re.compile(
    rf'"""[^"]*"""\s*(?:from {PACKAGE}[\w.]* import \w+\s*)+(?:__all__ = \[[^\]]*\]\s*)?'
)


def sources_of(code: str, src: Path) -> set[Path]:
    """Return the files under ``src`` that code with these imports runs or reads, found file by file."""
    found: set[Path] = set()
    waiting = [*_named_in(code, src)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _needed_by(path, src)
    return found


def _needed_by(path: Path, src: Path) -> tuple[Path, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # weights
        return ()
    modules = _named_in(text, src) if path.suffix == ".py" else ()
    return (*modules, *files_beside(path, text))


def _named_in(text: str, src: Path) -> Iterator[Path]:
    """Yield the modules that a text names, each with the packages that it lies in."""
    for module, listed in _IMPORT_FROM.findall(text):
        for name in re.findall(r"(\w+)(?:[ \t]+as[ \t]+\w+)?", re.sub(r"#[^\n]*", "", listed)):
            yield from _resolve(f"{module}.{name}", src)
    for dotted in _MODULE_PATH.findall(_IMPORT_FROM.sub("", text)):
        yield from _resolve(dotted, src)


def _resolve(dotted: str, src: Path) -> Iterator[Path]:
    """Yield the files of ``attend.a.b``, whose last parts may be names within a module."""
    folder = src
    parts = dotted.split(".")
    for place, part in enumerate(parts):
        if (module := folder / f"{part}.py").is_file():
            yield module
            return
        folder /= part
        if not (package := folder / "__init__.py").is_file():
            return
        text = package.read_text(encoding="utf-8")
        if not _ONLY_IMPORTS.fullmatch(text):
            yield package
        elif place + 1 < len(parts):
            yield from _reexported(parts[place + 1], text, src)
        else:
            yield from _named_in(text, src)


def _reexported(name: str, text: str, src: Path) -> Iterator[Path]:
    for module, names in _IMPORT_FROM.findall(text):
        if name in re.findall(r"\w+", names):
            yield from _resolve(f"{module}.{name}", src)


def files_beside(path: Path, text: str) -> Iterable[Path]:
    """Return the files in the same folder, modules aside, that bear its name or are named in quotes."""
    names = {path.stem, *_QUOTED.findall(text)}
    beside = _others_in(path.parent)
    return [file for file in beside if {file.name, file.stem} & names and file != path]


def _others_in(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(file for file in folder.iterdir() if file.is_file() and file.suffix != ".py"))
