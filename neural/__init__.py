"""Networks that learn their activation functions, and networks that grow while they train.

The package will build on `chaoscad.tune`, the optimizer stack that tunes chaogates. It is empty in
this version: it is installed so that its name and its place are settled.
"""
