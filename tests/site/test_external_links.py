"""`make links`: a link to another site that leads nowhere is named and fails the run."""

import http.server
import threading

import pytest
from nbformat.v4 import new_markdown_cell
from small_book import build_chapter


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if "gone" in self.path else 200)
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


@pytest.fixture
def elsewhere():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("place", "fails"), [("here", False), ("gone", True)])
def test_a_dead_link_fails(tmp_path, elsewhere, place, fails):
    cell = new_markdown_cell(f"See [that page]({elsewhere}/{place}).")
    code, printed, _ = build_chapter(tmp_path, cell, builder="linkcheck")
    assert (code != 0) == fails, printed
    assert f"{elsewhere}/{place}" in printed
    assert ("broken" in printed) == fails


def test_a_doi_is_looked_up_where_programs_are_welcome():
    from doi_links import ask_registry

    assert ask_registry(None, "https://doi.org/10.1000/1") == "https://doi.org/api/handles/10.1000/1"
    assert ask_registry(None, "https://example.org/10.1000/1") is None
