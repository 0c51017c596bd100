"""Questions answered by experiment: each package one question, its notebook in docs/notebooks."""
