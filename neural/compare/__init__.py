"""Paired experiments over seeds: tuned arms at equal steps or FLOPs, intervals, tests, tables."""

from neural.compare.arms import Arm, Run, rates_around
from neural.compare.comparison import Comparison
from neural.compare.experiment import compare
from neural.compare.figures import draw_boxes
from neural.compare.meta import against_best, pool
from neural.compare.metrics import Metric, metric
from neural.compare.scores import Scores
from neural.compare.statistics import (
    bootstrap,
    holm,
    share,
    t_interval,
    wilcoxon,
)
from neural.compare.store import load, save
from neural.compare.summary import summarise
from neural.compare.tables import pooled_table, to_markdown
from neural.compare.tuning import tune

__all__ = [
    "Arm",
    "Comparison",
    "Metric",
    "Run",
    "Scores",
    "against_best",
    "bootstrap",
    "compare",
    "draw_boxes",
    "holm",
    "load",
    "metric",
    "pool",
    "pooled_table",
    "rates_around",
    "save",
    "share",
    "summarise",
    "t_interval",
    "to_markdown",
    "tune",
    "wilcoxon",
]
