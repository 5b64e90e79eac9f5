"""Licensed face sets of the papers, from files of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnmf.datasets.dataset import Dataset, unit_norm
from dsnmf.datasets.mat import load_mat

if TYPE_CHECKING:
    from dsnmf.typing import PathLike


def _load(path, title, images, attributes):
    """A user's MATLAB file as (data, target, target_names); errors say what was expected."""
    height, width = images
    expected = (
        f"{path} must hold {title}: fea n x {height * width} ({height} x {width} pixels), "
        f"gnd n x {len(attributes)} ({', '.join(attributes)})"
    )
    try:
        faces = load_mat(path, images=images)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{error}; {expected}") from error
    columns = 1 if faces.target.ndim == 1 else faces.target.shape[1]
    if columns != len(attributes):
        raise ValueError(f"gnd has {columns} column(s); {expected}")
    names = faces.target_names if columns == 1 else attributes
    return unit_norm(faces.data), faces.target, names


def load_xm2vts(path: PathLike) -> Dataset:
    """XM2VTS, faces of the ICML 2014 paper, from a MATLAB file of the user's.

    The set is licensed and cannot be downloaded. The paper has 2,360 pictures, 8 of each of 295
    people; the number is not checked.

    Parameters
    ----------
    path : str or path-like
        A MATLAB file: `fea` (n x 1260), pictures of 42 x 30 pixels (height x
        width), each in MATLAB's column order; `gnd` (n x 1), the person, any integers.

    Returns
    -------
    Dataset
        data (n, 1260), pixels row by row; target (n,).

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ValueError
        If its content is not as described; the message names the file and what was expected.
    """
    images = (42, 30)
    data, target, names = _load(path, "XM2VTS", images, ("identity",))
    return Dataset(
        name="xm2vts",
        data=data,
        target=target,
        target_names=names,
        images=images,
        DESCR=f"XM2VTS: {len(data)} faces of {len(names)} people, 42 x 30 pixels (licensed, from "
        "the user's file).",
    )


def load_multi_pie(path: PathLike) -> Dataset:
    """CMU Multi-PIE, faces of both papers, from a MATLAB file of the user's.

    The set is licensed and cannot be downloaded. The ICML 2014 paper has 13,230 pictures of 147
    people in 5 poses with 6 expressions; the number is not checked.

    Parameters
    ----------
    path : str or path-like
        A MATLAB file: `fea` (n x 900), pictures of 30 x 30 pixels, each in
        MATLAB's column order; `gnd` (n x 3), identity, pose and expression, any integers (-1 is
        unknown to the estimators).

    Returns
    -------
    Dataset
        data (n, 900), pixels row by row; target (n, 3).

    Raises
    ------
    OSError, ValueError
        As for `load_xm2vts`.
    """
    images, attributes = (30, 30), ("identity", "pose", "expression")
    data, target, names = _load(path, "CMU Multi-PIE", images, attributes)
    return Dataset(
        name="multi_pie",
        data=data,
        target=target,
        target_names=names,
        images=images,
        DESCR=f"CMU Multi-PIE: {len(data)} faces, 30 x 30 pixels, with identity, pose and "
        "expression (licensed, from the user's file).",
    )
