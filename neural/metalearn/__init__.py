"""Metalearning: the outer loop that learns activation functions over the inner loop that uses them."""

from neural.metalearn.gradient import outer_loss
from neural.metalearn.loop import MetaLearned, metalearn
from neural.metalearn.settings import MetaSettings

__all__ = [
    "MetaLearned",
    "MetaSettings",
    "metalearn",
    "outer_loss",
]
