"""A Keras model and the PyTorch module that a person would write from it, a file each; all parts of PAIRS."""
