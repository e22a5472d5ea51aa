"""Designs in fixed point: the form of a map on integers, words, widths, and tuning on a grid."""
