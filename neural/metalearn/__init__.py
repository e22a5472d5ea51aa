"""Metalearning: the outer loop that learns activation functions over the inner loop that uses them."""

from neural.metalearn.gradient import outer_loss
from neural.metalearn.loop import MetaLearned, metalearn
from neural.metalearn.settings import GRADIENTS, OUTER_LOSSES, MetaSettings, heavy_ball

__all__ = [
    "GRADIENTS",
    "OUTER_LOSSES",
    "MetaLearned",
    "MetaSettings",
    "heavy_ball",
    "metalearn",
    "outer_loss",
]
