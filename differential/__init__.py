"""Random functional Keras models out of all entries, ported and held against Keras: `make differential`.

An entry proved alone is not proved together: masks, orders, identities and names meet in models only.
"""
