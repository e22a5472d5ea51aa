"""Reports: designs and exports as one HTML file, with a live gate, that needs nothing else."""

from chaoscad.reports.verb import Report, compose, report

__all__ = ["Report", "compose", "report"]
