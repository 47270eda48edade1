"""The annotated shapes are checked while the tests run, so they can be read as documentation that holds."""

import jaxtyping
import numpy as np
import pytest

from attend import attention
from attend.nn import attention as twin


def test_a_wrong_axis_is_caught_by_the_annotation():
    with pytest.raises(jaxtyping.TypeCheckError):
        attention.dot_score(np.ones((2, 3)), np.ones((4, 5)))
    with pytest.raises(jaxtyping.TypeCheckError):
        twin.softmax(np.ones(3))
