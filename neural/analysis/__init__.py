"""What trained networks are like: dimension, curvature, diversity of activations."""

from neural.analysis.density import Density, sampled_density
from neural.analysis.diversity import affine_free, distance_matrix
from neural.analysis.hessian import extreme_eigenvalues, hessian_trace, spectral_density
from neural.analysis.lanczos import lanczos
from neural.analysis.participation import participation_ratio

__all__ = [
    "Density",
    "affine_free",
    "distance_matrix",
    "extreme_eigenvalues",
    "hessian_trace",
    "lanczos",
    "participation_ratio",
    "sampled_density",
    "spectral_density",
]
