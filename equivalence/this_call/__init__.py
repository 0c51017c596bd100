"""One call, as somebody wrote it, translated by the emitter itself."""
