"""Networks that grow while they train: masks with controllers, and an auxiliary weight as size."""

from neural.growing.buckets import bucket_widths
from neural.growing.dense import to_dense
from neural.growing.fit import Grown, grow
from neural.growing.growth import Growth, Mode
from neural.growing.history import History

__all__ = ["Grown", "Growth", "History", "Mode", "bucket_widths", "grow", "to_dense"]
