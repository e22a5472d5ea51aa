"""What is known of optimizers without loading optax."""

Setting = bool | int | float | str | None
"""The value of an argument, as a recipe keeps it; a type of numbers is kept by its name."""

USUAL = ("adabelief", "adam")
"""The optimizers of the recipes: names of `chaoscad.tune.catalogue.OPTIMIZERS`."""

COUPLED = ("adafactor", "fromage", "lamb", "lars", "noisy_sgd", "novograd", "sm3")
"""Optimizers whose step of one parameter depends on others; the rest work element by element."""

UNSCHEDULED = ("rprop", "sm3")
"""Optimizers that take no schedule: their rate is a number throughout."""
