"""AnnData objects: samples with the names of observations and variables; anndata is not needed."""

#: What tells them from frames, whose columns may have any name.
_OWN = ("X", "obs_names", "var_names")


def is_annotated(X):
    """Whether X is an AnnData object, or as good as one.

    Examples
    --------
    >>> from dsnmf.data.observations import is_annotated
    >>> is_annotated([[1.0, 2.0]])
    False
    """
    return all(hasattr(type(X), name) for name in _OWN)


def values_of(X):
    """The matrix that an AnnData object holds as its X; anything else as it is.

    Raises
    ------
    ValueError
        If the object has no X.
    """
    if not is_annotated(X):
        return X
    if X.X is None:
        kind = type(X).__name__
        raise ValueError(f"the {kind} object has no X; give one of its layers, or of its obsm")
    return X.X


def names_frame(X):
    """A frame without rows, whose columns are the names of an AnnData object's variables."""
    return X.var.iloc[:, :0].T
