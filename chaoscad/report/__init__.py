"""Reports: designs and exports as one HTML file, with a live gate, that needs nothing else."""

from chaoscad.report.verb import default_path, report

__all__ = ["default_path", "report"]
