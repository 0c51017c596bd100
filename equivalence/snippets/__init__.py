"""Keras definitions as text, read without running them: what they define, as graphs, and the PyTorch that is written."""
