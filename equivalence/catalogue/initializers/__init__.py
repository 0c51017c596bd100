"""Initializers: how weights begin."""
