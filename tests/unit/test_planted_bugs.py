"""The list of planted bugs keeps up with the code: each is found once, and changes something."""

import pytest

from scripts.planted_bugs import BUGS, SOURCE


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.file}: {bug.slip}")
def test_each_bug_can_be_planted(bug):
    text = (SOURCE / "attend" / bug.file).read_text(encoding="utf-8")
    assert text.count(bug.original) == 1
    assert bug.planted not in (bug.original, "")
