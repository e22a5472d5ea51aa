"""CPU seconds until the first networks are trained, in fresh processes without and with what is kept.

python benchmarks/learned_start.py

Each process imports, makes MNIST-1D, and trains 16 seeds of 500 steps with a frozen learned pair,
twice. `exact` trains with the activation networks themselves in place of their tables; `cold` has
neither compiled programs nor the signals of MNIST-1D, `warm` has both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

SCRIPT = """
import sys, time
import jax, numpy as np
from neural.activations import learned_set
from neural.compiled import keep_compiled
from neural.recipes import recipe
from neural.tasks import task
from neural.training import Training, fit
keep_compiled()
mnist1d, pair = task("mnist1d"), learned_set(jax.random.key(0), 2)
shape, tables = recipe(mnist1d).shape(mnist1d), sys.argv[1] == "tables"
for _ in range(2):
    before = time.process_time()
    found = fit(shape, pair, mnist1d, Training(steps=500), seeds=16, tables=tables)
    done = time.process_time()
    print(f"{done:.1f} s since the start, fit {done - before:.1f} s, {found}", flush=True)
"""


def main() -> None:
    for mode, states in (("exact", ("cold",)), ("tables", ("cold", "warm"))):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "XDG_CACHE_HOME": folder}
            for state in states:
                print(f"{mode}, {state}:", flush=True)
                subprocess.run([sys.executable, "-c", SCRIPT, mode], env=environment, check=True)


if __name__ == "__main__":
    main()
