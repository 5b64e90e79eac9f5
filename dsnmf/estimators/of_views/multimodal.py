"""MuData objects: modalities are views; a modality may lack observations."""

import numpy as np
import scipy.sparse


def is_multimodal(X):
    """True if X is a MuData object; its library is not imported."""
    return hasattr(X, "mod") and hasattr(X, "obs_names") and hasattr(X, "obsm")


def modalities(mdata):
    """A matrix of all observations per modality, and the observations that each one has.

    Parameters
    ----------
    mdata : mudata.MuData
        With common observations (axis 0).

    Returns
    -------
    dict of str to ndarray or CSR matrix, shape (n, p_v)
        NaN, or in sparse matrices zeros, for observations that the modality lacks.
    dict of str to ndarray of bool, shape (n,)

    Raises
    ------
    ValueError
        If modalities share variables instead of observations, or several observations have the same
        name.
    """
    if getattr(mdata, "axis", 0) != 0:
        raise ValueError("the modalities of a MuData must have common observations (axis 0)")
    names = mdata.obs_names
    if not names.is_unique:
        raise ValueError(
            f"observations must differ in name, {names[names.duplicated()][0]!r} twice"
        )
    matrices, present = {}, {}
    for key, modality in mdata.mod.items():
        places = names.get_indexer(modality.obs_names)
        X = modality.X
        present[key] = np.zeros(len(names), bool)
        present[key][places] = True
        if scipy.sparse.issparse(X):
            entries = X.tocoo()
            shape, rows = (len(names), X.shape[1]), places[entries.row]
            matrices[key] = scipy.sparse.csr_matrix((entries.data, (rows, entries.col)), shape)
        else:
            X = np.asarray(X)
            dtype = X.dtype if X.dtype.kind == "f" else np.float64
            matrices[key] = np.full((len(names), X.shape[1]), np.nan, dtype)
            matrices[key][places] = X
    return matrices, present
