"""What a gate can and cannot do, with proof."""

from chaoscad.feasibility.families import family_feasibility
from chaoscad.feasibility.family_remedies import feasible_family, with_family_remedies
from chaoscad.feasibility.flows import best_found, family_best_found
from chaoscad.feasibility.model import Feasibility, Verdict
from chaoscad.feasibility.order import refuted
from chaoscad.feasibility.remedies import with_remedies
from chaoscad.feasibility.search import feasibility
from chaoscad.feasibility.survey import SIX, TWO_INPUT, Cell, survey
from chaoscad.feasibility.tables import tabulate

__all__ = [
    "SIX",
    "TWO_INPUT",
    "Cell",
    "Feasibility",
    "Verdict",
    "best_found",
    "family_best_found",
    "family_feasibility",
    "feasibility",
    "feasible_family",
    "refuted",
    "survey",
    "tabulate",
    "with_family_remedies",
    "with_remedies",
]
