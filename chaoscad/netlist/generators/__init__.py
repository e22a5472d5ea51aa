"""Standard circuits of any width, made of two-input gates.

Each generator returns a `Netlist` in which every gate has its function, or with `free=True` none has
and the outputs have a reference circuit as target.
"""

from chaoscad.netlist.generators.adders import array_multiplier, lookahead_adder, ripple_adder
from chaoscad.netlist.generators.build import Options
from chaoscad.netlist.generators.catalogue import GENERATORS, Generator, Parameter, generate
from chaoscad.netlist.generators.random_circuits import random_circuit
from chaoscad.netlist.generators.roots import hypotenuse
from chaoscad.netlist.generators.selection import (
    barrel_shifter,
    decoder,
    multiplexer,
    priority_encoder,
)
from chaoscad.netlist.generators.words import OPERATIONS, alu, comparator, parity

__all__ = [
    "GENERATORS",
    "OPERATIONS",
    "Generator",
    "Options",
    "Parameter",
    "alu",
    "array_multiplier",
    "barrel_shifter",
    "comparator",
    "decoder",
    "generate",
    "hypotenuse",
    "lookahead_adder",
    "multiplexer",
    "parity",
    "priority_encoder",
    "random_circuit",
    "ripple_adder",
]
