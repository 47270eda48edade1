"""What every test shares: checked shapes, examples that are the same in every run, one thread for PyTorch."""

import sys

import hypothesis
import jaxtyping
import numpy as np
import pytest

# Before any test module imports `attend`: every annotated shape of the package is checked at every call.
jaxtyping.install_import_hook("attend", "beartype.beartype")

same_every_time = hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=40)
hypothesis.settings.register_profile("same every time", same_every_time)
# For scripts/planted_bugs.py, which asks only whether a test fails and not for the smallest example.
no_shrinking = [phase for phase in hypothesis.Phase if phase.name not in ("shrink", "explain")]
hypothesis.settings.register_profile("first failure", same_every_time, phases=no_shrinking)
hypothesis.settings.load_profile("same every time")


@pytest.fixture(scope="session", autouse=True)
def _one_torch_thread() -> None:
    """Tensors here are tiny: more threads would wait for each other, and order sums differently."""
    if "torch" in sys.modules:  # by a test module; not worth the seconds otherwise
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(scope="session")
def browser():
    """The Chromium that `scripts/browser.py` finds; each test opens contexts and pages of its own in it."""
    from playwright.sync_api import sync_playwright

    from scripts.browser import launch_options

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**launch_options())
        yield chromium
        chromium.close()


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(0)


@pytest.fixture
def unchecked_shapes():
    """Let arguments of a wrong type through the annotations, so that the package's own messages are seen."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
