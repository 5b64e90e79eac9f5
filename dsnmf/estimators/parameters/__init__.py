"""The parameters of the estimators: their types, effects and exclusions.

Declare a new parameter here once, and add it to the `__init__`s of the classes that have it. The
docstrings list parameters in the order of the `__init__`.
"""
