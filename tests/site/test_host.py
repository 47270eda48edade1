"""The page's widget host: what it gives a widget's module, and what a reader sees when a module fails."""

import json

import pytest
import rjsmin
from built_site import ROOT

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


def test_a_failing_module_leaves_the_picture_and_says_so(visit, tmp_path):
    seen = visit().open(write_page(tmp_path, "{ render() { throw new Error('no canvas'); } }", views="a"))
    assert seen.page.locator("img[alt=still]").count() == 1
    assert "could not start" in seen.page.locator(".attend-widget").text_content()
    assert any("no canvas" in problem for problem in seen.problems)


def test_the_host_is_small():
    assert len(rjsmin.jsmin(HOST).encode()) <= 3000
