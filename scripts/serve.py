"""Serve the built book on this machine only: ``python scripts/serve.py _build/html --port 8000``."""

from __future__ import annotations

import argparse
import errno
import functools
import http.server
import sys
from pathlib import Path

TRIES = 20


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files as they are on the disk now; one line for what went wrong, none for what went well."""

    def end_headers(self) -> None:
        # After a rebuild the browser must ask again; unchanged files still answer 304.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Show the book's own page for an address that is not there, as a host does."""
        page = Path(self.directory, "404.html")
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        if str(getattr(code, "value", code)).startswith(("4", "5")):
            super().log_request(code, size)


class Server(http.server.ThreadingHTTPServer):
    # On some systems a second server could share the port and take half of the requests.
    allow_reuse_port = False
    daemon_threads = True


def open_server(folder: Path, port: int) -> Server:
    """Return a server of ``folder`` on ``port`` or, where that is taken, on the next free one.

    Raises OSError when none of the next ports is free.
    """
    handler = functools.partial(Handler, directory=str(folder))
    for candidate in range(port, min(port + TRIES, 65536)):
        try:
            return Server(("127.0.0.1", candidate), handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            reason = "is in use" if error.errno == errno.EADDRINUSE else "needs special rights"
            print(f"Port {candidate} {reason}; trying the next one", flush=True)
    raise OSError(f"no free port between {port} and {candidate}: choose another with `make book PORT=...`")


def main() -> int:
    parser = argparse.ArgumentParser(description="Serve the built book on this machine.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    if not (options.folder / "index.html").is_file():
        parser.error(f"{options.folder} holds no index.html; build the book first with `make book SERVE=0`")
    if not 1 <= options.port <= 65535:
        parser.error(f"port {options.port}: expected a number between 1 and 65535")
    try:
        server = open_server(options.folder.resolve(), options.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The book is at http://localhost:{server.server_port} (Ctrl+C stops the server)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped")
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
