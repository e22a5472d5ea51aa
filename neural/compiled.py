"""Compiled programs are kept on disk, so that a second process does not compile again."""

from __future__ import annotations

import os

import jax

from chaoscad.files import compiled_folder


def keep_compiled() -> None:
    """Let JAX keep every program that it compiles from now on, where the command line keeps its own.

    A script calls it once; no import and no training does, since the setting is JAX's and holds for
    all that the process compiles. What the environment says about JAX's own cache stands:
    `JAX_ENABLE_COMPILATION_CACHE=false` turns it off, `JAX_COMPILATION_CACHE_DIR` moves it.
    """
    folder = compiled_folder()
    if folder is None:
        return
    # Most of the programs compile in less than JAX's default of one second, and there are many.
    for name, value in (
        ("jax_compilation_cache_dir", str(folder)),
        ("jax_persistent_cache_min_compile_time_secs", 0.0),
        ("jax_persistent_cache_min_entry_size_bytes", -1),
    ):
        if name.upper() not in os.environ:
            jax.config.update(name, value)
