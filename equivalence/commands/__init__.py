"""The verbs of the command line, one a module: its options, and what it does with them."""
