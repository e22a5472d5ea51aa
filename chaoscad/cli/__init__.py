"""The command line: one module per command, each of which loads what it needs when it runs."""
