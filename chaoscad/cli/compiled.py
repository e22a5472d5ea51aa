"""Compiled programs are kept on disk, so that a second run does not compile again."""

from __future__ import annotations

import os

from chaoscad.files import compiled_folder


def keep_compiled() -> None:
    """Let JAX keep every program that it compiles in `$XDG_CACHE_HOME/chaoscad/jax`.

    To be called before JAX is imported. What the environment says about JAX's own cache stands:
    `JAX_ENABLE_COMPILATION_CACHE=false` turns it off, `JAX_COMPILATION_CACHE_DIR` moves it.
    """
    folder = compiled_folder()
    if folder is None:
        return
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder))
    # Most of the programs compile in less than JAX's default of one second, and there are many.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
