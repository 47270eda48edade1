"""Execute the book's notebooks and store what they printed; check that what is stored is in order.

Usage::

    python scripts/notebooks.py execute [NOTEBOOK ...]
    python scripts/notebooks.py check [NOTEBOOK ...]
    python scripts/notebooks.py setup [NOTEBOOK ...]

`setup` renews the first code cell of the book's notebooks, which fetches the book where it is not installed.
Without a path, all notebooks of ``_toc.yml`` in reading order. A stored text output is a claim that
``make test-notebooks`` compares with a fresh run, so this script alone writes outputs. Pictures and widget
state are not stored: the site's build makes them again. The file's bytes depend on the sources and the
outputs, not on who ran it, when, or in which editor.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import functools
import hashlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # found by path, since scripts are not installed
from scripts import setup_cell  # noqa: E402

# One thread, so that sums are added in the same order on every machine; one order of sets and dictionaries.
KERNEL_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
CELL_TIMEOUT_SECONDS = 300
LEAST_AT_ONCE, MOST_AT_ONCE = 2, 4  # a kernel with a published model in it takes 1.5 GB
MAX_CODE_LINES = 15

# Cells whose code the reader does not see at first may be longer; the rest must fit on a glance.
FOLDED_TAGS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
ERROR_TAG = "raises-exception"
STDERR_TAG = "remove-stderr"  # the same tag keeps standard error off the page

CELL_METADATA = {"tags", "jupyter", "mystnb"}
NOTEBOOK_METADATA = {"layout", "attend", "chapter", "kernelspec", "language_info", "mystnb"}
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}

SVG = "image/svg+xml"
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", SVG)
WIDGETS = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


# ---------------------------------------------------------------- which notebooks


def toc_notebooks(root: Path = ROOT) -> list[Path]:
    """Return the notebooks that ``_toc.yml`` names, in reading order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [path for name in _toc_files(toc) if (path := root / f"{name}.ipynb").is_file()]


def _toc_files(entry: object) -> Iterator[str]:
    if isinstance(entry, list):
        for item in entry:
            yield from _toc_files(item)
    elif isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("root", "file"):
                yield str(value).removesuffix(".ipynb").removesuffix(".md")
            else:
                yield from _toc_files(value)


# ---------------------------------------------------------------- one form


def source_hash(notebook: NotebookNode) -> str:
    """Return a hash of the code cells' sources and tags: what the stored outputs were computed from.

    The set-up cell, which does nothing where outputs are computed, does not count.
    """
    digest = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code" and not setup_cell.is_setup(cell):
            digest.update("\0".join([cell.source, *sorted(_tags(cell))]).encode() + b"\1")
    return digest.hexdigest()[:16]


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without pictures, widget state and whatever differs between machines, editors and runs.

    The recorded ``attend.source_hash`` is kept as it is: only `execute` may renew it.
    """
    recorded = notebook.metadata.get("attend", {}).get("source_hash")
    result = nbformat.from_dict(copy.deepcopy(notebook))
    result.nbformat, result.nbformat_minor = 4, 5
    result.metadata = _only(result.metadata, NOTEBOOK_METADATA)
    result.metadata.kernelspec = nbformat.from_dict(KERNELSPEC)
    result.metadata.language_info = nbformat.from_dict(LANGUAGE)
    if recorded is not None:
        result.metadata.attend = nbformat.from_dict({"source_hash": recorded})

    seen: dict[str, int] = {}
    for cell in result.cells:
        cell.id = _cell_id(cell, seen)
        cell.source = cell.source.strip("\n")
        cell.metadata = _only(cell.metadata, CELL_METADATA)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if cell.cell_type == "code":
            cell.outputs = _normal_outputs(cell)
    return result


def text_of(notebook: NotebookNode) -> str:
    """Return the notebook's file content: sorted keys, one line a source line, a newline at the end."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _only(metadata: NotebookNode, keys: set[str]) -> NotebookNode:
    return NotebookNode({key: value for key, value in metadata.items() if key in keys})


def _cell_id(cell: NotebookNode, seen: dict[str, int]) -> str:
    """Derive the id from the content, so that it survives conversion from a text file and moving the cell."""
    name = hashlib.sha256(f"{cell.cell_type}\0{cell.source.strip()}".encode()).hexdigest()[:8]
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"


def _normal_outputs(cell: NotebookNode) -> list[NotebookNode]:
    outputs: list[NotebookNode] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            last = outputs[-1] if outputs else None
            if last is not None and last.output_type == "stream" and last.name == output.name:
                last.text += output.text  # a stream arrives in pieces whose borders depend on timing
            else:
                outputs.append(nbformat.v4.new_output("stream", name=output.name, text=output.text))
        elif output.output_type == "error":
            # The traceback names folders of the machine that ran it; nbval does not compare it.
            line = f"{output.ename}: {output.evalue}"
            error = {"ename": output.ename, "evalue": output.evalue, "traceback": [line]}
            outputs.append(nbformat.v4.new_output("error", **error))
        else:
            kept = [mime for mime in output.data if mime not in (*PICTURES, *WIDGETS)]
            data = {mime: output.data[mime] for mime in kept}
            if data:  # a bundle of pictures alone has nothing left to compare
                outputs.append(nbformat.v4.new_output(output.output_type, data=data))
                if output.output_type == "execute_result":
                    outputs[-1].execution_count = cell.execution_count
    return outputs


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


# ---------------------------------------------------------------- execute


class NotebookError(Exception):
    """A notebook could not be executed as its tags promise; the message names the cell."""


def run(notebook: NotebookNode, folder: Path) -> None:
    """Run the notebook's cells in order in `folder`; outputs, widgets' state included, go into the notebook.

    Raises NotebookError when a cell fails without the tag ``raises-exception``, when a tagged cell does not
    fail, when a cell writes to standard error without the tag ``remove-stderr``, or when time runs out.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name=KERNELSPEC["name"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # the kernel's own warnings would break the progress lines
    )
    try:
        # A loop of its own, which is closed again: notebooks run in several threads.
        asyncio.run(client.async_execute(env={**os.environ, **KERNEL_ENVIRONMENT}))
    except CellExecutionError as error:
        failing = next(number for number, cell in _code_cells(notebook) if _failed(cell))
        raise NotebookError(f"{failing}: {COLOUR.sub('', str(error)).strip()}") from error
    except (CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(f"{type(error).__name__}: {str(error).strip()}") from error

    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip():
            count += 1
            cell.execution_count = count
    if faults := [f"{where}: {what}" for where, what in _output_problems(notebook)]:
        raise NotebookError("\n".join(faults))


Job = Callable[[], Any]


def side_by_side(jobs: Mapping[str, Job]) -> Iterator[tuple[str, float, Any]]:
    """Do named jobs, each of which runs a notebook, as many at once as there are cores (2 to 4).

    Yields each job's name, seconds and result when it is done; a NotebookError comes as a result.
    """

    def timed(job: Job) -> tuple[float, Any]:
        start = time.perf_counter()
        try:
            result = job()
        except NotebookError as error:
            result = error
        return time.perf_counter() - start, result

    with ThreadPoolExecutor(min(max(os.cpu_count() or 1, LEAST_AT_ONCE), MOST_AT_ONCE)) as pool:
        waiting = {pool.submit(timed, job): name for name, job in jobs.items()}
        for done in as_completed(waiting):
            yield waiting[done], *done.result()


def execute(path: Path) -> NotebookNode:
    """Run the notebook at ``path`` from top to bottom in its own folder and return it in normal form."""
    notebook = nbformat.read(path, as_version=4)
    _renew_setup(notebook, path)
    run(notebook, path.parent)
    notebook.metadata["attend"] = {"source_hash": source_hash(notebook)}
    result = normalise(notebook)
    result.metadata.attend.source_hash = source_hash(result)
    return result


def _failed(cell: NotebookNode) -> bool:
    return ERROR_TAG not in _tags(cell) and any(output.output_type == "error" for output in cell.outputs)


# ---------------------------------------------------------------- check


def problems(path: Path) -> list[str]:
    """Return what is wrong with the notebook at ``path``, each entry beginning with the cell."""
    raw = path.read_text(encoding="utf-8")
    try:
        notebook = nbformat.reads(raw, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except (nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
        return [f"notebook: not a valid notebook: {str(error).splitlines()[0]}"]
    if notebook.nbformat != 4:
        return [f"notebook: format {notebook.nbformat}, expected 4"]

    found = [*_order_problems(notebook), *_stored_problems(notebook), *_output_problems(notebook)]
    found += _setup_problems(notebook, path)
    for number, cell in _code_cells(notebook):
        lines = cell.source.count("\n") + 1
        if lines > MAX_CODE_LINES and not _tags(cell) & FOLDED_TAGS:
            found.append(
                (number, f"{lines} lines of code, at most {MAX_CODE_LINES} unless the input is hidden")
            )
    if not found and (difference := _first_difference(raw, text_of(normalise(notebook)))):
        found.append(("notebook", f"not in normal form, run `make notebooks`; first at {difference}"))
    return [f"{where}: {what}" for where, what in found]


Problem = tuple[str, str]


def _code_cells(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    for index, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            yield f"cell {index}", cell


def _order_problems(notebook: NotebookNode) -> Iterator[Problem]:
    expected = 0
    for number, cell in _code_cells(notebook):
        if not cell.source.strip():
            yield number, "an empty code cell"
            continue
        expected += 1
        if cell.execution_count is None:
            yield number, "never executed"
        elif cell.execution_count != expected:
            yield number, f"out of order: execution count {cell.execution_count}, expected {expected}"
    recorded = notebook.metadata.get("attend", {}).get("source_hash")
    if recorded is None:
        yield "notebook", "no record of its execution (metadata attend.source_hash); run `make notebooks`"
    elif recorded != source_hash(notebook):
        yield "notebook", "stale: the code changed after its outputs were stored; run `make notebooks`"


def _stored_problems(notebook: NotebookNode) -> Iterator[Problem]:
    if "widgets" in notebook.metadata:
        yield "notebook", "widget state is stored"
    for number, cell in _code_cells(notebook):
        for mime in (mime for output in cell.outputs for mime in output.get("data", {})):
            if mime in PICTURES:
                yield number, f"a picture is stored ({mime})"
            elif mime in WIDGETS:
                yield number, "a widget view is stored"


def _output_problems(notebook: NotebookNode) -> Iterator[Problem]:
    """Outputs that no run should produce, or that could not be the same in another run."""
    for number, cell in _code_cells(notebook):
        kinds = [output.output_type for output in cell.outputs]
        if "error" in kinds and ERROR_TAG not in _tags(cell):
            yield number, f"an error is stored without the tag {ERROR_TAG}"
        if "error" not in kinds and ERROR_TAG in _tags(cell):
            yield number, f"tagged {ERROR_TAG}, but it raised nothing"
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr" and STDERR_TAG not in _tags(cell):
                words = output.text.strip()[:200]
                yield number, f"wrote to standard error without the tag {STDERR_TAG}: {words}"
            data = output.get("data", {})
            if SVG in data:
                yield number, "an SVG picture: nbval compares its dates and ids; show a PNG"
            texts = [output.get("text", ""), output.get("evalue", "")]
            texts += [data.get(mime, "") for mime in ("text/plain", "text/html")]
            if address := ADDRESS.search("\n".join(texts)):
                yield number, f"a memory address ({address[0]}), which differs in every run"


def _renew_setup(notebook: NotebookNode, path: Path) -> None:
    """Put the set-up cell into a notebook of the book; others need none."""
    if path.is_relative_to(ROOT / "book"):
        setup_cell.put_in(notebook, path.parent.relative_to(ROOT).as_posix(), setup_cell.repository(ROOT))


def _setup_problems(notebook: NotebookNode, path: Path) -> Iterator[Problem]:
    renewed = copy.deepcopy(notebook)
    _renew_setup(renewed, path)
    if [cell.source for cell in renewed.cells] != [cell.source for cell in notebook.cells]:
        yield "notebook", "its set-up cell is missing or out of date; run `make notebook-setup`"


def _first_difference(stored: str, normal: str) -> str:
    if stored == normal:
        return ""
    pairs = zip(stored.splitlines(), normal.splitlines(), strict=False)
    for number, (left, right) in enumerate(pairs, start=1):
        if left != right:
            return f"line {number}: {left.strip()[:60]!r}, expected {right.strip()[:60]!r}"
    return "its end"


# ---------------------------------------------------------------- command line


def _execute_all(paths: Sequence[Path]) -> int:
    """Execute notebooks side by side and write those whose outputs changed."""
    jobs = {_short(path): functools.partial(execute, path) for path in paths}
    failed = 0
    for number, (name, seconds, result) in enumerate(side_by_side(jobs), start=1):
        if isinstance(result, NotebookError):
            failed += 1
            outcome = f"failed\n{result}"
        else:
            outcome = f"{seconds:.1f} s, {'stored' if _write(ROOT / name, result) else 'unchanged'}"
        print(f"[{number}/{len(paths)}] {name}: {outcome}", flush=True)
    print(f"{len(paths) - failed} executed, {failed} failed")
    return 1 if failed else 0


def _set_up_all(paths: Sequence[Path]) -> int:
    changed = 0
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        _renew_setup(notebook, path)
        changed += _write(path, normalise(notebook))
    print(f"{changed} of {len(paths)} notebooks have a new set-up cell")
    return 0


def _write(path: Path, notebook: NotebookNode) -> bool:
    """Write the notebook and return True, unless the file holds exactly that."""
    text = text_of(notebook)
    changed = text != path.read_text(encoding="utf-8")
    if changed:
        path.write_text(text, encoding="utf-8")
    return changed


def _check_all(paths: Sequence[Path], strays: Sequence[Path]) -> int:
    bad = set(strays)
    for path in strays:
        print(f"{_short(path)}: notebook: not in _toc.yml, so nobody reads or tests it")
    for path in paths:
        for problem in problems(path):
            bad.add(path)
            print(f"{_short(path)}: {problem}")
    print(f"{len(paths)} checked, {len(bad)} with problems")
    return 1 if bad else 0


def stray_notebooks(root: Path = ROOT) -> list[Path]:
    """Return notebooks under ``book/`` that ``_toc.yml`` does not name."""
    there = (path for path in (root / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    return sorted(set(there) - set(toc_notebooks(root)))


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Execute the book's notebooks, check them, or renew their set-up cell."
    )
    parser.add_argument("action", choices=["execute", "check", "setup"])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all notebooks of _toc.yml")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.notebooks]
    if missing := [str(path) for path in options.notebooks if not path.is_file()]:
        parser.error(f"no such notebook: {', '.join(missing)}")
    if options.action == "execute":
        return _execute_all(paths or toc_notebooks())
    if options.action == "setup":
        return _set_up_all(paths or toc_notebooks())
    return _check_all(paths or toc_notebooks(), [] if paths else stray_notebooks())


if __name__ == "__main__":
    sys.exit(main())
