"""What a gate can and cannot do, with proof."""

from chaoscad.feasibility.families import family_feasibility
from chaoscad.feasibility.flows import best_found, tabulate
from chaoscad.feasibility.model import Feasibility, Verdict
from chaoscad.feasibility.remedies import with_remedies
from chaoscad.feasibility.search import feasibility
from chaoscad.feasibility.survey import SIX, TWO_INPUT, Cell, survey

__all__ = [
    "SIX",
    "TWO_INPUT",
    "Cell",
    "Feasibility",
    "Verdict",
    "best_found",
    "family_feasibility",
    "feasibility",
    "survey",
    "tabulate",
    "with_remedies",
]
