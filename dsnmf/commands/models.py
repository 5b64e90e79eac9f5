"""What commands share that work with a saved model: the model, its layers, samples for it."""

import contextlib
import shlex
import sys

from dsnmf.commands import arguments, labels, settings, tables


def add_model(parser):
    """Add the argument MODEL."""
    parser.add_argument("model", metavar="MODEL", help="a file that dsnmf fit or save wrote")


def add_data(parser, optional=None):
    """Add the argument DATA; where it is optional, with what it is for."""
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
        help="height and width of the picture that a sample is, its pixels row by row (default: "
        "what the model knows)",
    )


def opened(path):
    """The fitted estimator in a file, which can compute."""
    from dsnmf.extras import extra

    extra("sklearn", "a model")
    from dsnmf.estimators.saved import open_estimator

    return open_estimator(path)


def keep_names(estimator, table, source):
    """Keep in a fitted model what it was fitted to: names, shapes, the source and the command.

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
    """Index, from the end, of the layer that is counted from 1."""
    m = len(model.Z_)
    if layer is None:
        return -1
    if layer > m:
        raise ValueError(f"--layer must be from 1 to {m} for this model, got {layer}")
    return layer - 1 - m


def layer_text(index, model):
    """What a layer is called, counted from 1."""
    m = len(model.Z_)
    return f"layer {index % m + 1} of {m}"


def samples_for(model, parsed):
    """The `Table` of DATA, with its features as the model has them.

    Parameters
    ----------
    model : fitted estimator
        Its `feature_names_in_` are taken away: it would ask for data frames.
    parsed : argparse.Namespace
        See `dsnmf.commands.tables.read_samples`.

    Returns
    -------
    Table
    """
    from dsnmf.estimators.of_views.multimodal import is_multimodal

    known = vars(model).pop("feature_names_in_", None)
    if known is not None:
        known = [name.strip() for name in known]  # as files' names are read
    if getattr(parsed, "triples", False) and (known is None or model.absent != "unknown"):
        raise ValueError("--triples needs a model that dsnmf fit --triples has made")
    table = tables.read_samples(parsed, known, several=hasattr(model, "view_names_"))
    if is_multimodal(table.values):  # whose modalities are matched by name
        return table
    width = arguments.shape_of(table.values)[1]
    if width == model.n_features_in_ or None not in (known, table.features):
        told = sys.stderr if getattr(parsed, "json", False) else None
        table = tables.put_in_order(table, known, parsed.data, told)
    if known is not None:
        table.features = known
    return table


def opened_with_samples(parsed):
    """The model, samples (None without DATA), and their names (None where they have none).

    Without DATA the model is a `SavedModel`, which computes nothing.
    """
    if parsed.data is None:
        from dsnmf.estimators.saved_arrays import SavedModel

        return SavedModel(parsed.model), None, None
    model = opened(parsed.model)
    known = getattr(model, "feature_names_in_", None)
    table = samples_for(model, parsed)
    if known is not None:
        model.feature_names_in_ = known
    return model, table.values, table.samples


def nameless(model):
    """The model as it takes arrays, whose features have no names."""
    import copy

    plain = copy.copy(model)
    vars(plain).pop("feature_names_in_", None)
    return plain


def labels_for(model, parsed, X, names=None):
    """Labels of the samples that are shown: of DATA, or of those that the model was fitted to."""
    if X is not None:
        return labels.read_labels(parsed, arguments.shape_of(X)[0], names)
    if parsed.labels is None:
        return None
    count = model.H_[0].shape[1] if hasattr(model, "H_") else 0
    return labels.read_labels(parsed, count, model._record.get("sample_names"))


#: Parameters that may be changed after the fit.
CHANGES = ("metric", "transform_method")


def add_changes(parser):
    """Add the options --metric and --set for what may be changed after the fit."""
    parser.add_argument(
        "--metric",
        type=_metric,
        metavar="components|data|T",
        help="what distances between the features are: of the features themselves, of what they "
        "reconstruct, or a number from 0 to 1 between (default: the model's)",
    )
    settings.add_set(parser, "transform_method=nonnegative")


def change(model, parsed):
    """Change a fitted model as the options say."""
    given = [*parsed.set]
    if parsed.metric is not None:
        from dsnmf.estimators.mapping.metric import as_exponent

        as_exponent(parsed.metric)  # whose error says what there is
        given.insert(0, ("metric", parsed.metric))
    settings.apply(model, given, CHANGES)


def _metric(text):
    """A number, or a name; the model says whether it knows it."""
    with contextlib.suppress(ValueError):
        return float(text)
    return text
