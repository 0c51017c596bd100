"""Errors a user can act on: one sentence that names file, layer, argument and value."""

from __future__ import annotations


class EquivalenceError(Exception):
    """Base of every error raised on purpose; its text is one sentence for a person."""


class Refused(EquivalenceError):
    """The input cannot be translated: nothing was written, nothing of it was executed."""


class Unavailable(EquivalenceError):
    """A package, process or resource that this step needs is missing; says what to install."""
