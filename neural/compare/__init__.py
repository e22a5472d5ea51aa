"""Paired experiments over seeds: tuned arms at equal steps or FLOPs, intervals, tests, tables."""

from neural.compare.arms import Arm, Run, rates_around
from neural.compare.comparison import ArmResult, Comparison
from neural.compare.experiment import compare
from neural.compare.figures import draw_boxes
from neural.compare.meta import Pooled, against_best, pool
from neural.compare.metrics import METRICS, Metric, metric
from neural.compare.scores import Scores
from neural.compare.statistics import (
    Interval,
    SignedRank,
    TInterval,
    bootstrap,
    holm,
    mcnemar,
    share,
    t_interval,
    wilcoxon,
)
from neural.compare.store import load, save
from neural.compare.summary import Contrast, Row, Summary, summarise
from neural.compare.tables import pooled_table, to_markdown
from neural.compare.tuning import Tried, Tuned, tune

__all__ = [
    "METRICS",
    "Arm",
    "ArmResult",
    "Comparison",
    "Contrast",
    "Interval",
    "Metric",
    "Pooled",
    "Row",
    "Run",
    "Scores",
    "SignedRank",
    "Summary",
    "TInterval",
    "Tried",
    "Tuned",
    "against_best",
    "bootstrap",
    "compare",
    "draw_boxes",
    "holm",
    "load",
    "mcnemar",
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
