"""Ways to run a chapter, above its text: download the notebook, or open it on Colab, Binder or a JupyterHub.

Where the book's repository and a course's hub are stands in one place, ``_config.yml``; a link whose address
is not known is left out.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

BRANCH = "main"


class RunLink(NamedTuple):
    """A link's text and address."""

    text: str
    address: str


def run_links(source: str, repository: str, hub: str) -> list[RunLink]:
    """Return where the notebook at ``source``, a path from the repository's top, can be run."""
    if not repository:
        return []
    owner_and_name = repository.removeprefix("https://github.com/")
    name = owner_and_name.rpartition("/")[2]
    binder = urlencode({"urlpath": f"lab/tree/{source}"}, quote_via=quote)
    links = [
        RunLink("Colab", f"https://colab.research.google.com/github/{owner_and_name}/blob/{BRANCH}/{source}"),
        RunLink("Binder", f"https://mybinder.org/v2/gh/{owner_and_name}/{BRANCH}?{binder}"),
    ]
    if hub:  # nbgitpuller, on the hub, fetches the repository and keeps what a student has changed
        pull = {"repo": repository, "branch": BRANCH, "urlpath": f"lab/tree/{name}/{source}"}
        links.append(RunLink("JupyterHub", f"{hub}/hub/user-redirect/git-pull?{urlencode(pull)}"))
    return links


def check_addresses(app: Sphinx, config: Config) -> None:
    """Raise ConfigError for an address that is neither empty nor of the form that the links are made from."""
    forms = {
        "attend_repository": (r"https://github\.com/[\w.-]+/[\w.-]+", "https://github.com/owner/name"),
        "attend_jupyterhub": (r"https?://[\w.-]+(:\d+)?(/[\w./-]*[\w-])?", "https://hub.example.org"),
    }
    for setting, (form, example) in forms.items():
        value = getattr(config, setting)
        if value and not re.fullmatch(form, value):
            raise ConfigError(f"{setting} must be empty or like {example}, not {value!r}.")
    if config.attend_jupyterhub and not config.attend_repository:
        raise ConfigError("attend_jupyterhub needs attend_repository, from which the hub fetches.")


def add_to_page(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the page's template whether it is a notebook, and where that can be run."""
    source = app.env.doc2path(pagename, False) if doctree else ""
    context["is_notebook"] = source.endswith(".ipynb")
    if context["is_notebook"]:
        config = app.config
        context["run_links"] = run_links(source, config.attend_repository, config.attend_jupyterhub)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("attend_repository", "", "html")
    app.add_config_value("attend_jupyterhub", "", "html")
    app.connect("config-inited", check_addresses)
    app.connect("html-page-context", add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
