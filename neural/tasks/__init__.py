"""Tasks: data sets in three parts, each with its scaling, its metric and a trivial score.

They are plain NumPy; nothing here imports JAX. `task("mnist1d", seed=0)` makes one; `TASKS` lists
them. `task_from_arrays`, `task_from_frame`, `task_from_idx` and `task_from_csv` make one of your own data.
"""

from neural.tasks.own import task_from_arrays, task_from_frame, task_from_idx
from neural.tasks.registry import TASKS, task
from neural.tasks.scaling import Linear, Scaling
from neural.tasks.table import load_csv, save_csv, task_from_csv
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
    "task_from_arrays",
    "task_from_csv",
    "task_from_frame",
    "task_from_idx",
]
