"""What is done with a Keras object to know what it does: a module for each kind, with one function `run`."""
