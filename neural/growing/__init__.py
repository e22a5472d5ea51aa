"""Networks that grow while they train: masks with controllers, and an auxiliary weight as size."""

from neural.growing.activation import Activation
from neural.growing.buckets import bucket_widths
from neural.growing.dense import DenseNetwork, to_dense
from neural.growing.fit import Grown, grow
from neural.growing.flops import growing_flops
from neural.growing.growth import Architecture, Form, Growth, Mode
from neural.growing.history import History
from neural.growing.masked import MaskedNetwork, control_of, mask, masked_network, share

__all__ = [
    "Activation",
    "Architecture",
    "DenseNetwork",
    "Form",
    "Grown",
    "Growth",
    "History",
    "MaskedNetwork",
    "Mode",
    "bucket_widths",
    "control_of",
    "grow",
    "growing_flops",
    "mask",
    "masked_network",
    "share",
    "to_dense",
]
