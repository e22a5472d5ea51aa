"""A pendulum from a file: how a measured record becomes a task, and what a straight line does.

Run it with `python examples/12_pendulum.py`; it writes a record `record.csv` (put your own in its
place), learns its Hamiltonian, and leaves `pendulum.md` and `pendulum.png`.
"""

from pathlib import Path

from chaoscad.tune import optimizer
from neural.activations import fixed, parametric
from neural.architecture import Architecture
from neural.arms import network_arm
from neural.compare import compare, draw_boxes, to_markdown
from neural.metalearn import MetaSettings, metalearn
from neural.optimizers import rmsprop
from neural.tasks import load_csv, save_csv, task
from neural.training import Training


def main() -> None:
    save_csv(task("pendulum", duration=40.0), "record.csv")
    pendulum = load_csv("record.csv", task="pendulum", scaling="none")
    shape = Architecture(2, [40], 2, hamiltonian=True)
    training = Training(steps=48, batch=60, optimizer=rmsprop(0.01, 0.1, momentum=0.6))
    settings = MetaSettings(
        hidden=10,
        scale=1.0,
        gradient="first_order",
        inner=training,
        outer=optimizer("rmsprop", 1e-3, momentum=0.9),
        outer_steps=40,
    )
    pair = metalearn(shape, pendulum, settings).of(0)
    arms = {"sin": [fixed("sin")], "sin + az": [parametric("sin+az")], "a1 and a2": pair}
    result = compare(
        [
            network_arm(name, shape, ones, pendulum, training, factors=(1.0,))
            for name, ones in arms.items()
        ],
        seeds=12,
        steps=training.steps,
        metric="mse",
        trivial=pendulum.trivial,
        trivial_predictor=pendulum.trivial_predictor,
        title="pendulum, 48 steps",
    )
    table = to_markdown(result)
    print(table)
    Path("pendulum.md").write_text(table)
    draw_boxes(result, log=True).savefig("pendulum.png", dpi=150)


if __name__ == "__main__":
    main()
