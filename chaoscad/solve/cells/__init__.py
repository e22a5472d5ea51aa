"""The search of cells: starts, training, polish, and whole libraries."""
