"""What `make` runs: the demo, the generated documents, the training of the carried model."""
