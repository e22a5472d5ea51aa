"""The optimizer stack: losses, bounded parameters, schedules, and many trials in one program.

Names are loaded when they are first used: recipes need no JAX.
"""

from typing import TYPE_CHECKING

from chaoscad.lazy import lazy

if TYPE_CHECKING:
    from chaoscad.tune.catalogue import OPTIMIZERS
    from chaoscad.tune.checkpoint import Checkpoint
    from chaoscad.tune.driver import Outcome, Reached, Standing, drive, every
    from chaoscad.tune.loop import Evaluation, Objective, Trained, each, train
    from chaoscad.tune.losses import LOSSES, Loss, minimum
    from chaoscad.tune.optimizers import SCHEDULES, Anneal, Optimizer, optimizer
    from chaoscad.tune.progress import Progress, Silent
    from chaoscad.tune.transforms import Affine, Box, Chain, Identity, Transform, box
    from chaoscad.tune.weighted_sum import WeightedSum, parse_loss

__all__ = [
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "Affine",
    "Anneal",
    "Box",
    "Chain",
    "Checkpoint",
    "Evaluation",
    "Identity",
    "Loss",
    "Objective",
    "Optimizer",
    "Outcome",
    "Progress",
    "Reached",
    "Silent",
    "Standing",
    "Trained",
    "Transform",
    "WeightedSum",
    "box",
    "drive",
    "each",
    "every",
    "minimum",
    "optimizer",
    "parse_loss",
    "train",
]

__getattr__, __dir__ = lazy(
    "chaoscad.tune",
    {
        "Affine": "chaoscad.tune.transforms",
        "Anneal": "chaoscad.tune.optimizers",
        "Box": "chaoscad.tune.transforms",
        "Chain": "chaoscad.tune.transforms",
        "Checkpoint": "chaoscad.tune.checkpoint",
        "Evaluation": "chaoscad.tune.loop",
        "Identity": "chaoscad.tune.transforms",
        "LOSSES": "chaoscad.tune.losses",
        "Loss": "chaoscad.tune.losses",
        "OPTIMIZERS": "chaoscad.tune.catalogue",
        "Objective": "chaoscad.tune.loop",
        "Optimizer": "chaoscad.tune.optimizers",
        "Outcome": "chaoscad.tune.driver",
        "Progress": "chaoscad.tune.progress",
        "Reached": "chaoscad.tune.driver",
        "SCHEDULES": "chaoscad.tune.optimizers",
        "Silent": "chaoscad.tune.progress",
        "Standing": "chaoscad.tune.driver",
        "Trained": "chaoscad.tune.loop",
        "Transform": "chaoscad.tune.transforms",
        "WeightedSum": "chaoscad.tune.weighted_sum",
        "box": "chaoscad.tune.transforms",
        "drive": "chaoscad.tune.driver",
        "each": "chaoscad.tune.loop",
        "every": "chaoscad.tune.driver",
        "minimum": "chaoscad.tune.losses",
        "optimizer": "chaoscad.tune.optimizers",
        "parse_loss": "chaoscad.tune.weighted_sum",
        "train": "chaoscad.tune.loop",
    },
)
