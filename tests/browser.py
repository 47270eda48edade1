"""Where the browser for tests is: one that the system has, or Playwright's own."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a Chromium to start, or None to let Playwright start the one it downloaded.

    The environment variable ``CHROMIUM`` names one explicitly.
    """
    candidates = (os.environ.get("CHROMIUM"), *NAMES)
    return next((path for name in candidates if name and (path := shutil.which(name))), None)
