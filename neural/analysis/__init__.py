"""What trained networks are like: dimension, curvature, diversity of activations."""

from neural.analysis.density import Density, gaussian_density, sampled_density
from neural.analysis.diversity import (
    Spread,
    affine_free,
    distance_matrix,
    effective_number,
    spread,
)
from neural.analysis.hessian import (
    Extremes,
    SpectralDensity,
    Trace,
    dense_hessian,
    extreme_eigenvalues,
    hessian_trace,
    hessian_vector_product,
    spectral_density,
)
from neural.analysis.lanczos import Tridiagonal, lanczos
from neural.analysis.participation import Participation, participation_ratio

__all__ = [
    "Density",
    "Extremes",
    "Participation",
    "SpectralDensity",
    "Spread",
    "Trace",
    "Tridiagonal",
    "affine_free",
    "dense_hessian",
    "distance_matrix",
    "effective_number",
    "extreme_eigenvalues",
    "gaussian_density",
    "hessian_trace",
    "hessian_vector_product",
    "lanczos",
    "participation_ratio",
    "sampled_density",
    "spectral_density",
    "spread",
]
