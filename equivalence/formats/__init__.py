"""Model files, read without Keras and without executing anything of them."""

from equivalence.formats.reading import read

__all__ = ["read"]
