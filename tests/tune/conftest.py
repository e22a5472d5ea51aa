"""Fixtures of the optimizer stack."""

import jaxtyping
import pytest


@pytest.fixture
def untyped():
    """Python checks no types, and these tests do; what a user meets shows without."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
