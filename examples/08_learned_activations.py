"""Digits: two activation functions are learned, then judged on fresh networks against their base.

Run it with `python examples/08_learned_activations.py`; it prints the comparison and leaves it as
`digits.md`, with the box plot `digits.png` and the functions in `digits_activations.png`. It is a
small version, in about half a minute; `benchmarks/learned_activations.py digits` is the long one.
"""

from pathlib import Path

from neural.activations import fixed, parametric
from neural.architecture import Architecture
from neural.arms import network_arm
from neural.compare import compare, draw_boxes, to_markdown
from neural.figures import draw_activations
from neural.metalearn import MetaSettings, metalearn
from neural.tasks import task
from neural.training import Training


def main() -> None:
    digits = task("digits")
    shape = Architecture(digits.features, [40], digits.outputs)
    training = Training(steps=25, batch=50)
    settings = MetaSettings(hidden=10, inner=training, outer_steps=60)

    learned = metalearn(shape, digits, settings, meta_seeds=1)
    a1, a2 = learned.of(0)
    print(f"outer loss {learned.losses[0, :10].mean():.3f} -> {learned.losses[0, -10:].mean():.3f}")

    arms = {
        "sin": [fixed("sin")],
        "sin + az": [parametric("sin+az")],
        "a1 and a2": [a1, a2],
    }
    result = compare(
        [network_arm(name, shape, ones, digits, training) for name, ones in arms.items()],
        seeds=12,
        tune_seeds=12,  # as many as seeds, so that both are one program
        steps=training.steps,
        metric="accuracy",
        trivial=digits.trivial,
        trivial_predictor=digits.trivial_predictor,
        title="digits, 25 steps",
    )
    table = to_markdown(result)
    print(table)
    Path("digits.md").write_text(table)
    draw_boxes(result).savefig("digits.png", dpi=150)
    draw_activations({"learned on digits": [a1, a2]}, base=fixed("sin")).savefig(
        "digits_activations.png", dpi=150
    )


if __name__ == "__main__":
    main()
