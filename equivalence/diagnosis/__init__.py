"""Where a torch module written by hand parts from a Keras model, and why."""
