"""Pack the built site into one file to take away: ``python scripts/archive.py _build/html``.

The same pages give the same bytes whenever they are packed (by the same zlib). The copy works from the disk,
and on a server as well: its worker's list fits the packed files.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "book" / "_ext"))

import downloads  # noqa: E402
import offline  # noqa: E402

FOLDER = "attention-book"
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the oldest date that the format can hold
FILE_MODE = 0o100644
ALREADY_SMALL = {".png", ".woff2", ".jpg", ".webp"}


def pack(site: Path, target: Path) -> str:
    """Write the site's files to ``target`` and return the state of the pages that it holds."""
    # No links to the files that hang on the pages: the copy does not have them.
    contents = {name: downloads.without_links(data) for name, data in downloads.files(site).items()}
    state = downloads.version(contents)
    contents["sw.js"] = offline.worker(contents).encode()
    partial = target.with_suffix(".part")
    with zipfile.ZipFile(partial, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", FIRST_DAY)
            entry.external_attr = FILE_MODE << 16
            entry.create_system = 3  # Unix, also where this runs on Windows
            small = Path(name).suffix in ALREADY_SMALL
            entry.compress_type = zipfile.ZIP_STORED if small else zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name], compresslevel=9)
    partial.replace(target)
    return state


def main() -> int:
    parser = argparse.ArgumentParser(description="Pack the built site into one zip file.")
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site.resolve()
    if not (site / "index.html").is_file():
        parser.error(f"{site} holds no index.html; build the book first with `make book SERVE=0`")
    target = site / downloads.ZIP
    state = pack(site, target)
    downloads.record(
        site, downloads.ZIP, state, "The whole site as a zip file: unpack it and open <code>index.html</code>"
    )
    offline.finish(site)
    print(f"{target}: {downloads.megabytes(target.stat().st_size)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
