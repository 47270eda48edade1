"""What each page of the site costs its reader, against the budget and beside Jupyter Book's stock build.

Run ``make book SERVE=0`` first. The stock build is the same book with Jupyter Book's defaults, not executed,
so without the pictures and widgets. Its scripts from other hosts are counted with their known sizes (no
network is used here) and do not slow its paint, so the comparison leans towards it.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from scripts.browser import launch_options
from tests.built_site import ROOT, SITE, built_pages

PAINTED_BY_BOTH = ("book/index.html", "book/attention/similarity.html")
TRANSFER_KB, HOST_BYTES, PAINT_SECONDS = 200, 3000, 1.5
CPU_SLOWDOWN, BITS_A_SECOND, LATENCY_MS, RUNS = 4, 1.6e6, 150, 3
# gzip -9 of MathJax 3 with its fonts, and of require.js with ipywidgets' html-manager, in kB.
STOCK_CDN = {"MathJax": 270, "html-manager": 910}
TEXT = {".html", ".css", ".js", ".json", ".svg"}
PICTURES = {".png", ".jpg", ".gif", ".webp"}

PAINT = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""


class Compressing(http.server.SimpleHTTPRequestHandler):
    """Serves files as a real host does: text compressed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in TEXT:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@functools.cache
def compressed(path: Path) -> bytes:
    """Return a file as it travels; fonts and pictures are compressed already."""
    body = path.read_bytes()
    return gzip.compress(body, 9) if path.suffix in TEXT else body


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve ``folder`` on a free port and give its address."""
    handler = functools.partial(Compressing, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def requests_of(browser: Browser, url: str) -> tuple[set[str], set[str]]:
    """Return the paths that a page asks its own host for, and the other hosts that it asks."""
    context = browser.new_context()
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(url)
    page.wait_for_timeout(1000)
    context.close()
    home = urlsplit(url).netloc
    parts = [urlsplit(address) for address in asked]
    return {part.path for part in parts if part.netloc == home}, {part.netloc for part in parts} - {home, ""}


def kilobytes(folder: Path, paths: set[str]) -> float:
    """Return what ``paths`` weigh in transfer, pictures aside."""
    files = [folder / path.lstrip("/") for path in paths]
    sizes = [len(compressed(file)) for file in files if file.is_file() and file.suffix not in PICTURES]
    return sum(sizes) / 1000


def paint_seconds(browser: Browser, url: str) -> float:
    """Return the median time to the largest contentful paint, nothing cached, on a slow phone's terms."""
    times = []
    home = urlsplit(url).netloc
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 412, "height": 823})
        page = context.new_page()
        page.route(lambda address: urlsplit(address).netloc != home, lambda route: route.abort())
        client = context.new_cdp_session(page)
        client.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        speed = BITS_A_SECOND / 8
        client.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY_MS, "downloadThroughput": speed, "uploadThroughput": speed},
        )
        page.goto(url)
        page.wait_for_timeout(1500)
        times.append(page.evaluate(PAINT) / 1000)
        context.close()
    return statistics.median(times)


def stock_build(folder: Path) -> Path:
    """Build the book with Jupyter Book's defaults, none of its notebooks executed; return the site."""
    left_out = shutil.ignore_patterns("_ext", "_static", "_templates", "_build", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "book", folder / "book", ignore=left_out)
    shutil.copytree(ROOT / "src" / "attend", folder / "src" / "attend")  # chapters show parts of it
    shutil.copy(ROOT / "_toc.yml", folder)
    (folder / "_config.yml").write_text(
        "title: Stock\nonly_build_toc_files: true\nexecute: {execute_notebooks: 'off'}\n"
        "bibtex_bibfiles: [book/references.bib]\n"
        "parse: {myst_enable_extensions: [amsmath, colon_fence, deflist, dollarmath, tasklist]}\n"
    )
    command = [Path(sys.executable).with_name("jupyter-book"), "build", folder]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "_build" / "html"


def row(what: str, figure: str, budget: str, stock: str = "", good: bool = True) -> bool:
    missed = "" if good else "MISSED"
    print(f"{what:<52} {figure:>8} {budget:>10} {stock:>12}  {missed}".rstrip(), flush=True)
    return good


def transfer_rows(browser: Browser, pages: list[str], site: str, stock: Path, stock_site: str) -> list[bool]:
    """Print what each page transfers and whom else it asks."""
    results = []
    for page in pages:
        own, others = requests_of(browser, site + page)
        weight = kilobytes(SITE, own)
        theirs, their_hosts = "", ""
        if (stock / page).is_file():
            asked, hosts = requests_of(browser, stock_site + page)
            theirs = f"{kilobytes(stock, asked) + sum(STOCK_CDN.values()):.0f} kB"
            their_hosts = str(len(hosts))
        good = weight <= TRANSFER_KB
        results += [
            row(f"{page}: transfer", f"{weight:.0f} kB", f"≤ {TRANSFER_KB} kB", theirs, good),
            row(f"{page}: other hosts", str(len(others)), "0", their_hosts, not others),
        ]
    return results


def paint_rows(browser: Browser, pages: list[str], site: str, stock_site: str) -> list[bool]:
    """Print when each page's largest part is there; the stock build's for two of them."""
    results = []
    for page in pages:
        paint = paint_seconds(browser, site + page)
        theirs = f"{paint_seconds(browser, stock_site + page):.2f} s" if page in PAINTED_BY_BOTH else ""
        good = paint <= PAINT_SECONDS
        what = f"{page}: largest paint"
        results.append(row(what, f"{paint:.2f} s", f"≤ {PAINT_SECONDS} s", theirs, good))
    return results


def main() -> int:
    pages = built_pages()
    if not pages:
        sys.exit(f"The site is not built: no pages in {SITE}. Run `make book SERVE=0` first.")
    size = (SITE / "_static" / "widgets" / "host.js").stat().st_size
    row("", "here", "budget", "stock build")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stock = stock_build(Path(folder))
        with served(SITE) as site, served(stock) as stock_site:
            browser = playwright.chromium.launch(**launch_options())
            results = [
                *transfer_rows(browser, pages, site, stock, stock_site),
                row("widget host", f"{size} B", f"≤ {HOST_BYTES} B", "", size <= HOST_BYTES),
                *paint_rows(browser, pages, site, stock_site),
            ]
            browser.close()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
