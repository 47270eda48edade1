"""Carry the book's widgets onto static pages, without Jupyter's widget manager and without a server.

A widget's view in a notebook's output becomes ``<div class="attend-widget" data-widget=… data-model-id=…>``,
which holds the picture that the widget drew in Python. In the browser ``host.js`` reads the model's state
from the page and lets the widget's own module, the one that JupyterLab runs, take the picture's place.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import rjsmin
from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from attend.widgets import base

LOGGER = logging.getLogger(__name__)
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
HOST = Path(__file__).parents[1] / "_static" / "host.js"
# What every anywidget's state says to Jupyter: its code, and how to lay it out. A page has no use for it.
JUPYTER_TRAITS = re.compile(
    r"_(?:model|view|anywidget)_.*|_(?:css|dom_classes|esm|name)|layout|tabbable|tooltip"
)
_EXPORT_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)


class widget_view(nodes.General, nodes.Element):
    """A widget's place on the page; its children are what stands there until, or unless, the widget runs."""


def classic_script(name: str, module: str) -> str:
    """Return an ES module as a classic script that hands its default export to the host.

    Browsers refuse module scripts on pages opened from disk. Raises ExtensionError if the module has no
    default export, or exports in a form that this rewriting does not know.
    """
    body, count = _EXPORT_DEFAULT.subn("const attendWidget = ", module)
    body = _EXPORT.sub("", body)
    if count != 1 or re.search(r"^(?:export|import)\b", body, re.MULTILINE):
        raise ExtensionError(
            f"Widget module {name}.js must have one 'export default' and no other module syntax."
        )
    return f"(() => {{\n{body}\nattendHost.register({json.dumps(name)}, attendWidget);\n}})();\n"


def file_script(name: str, content: bytes) -> str:
    """Return a file as a classic script, which pages from disk may load, that hands its bytes to the host."""
    return f"attendHost.deliver({json.dumps(name)}, {json.dumps(base64.b64encode(content).decode())});\n"


def page_state(traits: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a model's state that its module reads."""
    return {key: value for key, value in traits.items() if not JUPYTER_TRAITS.fullmatch(key)}


def place_widgets(app: Sphinx, doctree: nodes.document) -> None:
    """Replace each output that holds a widget's view, and slim the state that the page carries."""
    env, docname = app.env, app.env.docname
    scripts = NbMetadataCollector.get_js_files(env, docname)
    models = (
        json.loads(scripts["ipywidgets_state"][1]["body"])["state"] if "ipywidgets_state" in scripts else {}
    )
    served: dict[str, str] = {}
    for bundle in list(doctree.findall(_is_bundle)):
        parts = {part["mime_type"]: part for part in bundle.children}
        if VIEW in parts:
            model_id = json.loads(re.sub(r"</?script[^>]*>", "", parts[VIEW].astext()))["model_id"]
            model = models.get(model_id, {})
            name = model.get("state", {}).get("_name")
            if name is not None:
                served[model_id] = name
            bundle.replace_self(_view(model_id, name, parts))
        elif "image/png" in parts:
            _require_alt(bundle)
    if any(models[model_id].get("buffers") for model_id in served):
        raise ExtensionError(
            f"{docname}: a widget's state holds binary data, which a static page cannot carry."
        )
    scripts.pop("ipywidgets_state", None)
    if served:
        state = {model_id: page_state(models[model_id]["state"]) for model_id in served}
        body = json.dumps(state, sort_keys=True, separators=(",", ":")).replace("<", "\\u003c")
        NbMetadataCollector.add_js_file(env, docname, "attend_state", None, {"type": STATE, "body": body})
    names = _names(env)
    names.pop(docname, None)
    if served:
        names[docname] = sorted(set(served.values()))


def _is_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def _names(env: BuildEnvironment) -> dict[str, list[str]]:
    """Return which widgets each page shows; kept with Sphinx's own records of the pages."""
    if not hasattr(env, "attend_widgets"):
        env.attend_widgets = {}
    return env.attend_widgets


def _view(model_id: str, name: str | None, parts: dict[str, nodes.Element]) -> widget_view:
    view = widget_view(model_id=model_id, widget=name)
    if "image/png" in parts:
        description = parts["text/plain"].astext().strip() if "text/plain" in parts else ""
        for image in parts["image/png"].findall(nodes.image):
            sentence = description.partition(": ")[2] or description
            image["alt"] = sentence[:1].upper() + sentence[1:]
            view += image
    elif "text/html" in parts:
        view.extend(parts["text/html"].children)
    return view


def _require_alt(bundle: nodes.container) -> None:
    for image in bundle.findall(nodes.image):
        if not image.get("alt"):
            LOGGER.warning(
                "A figure has no text for readers who cannot see it. Add to the cell's metadata: "
                '"mystnb": {"image": {"alt": "what the figure shows"}}',
                location=bundle,
            )


def visit_view(self: HTML5Translator, node: widget_view) -> None:
    if node["widget"] is None:
        self.body.append('<div class="attend-widget attend-widget-offline">\n')
        self.body.append(
            "<p>This control needs Python behind it. Download this notebook (the link is at the top of the "
            "page) and open it in JupyterLab to use it.</p>\n"
        )
    else:
        attributes = {"data-widget": node["widget"], "data-model-id": node["model_id"]}
        self.body.append(self.starttag(node, "div", CLASS="attend-widget", **attributes))
        self.body.append(
            "<noscript><p>With JavaScript on, you can change what is shown here.</p></noscript>\n"
        )


def depart_view(self: HTML5Translator, node: widget_view) -> None:
    self.body.append("</div>\n")


def add_scripts(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Link the host and the modules from the pages that need them, and from no other."""
    names = _names(app.env).get(pagename, [])
    if names:
        app.add_js_file("widgets/host.js", loading_method="defer", priority=800)
    for name in names:
        app.add_css_file(f"widgets/{name}.css", priority=800)
        app.add_js_file(f"widgets/{name}.js", loading_method="defer", priority=801)


def write_scripts(app: Sphinx, env: BuildEnvironment) -> None:
    """Write the host, and each widget's script, style sheet and files, before the pages that link them."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", "widgets")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "host.js").write_text(rjsmin.jsmin(HOST.read_text(encoding="utf-8")), encoding="utf-8")
    for name in {name for names in _names(env).values() for name in names}:
        script = rjsmin.jsmin(classic_script(name, base.load_module(name)))
        (folder / f"{name}.js").write_text(script, encoding="utf-8")
        (folder / f"{name}.css").write_text(base.load_css(name), encoding="utf-8")
        for file, path in base.FILES[name].items():
            (folder / f"{file}.js").write_text(file_script(file, path.read_bytes()), encoding="utf-8")


def forget_page(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _names(env).pop(docname, None)


def merge_pages(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    _names(env).update({docname: _names(other)[docname] for docname in docnames if docname in _names(other)})


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(widget_view, html=(visit_view, depart_view))
    app.connect("doctree-read", place_widgets)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-merge-info", merge_pages)
    app.connect("env-updated", write_scripts)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
