"""Formats of files with matrices and labels: arrays, text, parquet, matlab, h5ad.

Each module has `read_matrix(path, name, known)`, which returns the values and the names of the
features, or None. `known` are names that the features may have, for files whose names may look like
numbers. `read_labels(path, name, n_samples)` returns the labels as they are in the file, None for a
missing one. `name` selects a variable of a container, and is None for other files.
`dsnmf.files.matrices` selects the module, and checks the values.
"""
