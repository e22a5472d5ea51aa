"""Activation functions: named ones, ones with trained numbers, and ones that a small network learns."""

from neural.activations.formula import closed_form
from neural.activations.functions import FUNCTIONS, function
from neural.activations.modules import (
    PARAMETRIC,
    Activation,
    Fixed,
    Learned,
    Own,
    Parametric,
    activations_of,
    fixed,
    learned,
    learned_set,
    parametric,
)
from neural.activations.roles import by_role, even_share
from neural.activations.store import load_activations, save_activations
from neural.activations.table import Tabulated, read_table, tabulate

__all__ = [
    "FUNCTIONS",
    "PARAMETRIC",
    "Activation",
    "Fixed",
    "Learned",
    "Own",
    "Parametric",
    "Tabulated",
    "activations_of",
    "by_role",
    "closed_form",
    "even_share",
    "fixed",
    "function",
    "learned",
    "learned_set",
    "load_activations",
    "parametric",
    "read_table",
    "save_activations",
    "tabulate",
]
