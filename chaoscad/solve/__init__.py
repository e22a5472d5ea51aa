"""What is tuned: one gate, many gates, a circuit."""

from chaoscad.solve.model import (
    CIRCUIT,
    GATES,
    RECIPES,
    GateSolution,
    Ranking,
    Search,
    Settings,
    Solution,
    Stage,
    Verdict,
    recipe,
)
from chaoscad.solve.pipeline import solve

__all__ = [
    "CIRCUIT",
    "GATES",
    "RECIPES",
    "GateSolution",
    "Ranking",
    "Search",
    "Settings",
    "Solution",
    "Stage",
    "Verdict",
    "recipe",
    "solve",
]
