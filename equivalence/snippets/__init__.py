"""Keras definitions as text, read without running them: the graphs that they define, and the PyTorch of those."""
