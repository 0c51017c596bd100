"""Why GlobalAveragePooling2D before Dense? Measured in Keras and in PyTorch.

`docs/notebooks/global_average_pooling.ipynb` asks the questions in order; the modules here hold one
experiment each, tests/test_global_average_pooling.py what they found.
"""
