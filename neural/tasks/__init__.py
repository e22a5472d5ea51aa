"""Tasks: data sets in three parts, each with its scaling, its metric and a trivial score.

They are plain NumPy; nothing here imports JAX. `task("mnist1d", seed=0)` makes one; `TASKS` lists
them; `load_csv` reads a user's own record of a pendulum or another oscillator.
"""

from neural.tasks.registry import TASKS, task
from neural.tasks.scaling import Linear, Scaling
from neural.tasks.table import load_csv, save_csv
from neural.tasks.task import Dynamics, Split, Task, Trajectory

__all__ = [
    "TASKS",
    "Dynamics",
    "Linear",
    "Scaling",
    "Split",
    "Task",
    "Trajectory",
    "load_csv",
    "save_csv",
    "task",
]
