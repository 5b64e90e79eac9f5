"""CMU Face Images: an archive of PGM files whose names are their labels."""

from __future__ import annotations

import re
import tarfile

import numpy as np

from dsnmf.datasets.dataset import Dataset, unit_norm
from dsnmf.datasets.download import FILES, fetch

_GAP = rb"(?:\s|#[^\n]*\n)+"
_PGM_HEADER = re.compile(rb"P5" + _GAP + rb"(\d+)" + _GAP + rb"(\d+)" + _GAP + rb"255\s")
_FACE_FILE = re.compile(
    r"(?:.*/)?(\w+)_(left|right|straight|up)_(angry|happy|neutral|sad)_(open|sunglasses)_4\.pgm"
)
_FACE_SHAPE = (30, 32)


def _read_pgm(content):
    """Pixels of a binary PGM file of the faces' shape, or None if it is damaged."""
    header = _PGM_HEADER.match(content)
    if not header or (int(header[2]), int(header[1])) != _FACE_SHAPE:
        return None
    pixels = np.frombuffer(content, np.uint8, offset=header.end())
    return pixels if pixels.size == np.prod(_FACE_SHAPE) else None


def _read_faces(path):
    """(labels, pixels) of every intact picture in the archive, in the order of their names."""
    faces = []
    try:
        with tarfile.open(path) as archive:
            for member in sorted(archive, key=lambda member: member.name):
                labels = _FACE_FILE.fullmatch(member.name)
                pixels = _read_pgm(archive.extractfile(member).read()) if labels else None
                if pixels is not None:
                    faces.append((labels.groups(), pixels))
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{path} is damaged, fetch it anew: {error}") from error
    if not faces:
        raise ValueError(f"{path} holds no pictures named NAME_POSE_EXPRESSION_EYES_4.pgm")
    return faces


def load_cmu_faces() -> Dataset:
    """CMU Face Images: 20 people in 4 poses, with 4 expressions, with and without sunglasses.

    The open counterpart of CMU Multi-PIE. Damaged pictures (16 of 640) are left out.

    Returns
    -------
    Dataset
        data (624, 960), target (624, 4): identity, pose, expression, eyes; `DESCR` names the
        classes in the order of their integers.

    Raises
    ------
    OSError, ImportError
        See `load_pie`; but the archive's checksum is unknown and not verified.
    ValueError
        If the archive is damaged or holds no such pictures.
    """
    faces = _read_faces(fetch(FILES["cmu_faces"]))
    columns = zip(*(labels for labels, _ in faces))
    classes, codes = zip(*(np.unique(column, return_inverse=True) for column in columns))
    attributes = ("identity", "pose", "expression", "eyes")
    listing = "; ".join(f"{name}: {', '.join(names)}" for name, names in zip(attributes, classes))
    return Dataset(
        name="cmu_faces",
        data=unit_norm(np.array([pixels for _, pixels in faces], np.float32)),
        target=np.stack(codes, axis=1).astype(np.int64),
        target_names=attributes,
        images=_FACE_SHAPE,
        DESCR=f"CMU Face Images (Mitchell, UCI repository): {len(faces)} faces, 30 x 32 pixels. "
        f"{listing}.",
    )
