"""The .h5mu files of mudata: several matrices, the modalities, of the same observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsnmf.extras import extra
from dsnmf.files import h5ad
from dsnmf.files.annotated import COMPONENTS, FEATURES, MODEL, plain, replace_by
from dsnmf.files.atomic import check_place
from dsnmf.files.damage import damage_as
from dsnmf.files.names import file_of

if TYPE_CHECKING:
    from dsnmf.typing import Array, PathLike


def holds_several(source: PathLike) -> bool:
    """True if a source is a whole .h5mu file, not one of its modalities or another file.

    Examples
    --------
    >>> from dsnmf.files.h5mu import holds_several
    >>> holds_several("cells.h5mu"), holds_several("cells.h5mu:rna"), holds_several("cells.h5ad")
    (True, False, False)
    """
    path, name = file_of(source)
    return name is None and path.lower().endswith(".h5mu")


def _modalities(path):
    """Names of the modalities; ValueError if there are none."""
    names = h5ad.modalities(path)
    if not names:
        raise ValueError(f"{path} holds no modalities")
    return names


def _inside(name):
    """The file's group of `MODALITY` or `MODALITY/NAME`; without a name, the whole file."""
    return "/" if name is None else f"mod/{name.partition('/')[0]}"


def _columns(path, names=None):
    """Columns of obs, and of modalities as MODALITY:COLUMN, None for samples that it lacks."""
    found = h5ad.columns(path, names)
    places = {sample: place for place, sample in enumerate(h5ad.read_sample_names(path))}
    for modality in h5ad.modalities(path):
        inside = _inside(modality)
        own = {f"{modality}:{name}": v for name, v in h5ad.columns(path, inside=inside).items()}
        samples = h5ad.read_sample_names(path, inside=inside)
        for name, values in own.items():
            if name in found or not (names is None or name in names):
                continue
            found[name] = np.full(len(places), None, object)
            found[name][[places[sample] for sample in samples]] = values
    return found


def read_labels(path: PathLike, name: str | None = None, n_samples: int | None = None) -> Any:
    """Read columns of obs, or MODALITY:COLUMN of a modality, with commas between their names."""
    return h5ad.read_labels(path, name, n_samples, _columns)


def read_sample_names(path: PathLike, name: str | None = None, known: object = None) -> list[str]:
    """Read the names of all observations, or of a modality's observations."""
    return h5ad.read_sample_names(path, inside=_inside(name))


def read_matrix(path: PathLike, name: str | None = None, known: object = None) -> Any:
    """Read a modality's X or another of its matrices, and the names of its features.

    `name` is MODALITY, or MODALITY/NAME with a NAME for `dsnmf.files.h5ad.read_matrix`.
    """
    there = _modalities(path)
    modality, _, inner = (name or "").partition("/")
    if modality not in there:
        what = f"no modality {modality}" if modality else "several matrices of the same samples"
        raise ValueError(
            f"{path} holds {what}: PATH:NAME picks one of {', '.join(there)}, and dsnmf fit makes "
            "a model of all"
        )
    return h5ad.read_matrix(path, inner or None, inside=_inside(modality))


def read(path: PathLike) -> Any:
    """Read a file's MuData object, by the library mudata.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    mudata.MuData

    Raises
    ------
    OSError
        If the file cannot be read.
    ImportError
        If mudata is missing.
    ValueError
        If the file is damaged or has no modalities.
    """
    library = extra("mudata", "reading all of a .h5mu file", "anndata")
    _modalities(path)
    # Columns of the modalities' tables are not copied into obs.
    with damage_as(path, "is no intact .h5mu file"), library.set_options(pull_on_update=False):
        return library.read_h5mu(path)


def add_features(
    path: PathLike,
    out: PathLike,
    features: Array,
    modality: str | None,
    components: dict[str, Array],
    model: dict[str, Any],
) -> None:
    """Write a copy of a .h5mu file with a model's features added.

    Parameters
    ----------
    path : str or path-like
        The file that the samples come from.
    out : str or path-like
        The file to write, perhaps the same. It holds either its old content or all of the new one.
    features : ndarray, shape (n_obs, k)
        For `obsm["X_dsnmf"]`.
    modality : str or None
        The modality of the features; None for all.
    components : dict of str to ndarray, shape (n_vars of the modality, k)
        For `varm["dsnmf"]` of each modality.
    model : dict
        For `uns["dsnmf"]`: description of the model.

    Raises
    ------
    OSError, ImportError, ValueError
        See `read`.
    """
    check_place(out)
    data = read(path)
    place = data if modality is None else data.mod[modality]
    place.obsm[FEATURES], place.uns[MODEL] = features, plain(model)
    for name, Z in components.items():
        data.mod[name].varm[COMPONENTS] = Z
    with extra("mudata", "writing .h5mu files", "anndata").set_options(pull_on_update=False):
        replace_by(data.write, out)
