"""Formats of files with matrices and labels: arrays, text, parquet, matlab, h5ad.

Of each, `read_matrix(path, name, known)` gives the values and the names of the features, or None;
`known` are names that the features may have, for files where a name may look like a number;
`read_labels(path, name, n_samples)` gives labels as they stand in the file, None where there is
none. `name` picks a variable of a container, and is None for other files.
`dsnmf.files.matrices` chooses among them, and checks what they read.
"""
