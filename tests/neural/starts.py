"""What a trial of a growing network starts from."""

from neural.activations import activations_of
from neural.fitted import network_of
from neural.growing import Growth
from neural.growing.starts import start


def masked_network(architecture, growth=None, *, key, activations="tanh"):
    numbers = architecture.draw(key)[None]
    growth = Growth() if growth is None else growth
    return network_of(start(architecture, growth, activations_of(activations), numbers), 0, 1)
