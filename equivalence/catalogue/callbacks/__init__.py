"""Callbacks: what `fit` asks at the end of a batch or an epoch."""
