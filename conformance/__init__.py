"""Every way in which Keras's own layer tests call a layer, ported and held against Keras: `make conformance`.

The cases of the catalogue are those that its authors thought of. Keras's authors thought of others: the installed wheel
brings its tests along, and a recorder in place of what they check tells which layers they call, how, and on what.
"""
