"""The site as one zip file, and links that lead to files that are there and fit the pages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import downloads
import offline
import pytest
from built_site import ROOT, SITE

PAGE = "book/how-to-use.html"
CHAPTER = "book/attention/similarity.html"


def run(*command: object) -> str:
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def site(tmp_path) -> Path:
    """A copy of the built site's pages that a test may change."""
    copy = tmp_path / "site"
    shutil.copytree(SITE, copy, ignore=shutil.ignore_patterns("attention-book.*"))
    offline.finish(copy)
    return copy


def test_the_zip_is_the_same_each_time_and_works_from_disk(site, tmp_path, visit):
    printed = run(ROOT / "scripts/archive.py", site)
    archive = site / downloads.ZIP
    assert downloads.megabytes(archive.stat().st_size) in printed
    first = archive.read_bytes()
    for file in site.rglob("*"):
        os.utime(file, (1e9, 1e9))
    run(ROOT / "scripts/archive.py", site)  # now with a link to the zip on a page
    assert archive.read_bytes() == first
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert names == sorted(names)
        assert not {name for name in names if name.endswith((".zip", ".pdf", ".map"))}
        packed.extractall(tmp_path / "elsewhere")
    folder = tmp_path / "elsewhere" / "attention-book"
    seen = visit().open((folder / CHAPTER).as_uri())
    assert seen.problems == []
    assert seen.page.locator(".attend-widget[data-state=live]").count() > 0
    assert f'href="../{downloads.ZIP}"' not in (folder / PAGE).read_text()
    # On a server the copy can be kept too: its worker lists the packed files.
    assert (folder / "sw.js").read_text() == offline.worker(downloads.files(folder))


def test_links_appear_with_the_files_and_go_with_them(site):
    def linked() -> list[str]:
        text = (site / PAGE).read_text()
        return [name for name in (downloads.ZIP, downloads.PDF) if f'href="../{name}"' in text]

    assert linked() == []
    run(ROOT / "scripts/archive.py", site)
    (site / downloads.PDF).write_bytes(b"%PDF" + b" " * 3_000_000)
    state = downloads.version(downloads.files(site))
    downloads.record(site, downloads.PDF, state, "A PDF")
    offline.finish(site)
    assert linked() == [downloads.ZIP, downloads.PDF]
    assert "A PDF</a>, 3.0 MB" in (site / PAGE).read_text()
    # A build that changes nothing keeps them; one that changes a word takes away what is out of date.
    offline.finish(site)
    assert linked() == [downloads.ZIP, downloads.PDF]
    page = site / CHAPTER
    page.write_text(page.read_text().replace("softmax", "hardmax"))
    offline.finish(site)
    assert linked() == []
    assert not (site / downloads.ZIP).exists()


def test_a_folder_without_a_site_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/archive.py", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "build the book first" in done.stderr
