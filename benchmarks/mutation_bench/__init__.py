"""Mistakes made on purpose in hand-written ports, and whether `equivalence.check` finds them; see ../README.md."""
