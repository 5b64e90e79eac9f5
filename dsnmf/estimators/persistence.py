"""Fitted estimators in files: parameters and learned arrays, without pickle."""

import numpy as np

from dsnmf import archive

_VERSION = 1
_SCALARS = ("reconstruction_err_", "n_iter_", "n_features_in_", "_n_features_out")


def _is_plain(value):
    if isinstance(value, list | tuple):
        return all(_is_plain(element) for element in value)
    return value is None or isinstance(value, bool | int | float | str | np.integer | np.floating)


def _as_plain(value):
    if isinstance(value, list | tuple):
        return [_as_plain(element) for element in value]
    return value.item() if isinstance(value, np.generic) else value


def write_estimator(path, estimator):
    """Write a fitted estimator; see `Factorisation.save`."""
    parameters = estimator.get_params(deep=False)
    settings = {
        "parameters": {name: _as_plain(v) for name, v in parameters.items() if _is_plain(v)},
        "tuples": [name for name, v in parameters.items() if isinstance(v, tuple)],
        "layers": len(estimator.Z_),
        "scalars": {name: getattr(estimator, name) for name in _SCALARS},
    }
    arrays = {f"history_{name}": values for name, values in estimator.history_.items()}
    for name in estimator._per_layer:
        arrays |= {f"{name}{i}": value for i, value in enumerate(getattr(estimator, name))}
    if hasattr(estimator, "feature_names_in_"):
        arrays["feature_names_in_"] = np.array(estimator.feature_names_in_, dtype=str)
    archive.write(path, type(estimator).__name__, _VERSION, settings, arrays)


def read_estimator(path, cls):
    """Read an estimator of class `cls`; see `Factorisation.load`."""
    settings, arrays = archive.read(path, cls.__name__, _VERSION)
    try:
        parameters = settings["parameters"]
        for name in settings["tuples"]:
            if name in parameters:
                parameters[name] = tuple(parameters[name])
        estimator = cls(**parameters)
        for name in estimator._per_layer:
            setattr(estimator, name, [arrays[f"{name}{i}"] for i in range(settings["layers"])])
        for name in _SCALARS:
            setattr(estimator, name, settings["scalars"][name])
        estimator.history_ = {
            name: arrays[f"history_{name}"] for name in ("cost", "seconds", "change")
        }
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a complete {cls.__name__}: {error!r}") from error
    if "feature_names_in_" in arrays:
        estimator.feature_names_in_ = arrays["feature_names_in_"].astype(object)
    return estimator


def open_estimator(path):
    """The fitted estimator in a file, of whichever class it is.

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
    from dsnmf import estimators  # which import this module

    kind = archive.kind_of(path)
    if kind not in estimators.__all__:
        known = ", ".join(sorted(estimators.__all__))
        raise ValueError(f"{path} holds a {kind}, not an estimator ({known})")
    return read_estimator(path, getattr(estimators, kind))
