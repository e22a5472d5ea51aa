"""The samples of every step: a new permutation for every epoch; what a batch lacks is left out."""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray


def drawn(seed: int, samples: int, batch: int, steps: int) -> Int[np.ndarray, "steps batch"]:
    """The batches of one seed, by NumPy: JAX takes seconds to compile a permutation."""
    batch, each, epochs = _epochs(samples, batch, steps)
    rows = np.broadcast_to(np.arange(samples, dtype=np.int32), (epochs, samples))
    orders = np.random.default_rng(seed).permuted(rows, axis=1)
    return orders[:, : each * batch].reshape(epochs * each, batch)[:steps]


def batches(key: PRNGKeyArray, samples: int, batch: int, steps: int) -> Int[Array, "steps batch"]:
    """The same within a compiled program, for metalearning, which draws anew in every outer step."""
    batch, each, epochs = _epochs(samples, batch, steps)
    orders = jax.vmap(lambda one: jax.random.permutation(one, samples))(
        jax.random.split(key, epochs)
    )
    return orders[:, : each * batch].reshape(epochs * each, batch)[:steps]


def _epochs(samples: int, batch: int, steps: int) -> tuple[int, int, int]:
    """The batch as it can be, batches of an epoch, epochs."""
    batch = min(batch, samples)
    each = samples // batch
    return batch, each, -(-steps // each)
