"""Features in the container that `set_output` asks for."""

# scikit-learn's own wrapper names columns by `get_feature_names_out()`: it knows one output only,
# but each layer has features of its own.
from sklearn.utils._set_output import ADAPTERS_MANAGER, _get_output_config


def in_container(features, names, X, estimator):
    """An array, a pandas or a polars frame of features (n x k), with X's index where it has one."""
    kind = _get_output_config("transform", estimator)["dense"]
    if kind == "default":
        return features
    adapter = ADAPTERS_MANAGER.adapters[kind]
    return adapter.create_container(features, X, columns=lambda: names)
