"""What helps around models: seeds, names, pictures, files."""
