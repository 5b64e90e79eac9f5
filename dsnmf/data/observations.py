"""AnnData objects: samples with the names of observations and variables; anndata is not needed."""

#: Attributes of the class that tell AnnData objects from frames, whose columns may have any name.
_OWN = ("X", "obs_names", "var_names")


def is_annotated(X):
    """Whether X is an AnnData object, or has its attributes.

    Examples
    --------
    >>> from dsnmf.data.observations import is_annotated
    >>> is_annotated([[1.0, 2.0]])
    False
    """
    return all(hasattr(type(X), name) for name in _OWN)


def values_of(X):
    """The X of an AnnData object; anything else unchanged.

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
    """An empty frame whose columns are the variables of an AnnData object."""
    return X.var.iloc[:, :0].T
