"""The parameters of the estimators: what each may be and does, and what it excludes.

A new one is declared here once, and stands in the `__init__`s of the classes that have it. The
order of their docstrings is that of the `__init__`s.
"""
