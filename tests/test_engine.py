"""Batches come back, in order where that is asked for, and workers that die take nothing with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chaoscad.engine import Lost, engine
from chaoscad.errors import ChaoscadError


def square(number: int) -> int:
    return number * number


def square_or_die(number: int) -> int:
    if number == 5:
        os._exit(1)
    return number * number


def test_without_workers_batches_run_here_and_are_taken_one_by_one():
    taken: list[int] = []

    def batches():
        for number in range(3):
            taken.append(number)
            yield number

    with engine(0) as here:
        results = here.run(square, batches())
        assert next(results) == (0, 0)
        assert taken == [0]
        assert list(results) == [(1, 1), (2, 4)]
        assert list(here.in_order(square, range(4))) == [0, 1, 4, 9]


def test_numbers_of_workers_are_checked():
    with (
        pytest.raises(
            ChaoscadError, match="the number of workers is -1, and must be from 0 to 1024"
        ),
        engine(-1),
    ):
        pass


@pytest.mark.slow
def test_a_batch_that_kills_every_worker_is_lost_and_the_others_are_not():
    with engine(2) as two:
        assert sorted(two.run(square_or_die, range(8))) == [
            (number, number * number) for number in range(8) if number != 5
        ]
        assert two.lost == [5]
    with engine(2) as two, pytest.raises(Lost) as lost:
        list(two.in_order(square_or_die, range(7)))
    assert str(lost.value) == "error: 1 batch has no result: every worker that had it died"


def resident() -> int:
    """Pages of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.slow
def test_memory_does_not_grow_with_the_batches():
    with engine(1) as one:
        batches = (bytes([number % 256]) * 100_000 for number in range(600))
        seen = [resident() for _ in one.run(len, batches)]
    grown = (seen[-1] - seen[99]) * os.sysconf("SC_PAGE_SIZE")
    assert grown < 500 * 100_000 / 2
