"""A small page that holds one widget and a model as plain as the page host's, for tests in a browser."""

from __future__ import annotations

import base64
import json
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from attend import style
from attend.widgets.base import FILES, AttendWidget, load_css, load_module

_MODEL = """
function makeModel(state) {
  const listeners = new Map();
  return {
    saved: 0,
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      for (const callback of [...(listeners.get(`change:${name}`) ?? [])]) callback();
    },
    on(event, callback) {
      listeners.set(event, [...(listeners.get(event) ?? []), callback]);
    },
    off(event, callback) {
      listeners.set(event, (listeners.get(event) ?? []).filter((known) => known !== callback));
    },
    save_changes() {
      this.saved += 1;
    },
    // Answers for a file a moment later, as Python and the page's host do; a test may change window.files.
    send({ ask }) {
      window.asked.push(ask);
      const found = window.files[ask];
      const bytes = found && new DataView(Uint8Array.from(atob(found), (c) => c.charCodeAt(0)).buffer);
      setTimeout(() => {
        for (const callback of [...(listeners.get("msg:custom") ?? [])]) {
          callback(found ? { file: ask } : { missing: ask }, found ? [bytes] : []);
        }
      });
    },
    listening: () => [...listeners.values()].flat().length,
  };
}
"""


def mount(page: Page, widget: AttendWidget, theme: str = "light", files: bool = True) -> None:
    """Show ``widget`` alone on ``page``; afterwards ``window.model`` and ``window.unmount`` serve the test.

    ``window.asked`` lists the files that the widget has asked for; without ``files`` it gets none of them.
    ``theme`` is ``light``, ``dark`` or ``auto`` (as the system says), spelled as the book's pages do.
    """
    name = widget._name
    state = {key: value for key, value in widget.get_state().items() if key not in ("_esm", "_css")}
    module = load_module(name).replace("export default", "window.widget =")
    # "</" would end the script element early; the escape means the same inside JavaScript strings.
    start = f"window.model = makeModel({json.dumps(state)});".replace("</", "<\\/")
    served = FILES[name].items() if files else ()
    served = {file: base64.b64encode(path.read_bytes()).decode() for file, path in served}
    page.set_content(
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>{style.css()}
        body {{ margin: 1rem; background: var(--attend-paper); color: var(--attend-ink); }}
        {load_css(name)}</style></head>
        <body data-theme="{theme}"><main><h1>{name}</h1><div id="widget"></div></main>
        <script type="module">window.asked = []; window.files = {json.dumps(served)};
        {_MODEL}{start}
        {module}
        const el = document.querySelector("#widget");
        window.unmount = window.widget.render({{ model: window.model, el }});
        </script></body></html>"""
    )
    page.wait_for_function("window.unmount !== undefined")


def trait(page: Page, name: str) -> Any:
    """Return the value of a trait in the page's model."""
    return page.evaluate("(name) => window.model.get(name)", name)


def set_traits(page: Page, **values: Any) -> None:
    """Set traits in the page's model, as Python would from the kernel's side."""
    page.evaluate("(values) => Object.entries(values).forEach(([k, v]) => window.model.set(k, v))", values)


def axe_violations(page: Page) -> list[str]:
    """Return what axe finds wrong, a line for each rule with the elements at fault."""
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[node['html'][:120] for node in v['nodes']]}" for v in violations]


def sideways_overflow(page: Page) -> int:
    """Return by how many CSS pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def small_targets(page: Page) -> list[str]:
    """Return the controls on show that are smaller than 24 CSS pixels either way, too small for a finger."""
    controls = "button:visible, input:visible, select:visible, summary:visible, [role=slider]:visible"
    return page.locator(controls).evaluate_all(
        "nodes => nodes.map((n) => [n.outerHTML.slice(0, 120), n.getBoundingClientRect()])"
        ".filter(([, r]) => r.height < 24 || r.width < 24).map(([html]) => html)"
    )
