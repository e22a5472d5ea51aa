"""Hamiltonian networks, and their roll-outs."""

from neural.hamiltonian.network import HamiltonianNetwork
from neural.hamiltonian.rollout import METHODS, rollout
from neural.hamiltonian.steps import midpoint_step, rk4_step

__all__ = [
    "METHODS",
    "HamiltonianNetwork",
    "midpoint_step",
    "rk4_step",
    "rollout",
]
