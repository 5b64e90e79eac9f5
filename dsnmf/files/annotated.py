"""Features in .h5ad files, written by the library anndata, for use in scanpy."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from dsnmf.extras import extra
from dsnmf.files import h5ad
from dsnmf.files.atomic import check_place
from dsnmf.files.damage import damage_as

if TYPE_CHECKING:
    from dsnmf.typing import Array, PathLike

#: Keys of features in obsm, components in varm, and the model's description in uns.
FEATURES, COMPONENTS, MODEL = "X_dsnmf", "dsnmf", "dsnmf"


def _library():
    return extra("anndata", "writing .h5ad files", "anndata")


def plain(value):
    """A parameter's value for HDF5, which has no None."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return np.array(value) if all(isinstance(v, int | float) for v in value) else str(value)
    return value if isinstance(value, bool | int | float | str) else str(value)


def replace_by(write, out):
    """Replace a file by the one that a function of a path writes, once it is complete."""
    target = os.path.realpath(out)
    # The library needs a path; it is on the same disk, so that the file can be moved.
    folder = tempfile.mkdtemp(dir=os.path.dirname(target), prefix=".dsnmf.")
    try:
        made = os.path.join(folder, "made" + os.path.splitext(target)[1])
        write(made)
        with open(made, "rb+") as file:
            os.fsync(file.fileno())
        if os.path.exists(target):
            shutil.copymode(target, made)
        os.replace(made, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def add_features(
    path: PathLike,
    out: PathLike,
    features: Array,
    components: Array | None,
    model: dict[str, Any],
) -> None:
    """Write a copy of an .h5ad file with a model's features added.

    Parameters
    ----------
    path : str or path-like
        The file that the samples come from.
    out : str or path-like
        The file to write, perhaps the same. It holds either its old content or all of the new one.
    features : ndarray, shape (n_obs, k)
        For `obsm["X_dsnmf"]`.
    components : ndarray, shape (n_vars, k), or None
        For `varm["dsnmf"]`.
    model : dict
        For `uns["dsnmf"]`: description of the model.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ImportError
        If anndata is missing.
    ValueError
        If the file is damaged, or has other samples or variables.
    """
    library = _library()
    check_place(out)
    h5ad.check(path)
    with damage_as(path, "is no intact .h5ad file"):
        data = library.read_h5ad(path)
    if len(features) != data.n_obs:
        raise ValueError(f"{path} has {data.n_obs} observations, but there are {len(features)}")
    data.obsm[FEATURES] = features
    if components is not None and len(components) == data.n_vars:
        data.varm[COMPONENTS] = components
    data.uns[MODEL] = plain(model)
    replace_by(data.write_h5ad, out)


def write_features(
    out: PathLike,
    features: Array,
    samples: list[str] | None,
    names: list[str] | None,
    model: dict[str, Any],
) -> None:
    """Write a new .h5ad file of features only: `X` and `obsm["X_dsnmf"]`, with their names.

    Parameters
    ----------
    out : str or path-like
    features : ndarray, shape (n_samples, k)
    samples, names : list of str, or None
    model : dict
        For `uns["dsnmf"]`.

    Raises
    ------
    OSError, ImportError
        See `add_features`.
    """
    library = _library()
    check_place(out)
    pandas = extra("pandas", "writing .h5ad files", "files")
    n, k = features.shape
    obs = pandas.DataFrame(index=[*map(str, range(n))] if samples is None else [*samples])
    var = pandas.DataFrame(index=[*map(str, range(k))] if names is None else [*names])
    data = library.AnnData(X=features, obs=obs, var=var)
    data.obsm[FEATURES], data.uns[MODEL] = features, plain(model)
    replace_by(data.write_h5ad, out)
