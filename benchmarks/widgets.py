"""How long the widgets take to follow the reader, against their budgets.

First the attention widgets and a change, with 64 words. The budget is for 64 tokens and 8 heads.
AttentionHeads shows eight at once; measured are another example, which paints all maps and numbers anew,
another query, and a head switched off and on. AttentionWeights shows one head, so eight heads' worth of work
is eight changes of all vectors within one frame: each time the scores, weights and outputs of all 64 queries
are computed anew, and the one refresh of the screen then paints both planes and the chosen view of all pairs
and writes the numbers, once, as for a reader. Of long tables that is the part in sight; the rest follows when
the hand rests and is not measured. Measured from the first change until the page is laid out again, so the
work of the browser on style and layout is inside, its rasterising is not. Its second figure is one change
with its paint; the fastest tenth says what a machine with nothing else to do would take.

Then the translator, its weights loaded, from Enter to the first token: a number that it has not seen is read,
encoded, its first token written, the page drawn and laid out.
"""

from __future__ import annotations

import base64
import json
import math
import sys

import numpy as np
from playwright.sync_api import Page, sync_playwright

from attend import style
from attend.widgets import AttentionHeads, AttentionWeights, Translator
from attend.widgets.attention_weights import MOST_TOKENS, VIEWS
from attend.widgets.base import FILES, AttendWidget, load_css, load_module
from scripts.browser import launch_options

HEADS = 8
ROUNDS = 200
WARM_UP = 20
MEDIAN_BUDGET_MS = 4.0
SLOWEST_BUDGET_MS = 16.0
FIRST_TOKEN_BUDGET_MS = 50.0
REST_MS = 500  # a reader looks at the first picture before moving anything

# Frames are held back and run by hand, so that waiting for the screen is not counted as work.
PAGE = """
const frames = [];
window.requestAnimationFrame = (callback) => frames.push(callback);
window.cancelAnimationFrame = () => {};
const runFrame = () => frames.splice(0).forEach((callback) => callback(performance.now()));

function makeModel(state) {
  const listeners = {};
  return {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      (listeners[`change:${name}`] ?? []).forEach((callback) => callback());
    },
    on: (event, callback) => (listeners[event] ??= []).push(callback),
    off() {},
    save_changes() {},
    send({ ask }) {
      const bytes = new DataView(Uint8Array.from(atob(files[ask]), (c) => c.charCodeAt(0)).buffer);
      setTimeout(() => listeners["msg:custom"].forEach((hear) => hear({ file: ask }, [bytes])));
    },
  };
}

const place = (i, seed) => [1.8 * Math.cos(i * 1.7 + seed), Math.sin(i * 2.3 + seed)];
const points = (seed) => Array.from({ length: 64 }, (_, i) => place(i, seed));
// What a round sets: the trait, and its values one after the other.
const changes = {
  "8 vectors": (round) => ["vectors", Array.from({ length: 8 }, (_, head) => points(head + round / 100))],
  "1 vectors": (round) => ["vectors", [points(round / 100)]],
  "example": (round) => ["example", [round % 2]],
  "query": (round) => ["query", [round % 64]],
  "off": (round) => ["off", [round % 2 ? [3] : []]],
};

window.measureFirstToken = async (rounds) => {
  const box = document.querySelector("input[type=text]");
  const times = [];
  for (let round = 0; round < rounds; round++) {
    box.value = String(100000 + ((round * 7919) % 900000));
    await new Promise((done) => setTimeout(done, 4));
    const start = performance.now();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    document.body.getBoundingClientRect();
    times.push(performance.now() - start);
    if (document.querySelectorAll(".attend-tr-character").length !== 1) throw new Error("expected one token");
  }
  return times;
};

window.measure = async (change, rounds) => {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const [trait, values] = changes[change](round);
    await new Promise((done) => setTimeout(done, 4));
    const start = performance.now();
    for (const value of values) {
      window.model.set(trait, value);
      await null;
      await null;
    }
    runFrame();
    document.body.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times;
};
"""


def many_heads() -> AttentionHeads:
    """Two examples of 64 tokens and 8 heads, with what each head adds to 64 features."""
    rng = np.random.default_rng(0)

    def example(name: str) -> dict:
        return {
            "queries": [f"{name}{i}" for i in range(MOST_TOKENS)],
            "weights": rng.dirichlet(np.full(MOST_TOKENS, 0.1), size=(HEADS, MOST_TOKENS)),
            "contributions": rng.normal(size=(HEADS, MOST_TOKENS, 64)),
        }

    return AttentionHeads(**example("word")).add(**example("token"))


def open_widget(page: Page, widget: AttendWidget) -> None:
    """Show a widget alone on a page that offers what ``PAGE`` measures with."""
    served = {
        name: base64.b64encode(path.read_bytes()).decode() for name, path in FILES[widget._name].items()
    }
    state = {name: value for name, value in widget.get_state().items() if name not in ("_esm", "_css")}
    module = load_module(widget._name).replace("export default", "window.widget =")
    page.set_content(
        f"""<!doctype html><meta charset="utf-8"><style>{style.css()}{load_css(widget._name)}</style>
        <body data-theme="light"><div id="widget" style="max-width: 46rem"></div>
        <script type="module">const files = {json.dumps(served)};
        {PAGE}
        window.model = makeModel({json.dumps(state)});
        {module}
        window.widget.render({{ model: window.model, el: document.querySelector("#widget") }});
        runFrame();
        window.ready = true;
        </script>"""
    )
    page.wait_for_function("window.ready")


def at_rank(times: list[float], share: float) -> float:
    """Return the smallest of ``times`` that at least ``share`` of them do not exceed."""
    return sorted(times)[math.ceil(share * len(times)) - 1]


def main() -> int:
    met = True
    cases = [
        (view, AttentionWeights([f"word{i}" for i in range(MOST_TOKENS)], view=view), change, bounded)
        for view in VIEWS
        for change, bounded in ((f"{HEADS} vectors", True), ("1 vectors", False))
    ]
    cases += [("heads", many_heads(), change, True) for change in ("example", "query", "off")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        for name, widget, change, bounded in cases:
            page = browser.new_page(viewport={"width": 1000, "height": 900})
            open_widget(page, widget)
            page.wait_for_timeout(REST_MS)
            times = page.evaluate(f"window.measure({change!r}, {WARM_UP + ROUNDS})")[WARM_UP:]
            fastest, median, slowest = (at_rank(times, share) for share in (0.1, 0.5, 0.99))
            print(
                f"{name:<7} {change:<9}  median {median:6.2f} ms, 99th {slowest:6.2f} ms"
                f", fastest tenth {fastest:6.2f} ms",
                end="",
            )
            if bounded:
                within = median <= MEDIAN_BUDGET_MS and slowest <= SLOWEST_BUDGET_MS
                met = met and within
                print(f"   budget {MEDIAN_BUDGET_MS:g} / {SLOWEST_BUDGET_MS:g} ms", end="   ")
                print("met" if within else "MISSED", end="")
            print()
            page.close()
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        open_widget(page, Translator(step=0))
        page.locator(".attend-tr-drawing").wait_for(state="visible")
        times = page.evaluate(f"window.measureFirstToken({WARM_UP + ROUNDS})")[WARM_UP:]
        median, slowest = at_rank(times, 0.5), at_rank(times, 0.99)
        within = slowest <= FIRST_TOKEN_BUDGET_MS
        met = met and within
        print(
            f"translator, Enter to first token  median {median:6.2f} ms, 99th {slowest:6.2f} ms"
            f"   budget {FIRST_TOKEN_BUDGET_MS:g} ms   {'met' if within else 'MISSED'}"
        )
        browser.close()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
