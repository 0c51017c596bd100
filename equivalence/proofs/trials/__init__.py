"""What the objects of each kind are tried on: a module for each, with a function `draw`.

`draw(entry, case)` gives the arrays of the trial, float32 where they are floats. A module may have `judge(found,
expected, case)`, which gives a Comparison by name, where equal numbers are not what is asked for, and
`SINGLE = False` where nothing is worth comparing in float32.
"""
