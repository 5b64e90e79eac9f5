"""Estimators of any class from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnmf.estimators.deep import DeepSemiNMF, DeepWSF
from dsnmf.estimators.multi_view import MultiViewDeepSemiNMF
from dsnmf.estimators.persistence import read_estimator
from dsnmf.estimators.saved_arrays import check_kind
from dsnmf.estimators.shallow import WSF, SemiNMF
from dsnmf.files import archive

if TYPE_CHECKING:
    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import PathLike

KINDS = DeepSemiNMF, DeepWSF, MultiViewDeepSemiNMF, SemiNMF, WSF
CLASSES = {kind.__name__: kind for kind in KINDS}


def open_estimator(path: PathLike) -> Factorisation:
    """Read a fitted estimator of any class from a file.

    Parameters
    ----------
    path : str or path-like
        Written by an estimator's `save`.

    Returns
    -------
    estimator

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is damaged, or holds no estimator.
    """
    kind = archive.kind_of(path)
    check_kind(kind, path)
    return read_estimator(path, CLASSES[kind])
