"""Shared parts of commands with a saved model: the model, its layers, samples for it."""

import contextlib
import shlex
import sys

from dsnmf.commands import arguments, labels, settings, tables


def add_model(parser):
    """Add the argument MODEL."""
    parser.add_argument("model", metavar="MODEL", help="file of a model, from dsnmf fit or save")


def add_data(parser, optional=None):
    """Add the argument DATA; if it is optional, `optional` is its purpose."""
    text = "samples x features, as for dsnmf fit: a file, or the name of a data set"
    if optional is None:
        parser.add_argument("data", metavar="DATA", help=text)
    else:
        parser.add_argument("data", nargs="?", metavar="DATA", help=f"{optional}; {text}")


def add_layer(parser, purpose):
    """Add the option --layer."""
    parser.add_argument(
        "--layer",
        type=arguments.integer(1),
        metavar="I",
        help=f"{purpose}, counted from 1 (default: the last)",
    )


def add_shape(parser):
    """Add the option --shape."""
    parser.add_argument(
        "--shape",
        type=arguments.shape,
        metavar="HxW",
        help="height and width of a sample's picture, with its pixels row by row (default: from "
        "the model)",
    )


def open_model(path):
    """Open the fitted estimator in a file, for computing."""
    from dsnmf.extras import extra

    extra("sklearn", "a model")
    from dsnmf.estimators.saved import open_estimator

    return open_estimator(path)


def keep_names(estimator, table, source):
    """Store in a fitted model the names and shapes of its data, their source and the command.

    Parameters
    ----------
    estimator : fitted estimator
    table : Table
    source : str
    """
    import numpy as np

    if table.features is not None:
        estimator.feature_names_in_ = np.array(table.features, dtype=object)
    record = {"source": str(source), "command": shlex.join(["dsnmf", *sys.argv[1:]])}
    for name, value in (
        ("sample_names", table.samples),
        ("pixels", table.pixels),
        ("picture", table.picture),
    ):
        if value is not None:
            record[name] = [*value]
    estimator._record = {**getattr(estimator, "_record", {}), **record}


def layer_index(layer, model):
    """The negative index of the layer with this number, counted from 1."""
    m = len(model.Z_)
    if layer is None:
        return -1
    if layer > m:
        raise ValueError(f"--layer must be from 1 to {m} for this model, got {layer}")
    return layer - 1 - m


def layer_text(index, model):
    """The name of a layer in texts, counted from 1."""
    m = len(model.Z_)
    return f"layer {index % m + 1} of {m}"


def samples_for(model, parsed):
    """Read the `Table` of DATA, with its features in the model's order.

    Parameters
    ----------
    model : fitted estimator
        Its `feature_names_in_` are removed, because it would ask for data frames.
    parsed : argparse.Namespace
        See `dsnmf.commands.tables.read_samples`.

    Returns
    -------
    Table
    """
    from dsnmf.estimators.of_views.multimodal import is_multimodal

    known = vars(model).pop("feature_names_in_", None)
    if known is not None:
        known = [name.strip() for name in known]  # like names that are read from files
    if getattr(parsed, "triples", False) and (known is None or model.absent != "unknown"):
        raise ValueError("--triples needs a model from dsnmf fit --triples")
    table = tables.read_samples(parsed, known, several=hasattr(model, "view_names_"))
    if is_multimodal(table.values):  # its modalities are matched by name
        return table
    width = arguments.shape_of(table.values)[1]
    if width == model.n_features_in_ or None not in (known, table.features):
        told = sys.stderr if getattr(parsed, "json", False) else None
        table = tables.reorder_features(table, known, parsed.data, told)
    if known is not None:
        table.features = known
    return table


def open_with_samples(parsed):
    """Open the model and read its samples (None without DATA) and their names (or None).

    Without DATA the model is a `SavedModel`, which computes nothing.
    """
    if parsed.data is None:
        from dsnmf.estimators.saved_arrays import SavedModel

        return SavedModel(parsed.model), None, None
    model = open_model(parsed.model)
    known = getattr(model, "feature_names_in_", None)
    table = samples_for(model, parsed)
    if known is not None:
        model.feature_names_in_ = known
    return model, table.values, table.samples


def nameless(model):
    """A copy of the model without names of features, so that it takes arrays."""
    import copy

    plain = copy.copy(model)
    vars(plain).pop("feature_names_in_", None)
    return plain


def labels_for(model, parsed, X, names=None):
    """Read the labels of the shown samples: those of DATA, or else those of the fit."""
    if X is not None:
        return labels.read_labels(parsed, arguments.shape_of(X)[0], names)
    if parsed.labels is None:
        return None
    count = model.H_[0].shape[1] if hasattr(model, "H_") else 0
    return labels.read_labels(parsed, count, model._record.get("sample_names"))


#: Parameters that may be changed after the fit.
CHANGES = ("metric", "transform_method")


def add_changes(parser):
    """Add the options --metric and --set, for parameters that may be changed after the fit."""
    parser.add_argument(
        "--metric",
        type=_metric,
        metavar="components|data|T",
        help="distances between the features: of the features themselves, of their "
        "reconstructions, or a number T from 0 (whitened) to 1 (data) (default: the model's)",
    )
    settings.add_set(parser, "transform_method=nonnegative")


def change(model, parsed):
    """Change a fitted model by the options."""
    given = [*parsed.set]
    if parsed.metric is not None:
        from dsnmf.estimators.mapping.metric import as_exponent

        as_exponent(parsed.metric)  # its error lists the metrics
        given.insert(0, ("metric", parsed.metric))
    settings.apply(model, given, CHANGES)


def _metric(text):
    """A number, or a name, which the model checks."""
    with contextlib.suppress(ValueError):
        return float(text)
    return text
