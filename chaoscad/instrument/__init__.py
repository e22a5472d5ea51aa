"""Files of instruments and simulators: tables of numbers, read with a word on everything that was understood.

Oscilloscopes, source-measure units and SPICE programs write columns of numbers below headers of their
own. `read_table` finds the numbers, their names and units; what it cannot tell it refuses at its line.
"""

from chaoscad.instrument.bytes_read import MOST_BYTES, read_instrument_text
from chaoscad.instrument.reader import read_table
from chaoscad.instrument.table import Column, Numbers, Remark, Row, Table
from chaoscad.instrument.units import ONE, Unit, unit_of

__all__ = [
    "MOST_BYTES",
    "ONE",
    "Column",
    "Numbers",
    "Remark",
    "Row",
    "Table",
    "Unit",
    "read_instrument_text",
    "read_table",
    "unit_of",
]
