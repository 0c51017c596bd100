"""The other way: what a PyTorch name is in Keras. One family of names a module, each with its `ROWS`."""
