"""Circuits compared on every row, and what a reader refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.logic import Logic, input_column


def rows(logic: Logic) -> dict[str, str]:
    """The truth table of every output, over all inputs, the first most significant."""
    count = len(logic.inputs)
    columns = {name: input_column(index, count) for index, name in enumerate(logic.inputs)}
    nets = logic.evaluate(columns, 0)
    mask = (1 << (1 << count)) - 1
    return {name: format(nets[name] & mask, f"0{1 << count}b")[::-1] for name in logic.outputs}


def refused(read: Callable[[], object]) -> str:
    """The whole message of what is refused."""
    with pytest.raises(ChaoscadError) as caught:
        read()
    return str(caught.value)
