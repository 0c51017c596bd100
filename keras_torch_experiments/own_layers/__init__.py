"""A small vision Transformer with layers of its own, ported: docs/notebooks/own_layers.ipynb."""
