"""The optimizer stack: losses, bounded parameters, schedules, and many trials in one program."""

from chaoscad.tune.catalogue import OPTIMIZERS
from chaoscad.tune.checkpoint import Checkpoint
from chaoscad.tune.driver import Outcome, Reached, Standing, drive, every
from chaoscad.tune.loop import Evaluation, Objective, Trained, each, train
from chaoscad.tune.losses import LOSSES, Loss, WeightedSum, minimum, parse_loss
from chaoscad.tune.optimizers import SCHEDULES, Anneal, Optimizer, optimizer
from chaoscad.tune.progress import Progress, Silent
from chaoscad.tune.transforms import Affine, Box, Chain, Identity, Transform, box

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
