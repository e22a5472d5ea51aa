"""Hamiltonian networks, their roll-outs, and how well a roll-out keeps the energy."""

from neural.hamiltonian.drift import EnergyDrift, energy_drift
from neural.hamiltonian.network import HamiltonianNetwork, SeparableHamiltonian
from neural.hamiltonian.reference import reference_rollout
from neural.hamiltonian.rollout import METHODS, Rollout, rollout
from neural.hamiltonian.steps import leapfrog_step, midpoint_step, rk4_step

__all__ = [
    "METHODS",
    "EnergyDrift",
    "HamiltonianNetwork",
    "Rollout",
    "SeparableHamiltonian",
    "energy_drift",
    "leapfrog_step",
    "midpoint_step",
    "reference_rollout",
    "rk4_step",
    "rollout",
]
