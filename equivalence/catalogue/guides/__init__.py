"""Guides: symptoms of ported models, each with the differences that may be behind it. Standard library only."""
