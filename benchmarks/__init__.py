"""Figures, measured side by side in one run. Never asserted in tests; see README.md."""
