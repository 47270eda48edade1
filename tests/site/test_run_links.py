"""The links above a chapter that open it on Colab, Binder or a JupyterHub."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

NOTEBOOK = "book/code/language-model.ipynb"
REPOSITORY, HUB = "https://github.com/owner/name", "https://hub.example.org/course"


def test_without_an_address_there_is_no_link():
    from run_links import run_links

    assert run_links(NOTEBOOK, "", "") == []


def test_each_service_finds_the_notebook():
    from run_links import run_links

    links = {link.text: urlsplit(link.address) for link in run_links(NOTEBOOK, REPOSITORY, HUB)}
    assert list(links) == ["Colab", "Binder", "JupyterHub"]
    assert links["Colab"].path == f"/github/owner/name/blob/main/{NOTEBOOK}"
    assert links["Binder"].path == "/v2/gh/owner/name/main"
    assert parse_qs(links["Binder"].query) == {"urlpath": [f"lab/tree/{NOTEBOOK}"]}
    assert links["JupyterHub"].geturl().startswith(f"{HUB}/hub/user-redirect/git-pull?")
    assert parse_qs(links["JupyterHub"].query) == {
        "repo": [REPOSITORY], "branch": ["main"], "urlpath": [f"lab/tree/name/{NOTEBOOK}"]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("repository", "hub", "complaint"),
    [
        (
            "github.com/owner/name",
            "",
            "attend_repository must be empty or like https://github.com/owner/name",
        ),
        ("https://github.com/owner", "", "attend_repository must be"),
        (REPOSITORY, "hub.example.org", "attend_jupyterhub must be empty or like https://hub.example.org"),
        (REPOSITORY, "https://hub.example.org/", "attend_jupyterhub must be"),
        ("", HUB, "attend_jupyterhub needs attend_repository"),
    ],
)
def test_a_wrong_address_stops_the_build(repository, hub, complaint):
    from run_links import check_addresses
    from sphinx.errors import ConfigError

    config = SimpleNamespace(attend_repository=repository, attend_jupyterhub=hub)
    with pytest.raises(ConfigError, match=complaint):
        check_addresses(None, config)
    check_addresses(None, SimpleNamespace(attend_repository=REPOSITORY, attend_jupyterhub=HUB))
