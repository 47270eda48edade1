"""The page's widget host: what it gives a widget's module, and what a reader sees when a module fails."""

import gzip
import json

import pytest
import rjsmin
from built_site import ROOT

from attend import style
from attend.widgets import Translator, base

HOST = (ROOT / "book" / "_static" / "host.js").read_text(encoding="utf-8")

COUNTER = """{
  initialize({ model }) { model.set("started", model.get("started") + 1); },
  render({ model, el }) {
    const button = document.createElement("button");
    const show = () => (button.textContent = `${model.get("label")} ${model.get("count")}`);
    button.addEventListener("click", () => {
      model.set("count", model.get("count") + 1);
      model.save_changes();
    });
    model.on("change:count", show);
    show();
    el.append(button);
    return () => model.off("change:count", show);
  },
}"""


def write_page(folder, widget: str, views: str = "ab", host: str = HOST) -> str:
    """Write a page opened from disk with one view for each letter, and return its address."""
    state = {view: {"label": f"<{view}>", "count": 2, "started": 0} for view in set(views)}
    boxes = "".join(
        f'<div class="attend-widget" data-widget="counter" data-model-id="{view}">'
        '<img alt="still" src="data:,"></div>'
        for view in views
    )
    body = json.dumps(state).replace("<", "\\u003c")
    (folder / "host.js").write_text(host, encoding="utf-8")
    (folder / "counter.js").write_text(f"attendHost.register('counter', {widget});", encoding="utf-8")
    page = folder / "page.html"
    page.write_text(
        f"""<!doctype html><html lang="en"><title>Host</title><body>{boxes}
        <script type="application/vnd.jupyter.widget-state+json">{body}</script>
        <script defer src="host.js"></script><script defer src="counter.js"></script>""",
        encoding="utf-8",
    )
    return page.as_uri()


@pytest.mark.parametrize("host", [HOST, rjsmin.jsmin(HOST)], ids=["source", "minified"])
def test_a_module_takes_the_pictures_place(visit, tmp_path, host):
    seen = visit().open(write_page(tmp_path, COUNTER, host=host))
    assert seen.problems == []
    assert seen.page.locator("img").count() == 0
    seen.page.get_by_role("button", name="<a> 2").click()
    assert [button.text_content() for button in seen.page.get_by_role("button").all()] == ["<a> 3", "<b> 2"]


def test_two_views_of_one_model_stay_together(visit, tmp_path):
    page = visit().open(write_page(tmp_path, COUNTER, views="aa")).page
    page.get_by_role("button").first.click()
    assert [button.text_content() for button in page.get_by_role("button").all()] == ["<a> 3", "<a> 3"]


def test_a_model_is_initialized_once(visit, tmp_path):
    widget = COUNTER.replace('model.get("label")', 'model.get("started")')
    page = visit().open(write_page(tmp_path, widget, views="aa")).page
    assert page.get_by_role("button").first.text_content() == "1 2"


def test_a_widget_may_come_from_a_function(visit, tmp_path):
    page = visit().open(write_page(tmp_path, f"async () => ({COUNTER})")).page
    assert page.get_by_role("button").count() == 2


def test_events_follow_the_front_end_specification(visit, tmp_path):
    widget = """{ render({ model, el }) {
      const log = [];
      const hear = (source, value) => log.push(`count ${value} ${source === model}`);
      model.on("change:count", hear);
      model.on("change", () => log.push("any"));
      model.set("count", 2);
      model.set({ count: 5, label: "x" });
      model.off("change:count", hear);
      model.set("count", 6);
      el.textContent = log.join(", ");
    } }"""
    page = visit().open(write_page(tmp_path, widget, views="a")).page
    # Setting the same value says nothing; two traits set together are one change.
    assert page.locator(".attend-widget").text_content() == "count 5 true, any, any"


ASKING = """{ render({ model, el }) {
  const log = [];
  model.on("msg:custom", (message, buffers) => {
    const bytes = buffers.map((view) => Array.from(new Uint8Array(view.buffer)));
    log.push([message, bytes]);
    el.textContent = JSON.stringify(log);
  });
  el.addEventListener("click", () => model.send({ ask: "model.bin" }));
  el.textContent = "ask";
} }"""


@pytest.mark.parametrize("host", [HOST, rjsmin.jsmin(HOST)], ids=["source", "minified"])
def test_a_file_comes_when_a_module_asks_for_it(visit, tmp_path, host):
    from widgets import file_script

    content = bytes(range(256)) * 3
    (tmp_path / "model.bin.js").write_text(file_script("model.bin", content), encoding="utf-8")
    seen = visit().open(write_page(tmp_path, ASKING, views="a", host=host))
    assert not any("model.bin" in url for url in seen.requests)
    seen.page.get_by_text("ask").click()
    seen.page.get_by_text('"file"').wait_for()
    log = json.loads(seen.page.locator(".attend-widget div").text_content())
    assert log == [[{"file": "model.bin"}, [list(content)]]]
    assert seen.problems == []
    assert seen.page.locator("script[src*=bin]").count() == 0


def test_a_file_that_is_not_there_is_said_to_be_missing_and_may_come_later(visit, tmp_path):
    from widgets import file_script

    seen = visit().open(write_page(tmp_path, ASKING, views="a"))
    seen.page.get_by_text("ask").click()
    seen.page.get_by_text('[[{"missing":"model.bin"},[]]]').wait_for()
    assert any("model.bin" in problem for problem in seen.problems)
    (tmp_path / "model.bin.js").write_text("// a script that delivers nothing", encoding="utf-8")
    seen.page.locator(".attend-widget div").click()
    seen.page.get_by_text('[[{"missing":"model.bin"},[]],[{"missing":"model.bin"},[]]]').wait_for()
    (tmp_path / "model.bin.js").write_text(file_script("model.bin", b"ab"), encoding="utf-8")
    seen.page.locator(".attend-widget div").click()
    seen.page.get_by_text('[{"file":"model.bin"},[[97,98]]]').wait_for()


@pytest.fixture
def translator_page(tmp_path):
    """A page with one translator as the site has it: its script, style, weights and the strict policy."""
    from theme import CONTENT_SECURITY_POLICY
    from widgets import classic_script, file_script, page_state

    widget = Translator(step=0, tokens_per_second=20.0)
    state = json.dumps({"a": page_state(widget.get_state())}).replace("<", "\\u003c")
    written = {
        "host.js": rjsmin.jsmin(HOST),
        "translator.js": rjsmin.jsmin(classic_script("translator", base.load_module("translator"))),
        "translator.css": style.css() + base.load_css("translator"),
        "page.html": f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Translator</title>
        <meta http-equiv="Content-Security-Policy" content="{CONTENT_SECURITY_POLICY}">
        <link rel="stylesheet" href="w/translator.css"><body data-theme="auto"><main><h1>Translator</h1>
        <div class="attend-widget" data-widget="translator" data-model-id="a">{widget.fallback_html()}</div>
        </main><script type="application/vnd.jupyter.widget-state+json">{state}</script>
        <script defer src="w/host.js?v=1"></script><script defer src="w/translator.js?v=2"></script>""",
    }
    for name, path in base.FILES["translator"].items():
        written[f"{name}.js"] = file_script(name, path.read_bytes())
    (tmp_path / "w").mkdir()
    for name, content in written.items():
        (tmp_path / ("" if name == "page.html" else "w") / name).write_text(content, encoding="utf-8")
    return tmp_path / "page.html"


def test_the_translator_runs_from_disk(visit, translator_page):
    seen = visit().open(translator_page.as_uri())
    seen.page.locator(".attend-tr-drawing").wait_for(state="visible")
    assert seen.page.locator(".attend-still").count() == 0
    seen.page.get_by_role("textbox").fill("905006")
    seen.page.get_by_role("textbox").press("Enter")
    seen.page.get_by_text("✓ Right: 905,006 is 九十万五千零六.").wait_for()
    assert sum("safetensors" in url for url in seen.requests) == 1
    assert all(url.startswith("file:") for url in seen.requests)
    assert seen.problems == []


def test_without_scripts_the_translator_is_a_still_picture(visit, translator_page):
    page = visit(java_script_enabled=False).page
    page.goto(translator_page.as_uri())
    assert page.locator("svg.attend-still").bounding_box()["height"] > 300


def test_the_translator_s_weights_stay_within_their_budget(translator_page):
    script = (translator_page.parent / "w" / "translator.safetensors.js").read_bytes()
    assert len(gzip.compress(script)) <= 300_000


def test_a_failing_module_leaves_the_picture_and_says_so(visit, tmp_path):
    seen = visit().open(write_page(tmp_path, "{ render() { throw new Error('no canvas'); } }", views="a"))
    assert seen.page.locator("img[alt=still]").count() == 1
    assert "could not start" in seen.page.locator(".attend-widget").text_content()
    assert any("no canvas" in problem for problem in seen.problems)


def test_the_host_is_small():
    assert len(rjsmin.jsmin(HOST).encode()) <= 3000
