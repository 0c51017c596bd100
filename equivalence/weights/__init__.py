"""Arrays between the two frameworks: re-arranging one, and pairing those of two models."""
