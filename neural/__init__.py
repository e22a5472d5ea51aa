"""Networks that learn their activation functions, and networks that grow while they train.

Learned activations: `neural.activations`, `neural.architecture`, `neural.metalearn`, `neural.hamiltonian`.
Growing networks: `neural.growing`. For both: `neural.tasks`, `neural.training`, `neural.analysis`,
`neural.compare`. All of it trains on `chaoscad.tune`, the optimizer stack that tunes chaogates.
"""
