"""Rows of a circuit's inputs as words of 64: all of them, or a random sample."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt64

ONES = np.uint64(0xFFFFFFFFFFFFFFFF)
PATTERNS = tuple(
    np.uint64(pattern)
    for pattern in (
        0xAAAAAAAAAAAAAAAA,
        0xCCCCCCCCCCCCCCCC,
        0xF0F0F0F0F0F0F0F0,
        0xFF00FF00FF00FF00,
        0xFFFF0000FFFF0000,
        0xFFFFFFFF00000000,
    )
)
"""Bit j of word 0 of the row numbers: the j-th least significant bit of 0 to 63."""


def all_rows(width: int) -> UInt64[np.ndarray, "width words"]:
    """Every row of `width` inputs, the first input the most significant bit of the row number.

    Below 6 inputs the rows repeat until the word is full.
    """
    return rows_of(width, np.arange(max(1, (1 << width) >> 6), dtype=np.uint64))


def rows_of(width: int, words: UInt64[np.ndarray, " words"]) -> UInt64[np.ndarray, "width words"]:
    """The rows 64 w to 64 w + 63 of `width` inputs for every number w of a word."""
    columns = np.empty((width, len(words)), np.uint64)
    for index in range(width):
        shift = width - 1 - index
        if shift < 6:
            columns[index] = PATTERNS[shift]
        else:
            columns[index] = ((words >> np.uint64(shift - 6)) & np.uint64(1)) * ONES
    return columns


def random_rows(
    width: int, words: int, random: np.random.Generator
) -> UInt64[np.ndarray, "width words"]:
    """`64 * words` random rows of `width` inputs."""
    return random.integers(0, 2**64, (width, words), dtype=np.uint64)


def unpacked(words: UInt64[np.ndarray, "nets words"]) -> Bool[np.ndarray, "nets rows"]:
    """Words as one bit per row."""
    octets = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    return np.unpackbits(octets, axis=-1, bitorder="little").astype(bool)


def packed(bits: Bool[np.ndarray, "nets rows"]) -> UInt64[np.ndarray, "nets words"]:
    """Bits as words; the last word is filled with the last row."""
    missing = -bits.shape[1] % 64
    full = np.pad(bits, ((0, 0), (0, missing)), mode="edge")
    octets = np.ascontiguousarray(np.packbits(full, axis=-1, bitorder="little"))
    return octets.view("<u8").astype(np.uint64)
