"""Finds files: in the user's folder, in the cache, or by a verified download."""

import hashlib
import os
from pathlib import Path

from dsnmf.extras import extra

_CLUSTPY = "https://raw.githubusercontent.com/collinleiber/ClustPy/main/clustpy/data/datasets/"

#: File name: (address, sha256). The checksums of UCI's archives are not known to us.
SOURCES = {
    "PIE_pose27.mat": (
        "https://raw.githubusercontent.com/trigeorgis/Deep-Semi-NMF/master/data/PIE_pose27.mat",
        "035fdd73d5f4234d958b3c88f20bd8aae3871080246139896a23e61487134680",
    ),
    "ORL.mat": (
        "https://raw.githubusercontent.com/jundongl/scikit-feature/"
        "1b706ae440987c6013ee3df8afb453dae125df91/files/datasets/ORL.mat",
        "e257ec36002e48688ed7f3b9fda13f479f2fd98864fa0672d1353eda1912b189",
    ),
    "stickfigures.data": (
        _CLUSTPY + "stickfigures.data",
        "2dfddf67a721380c081b91e56b22e7faa502ad153009d97bf0611162fff2f1cb",
    ),
    "nrLetters.data": (
        _CLUSTPY + "nrLetters.data",
        "e669cab1e6c9f65a59bc23b1984a87b59c15d5d2b2c94283341faabba715816f",
    ),
    "faces_4.tar.gz": (
        "http://archive.ics.uci.edu/ml/machine-learning-databases/faces-mld/faces_4.tar.gz",
        None,
    ),
    "uci_multiple_features.npz": (
        "https://archive.ics.uci.edu/static/public/72/multiple+features.zip",
        None,
    ),
}


#: File names of the data sets that need a file.
FILES = {
    "pie": "PIE_pose27.mat",
    "orl": "ORL.mat",
    "stickfigures": "stickfigures.data",
    "nrletters": "nrLetters.data",
    "cmu_faces": "faces_4.tar.gz",
    # UCI's zip of text files under this name, or an .npz file with an array for each view.
    "multiple_features": "uci_multiple_features.npz",
}


def folders():
    """Folders in which files are searched: that of DSNMF_DATA, if set, and the cache.

    Raises
    ------
    ImportError
        If pooch, which gives the cache's path, is missing.
    """
    own = os.environ.get("DSNMF_DATA")
    cache = extra("pooch", "the cache of downloaded data").os_cache("dsnmf")
    return [Path(own), cache] if own else [cache]


def fetch(filename):
    """Path of a verified copy of a file; downloads it into the cache if it is not found.

    Parameters
    ----------
    filename : str
        One of `SOURCES`. Searched in the folder of the environment variable DSNMF_DATA, then in
        the user's cache. Without a known checksum the content is not verified.

    Returns
    -------
    Path
        The cache holds either the whole file or nothing.

    Raises
    ------
    FileNotFoundError
        If the file is not found, and the download fails or has another checksum.
    OSError
        If the file in DSNMF_DATA has another checksum.
    ImportError
        If pooch is missing.
    """
    url, sha256 = SOURCES[filename]
    folder = os.environ.get("DSNMF_DATA")
    if folder and (path := Path(folder, filename)).is_file():
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if sha256 and found != sha256:
            raise OSError(
                f"{path} is not the expected file: its sha256 is {found}, not {sha256}; "
                f"put {url} in its place"
            )
        return path
    pooch = extra("pooch", "downloading data")
    cache = folders()[-1]
    known_hash = sha256 and f"sha256:{sha256}"
    try:
        return Path(pooch.retrieve(url, known_hash, fname=filename, path=cache))
    except (OSError, ValueError) as error:  # ValueError: the download's checksum is wrong
        raise FileNotFoundError(
            f"{filename} is neither in the folder that DSNMF_DATA names ({folder or 'not set'}) "
            f"nor in {cache}, and downloading it failed ({error}). "
            f"Fetch {url} and put it into {folder or cache}"
        ) from error
