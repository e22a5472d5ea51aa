"""A circuit laid out as a schematic, whatever draws it."""
