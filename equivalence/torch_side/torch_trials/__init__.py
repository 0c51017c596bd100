"""What is done with an emitted object to hold it to Keras's: a module for each kind, with one function `run`."""
