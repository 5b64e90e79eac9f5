"""Fitted estimators in files: parameters and learned arrays, without pickle."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from dsnmf.affinity import LabelAffinity
from dsnmf.estimators.mapping.spread import measure_spreads
from dsnmf.estimators.record import changed_parameters
from dsnmf.estimators.saved_arrays import VERSION
from dsnmf.estimators.stream_sums import OF_FITS, Stream
from dsnmf.files import archive

_SCALARS = ("reconstruction_err_", "n_iter_", "stopped_by_")
_SCALARS += ("n_features_in_", "_scale", "_nonlinearity")
_CENTRING = "mean_", "scale_"


def _encode(value, name, arrays):
    """Encode a parameter for JSON; its arrays are added to `arrays`."""

    def store(array):
        key = f"parameter_{len(arrays)}"
        arrays[key] = array
        return key

    if isinstance(value, np.generic):
        return _encode(value.item(), name, arrays)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        elements = [_encode(element, name, arrays) for element in value]
        return {type(value).__name__: elements}
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": [[key, _encode(each, name, arrays)] for key, each in value.items()]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufU":
        return {"array": store(value)}
    if scipy.sparse.issparse(value):
        parts = value.tocoo()
        kind = "sparray" if isinstance(value, scipy.sparse.sparray) else "spmatrix"
        coordinates = [store(part) for part in (parts.data, parts.row, parts.col)]
        return {kind: [value.format, list(value.shape), *coordinates]}
    if isinstance(value, LabelAffinity):
        fields = (value.indicators, value.weights, value.graph, value.constant)
        return {"LabelAffinity": [_encode(field, name, arrays) for field in fields]}
    text = " ".join(repr(value).split())
    text = f"{text[:100]} …" if len(text) > 100 else text
    raise TypeError(
        f"{name} cannot be written to a file: {text}. Where the fitted model does not need it, "
        f"set_params({name}=…) to something plain first"
    )


def _decode(value, arrays):
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        return arrays[content]
    if kind in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[kind](_decode(e, arrays) for e in content)
    if kind == "slice":
        return slice(*content)
    if kind == "dict":
        return {key: _decode(each, arrays) for key, each in content}
    if kind == "LabelAffinity":
        return LabelAffinity(*(_decode(field, arrays) for field in content))
    form, shape, *keys = content
    data, row, col = (arrays[key] for key in keys)
    make = {"sparray": scipy.sparse.coo_array, "spmatrix": scipy.sparse.coo_matrix}[kind]
    return make((data, (row, col)), shape=tuple(shape)).asformat(form)


def _learned_names(estimator, from_stream):
    """Names of the learned scalars and of the lists of arrays."""
    return [
        [name for name in names if not (from_stream and name in OF_FITS)]
        for names in (_SCALARS, estimator._per_layer)
    ]


def write_estimator(path, estimator):
    """Write a fitted estimator; see `Factorisation.save`."""
    measure_spreads(estimator)
    arrays = {}
    parameters = estimator.get_params(deep=False)
    scalars, per_layer = _learned_names(estimator, hasattr(estimator, "_stream"))
    settings = {
        "parameters": {name: _encode(value, name, arrays) for name, value in parameters.items()},
        "lengths": {name: len(getattr(estimator, name)) for name in per_layer},
        "scalars": {
            name: _encode(getattr(estimator, name), name.strip("_"), arrays) for name in scalars
        },
    }
    settings["changed"] = changed_parameters(estimator)
    record = dict(getattr(estimator, "_record", {}))
    if record:
        names = record.pop("sample_names", None)
        if names is not None:
            arrays["sample_names"] = np.array(names, dtype=str)
        settings["record"] = record
    if hasattr(estimator, "_stream"):
        known = list(vars(estimator._stream).values())
        settings["stream"] = _encode(known, "partial_fit's sums", arrays)
    else:
        arrays |= {f"history_{name}": values for name, values in estimator.history_.items()}
    for name in per_layer:
        values = map(np.asarray, getattr(estimator, name))  # those of Dask arrays come here
        arrays |= {f"{name}{i}": value for i, value in enumerate(values)}
    centring = {name: vars(estimator).get(name) for name in _CENTRING}
    arrays |= {name: values for name, values in centring.items() if values is not None}
    if hasattr(estimator, "feature_names_in_"):
        arrays["feature_names_in_"] = np.array(estimator.feature_names_in_, dtype=str)
    archive.write(path, type(estimator).__name__, VERSION, settings, arrays)


def read_estimator(path, cls):
    """Read an estimator of class `cls`; see `Factorisation.load`."""
    settings, arrays = archive.read(path, cls.__name__, VERSION)
    try:
        parameters = settings["parameters"]
        estimator = cls(**{name: _decode(v, arrays) for name, v in parameters.items()})
        scalars, per_layer = _learned_names(estimator, "stream" in settings)
        for name in per_layer:
            count = settings["lengths"].get(name, 0)  # a version before it had none
            setattr(estimator, name, [arrays[f"{name}{i}"] for i in range(count)])
        for name in scalars:
            known = {"stopped_by_": None, **settings["scalars"]}  # 0.2.0 did not say it
            setattr(estimator, name, known[name])
        if "stream" in settings:
            estimator._stream = Stream(*_decode(settings["stream"], arrays))
        else:
            estimator.history_ = {
                name: arrays[f"history_{name}"] for name in ("cost", "seconds", "change")
            }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a complete {cls.__name__}: {error!r}") from error
    vars(estimator).update({name: arrays.get(name) for name in _CENTRING})
    if "feature_names_in_" in arrays:
        estimator.feature_names_in_ = arrays["feature_names_in_"].astype(object)
    if "record" in settings:
        estimator._record = settings["record"]
        if "sample_names" in arrays:
            estimator._record["sample_names"] = arrays["sample_names"].astype(object)
    estimator._ready = {}
    return estimator
