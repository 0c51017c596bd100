"""Whether two sides agree: drawing inputs, running, recording, comparing, rounding, reports."""
