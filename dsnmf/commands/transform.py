"""`dsnmf transform`: features of samples by a saved model."""

import contextlib
import warnings
from collections import Counter

from dsnmf.commands import arguments


def _layer_index(layer, model):
    """Index of the layer that is counted from 1."""
    m = len(model.Z_)
    if layer is None:
        return m - 1
    if layer > m:
        raise ValueError(f"--layer must be from 1 to {m} for this model, got {layer}")
    return layer - 1


def _metric(text):
    """A number, or a name; the model says whether it knows it."""
    with contextlib.suppress(ValueError):
        return float(text)
    return text


def _order(names, known, source):
    """Indices that put named features into the order of the known ones, which must be the same."""
    counts = (Counter(names) | Counter(known)).items()
    for what, wrong in {
        "lacks features of the model": set(known) - set(names),
        "has features that the model does not know": set(names) - set(known),
        "cannot be put into the model's order, for names come twice": {
            name for name, count in counts if count > 1
        },
    }.items():
        if wrong:
            listed = ", ".join(sorted(wrong)[:3]) + (" …" if len(wrong) > 3 else "")
            raise ValueError(f"{source} {what}: {listed}")
    position = {name: i for i, name in enumerate(names)}
    return [position[name] for name in known]


def _of_triples(source, model):
    """Samples of a file with a line for each known entry, their columns by the model's names."""
    from dsnmf.files.triples import read_triples

    known = vars(model).pop("feature_names_in_", None)
    if known is None or model.absent != "unknown":
        raise ValueError("--triples needs a model that dsnmf fit --triples has made")
    return read_triples(source, known).matrix


def _samples(source, model):
    """Samples of a file or data set, with their features as the model has them."""
    known = vars(model).pop("feature_names_in_", None)  # the estimator asks for data frames
    if known is not None:
        known = [name.strip() for name in known]  # as files' names are read
    X, names = arguments.samples(source, known)
    if names is not None and known is not None:
        if names.tolist() != known:
            X = X[:, _order(names, known, source)]
            print(f"{source}: features put into the model's order by their names")
    elif (names is None) != (known is None) and arguments.shape_of(X)[1] == model.n_features_in_:
        nameless = "the model" if known is None else source
        warnings.warn(
            f"{nameless} does not name features: those of {source} are taken in their order",
            stacklevel=2,
        )
    return X


def _run(parsed):
    from dsnmf.extras import extra
    from dsnmf.files import matrices

    matrices.suffix_of(parsed.out, matrices.WRITTEN)
    arguments.check_output(parsed.out, parsed.model, parsed.data)
    extra("sklearn", "dsnmf transform")
    from dsnmf.estimators.saved import open_estimator

    model = open_estimator(parsed.model)
    index = _layer_index(parsed.layer, model)
    if parsed.metric is not None:
        model.set_params(metric=parsed.metric)
    samples = (_of_triples if parsed.triples else _samples)(parsed.data, model)
    features = model.transform(samples, layer=index)
    matrices.write_matrix(parsed.out, features)
    n, k = features.shape
    print(
        f"{type(model).__name__}, layer {index + 1} of {len(model.Z_)}: {n} samples, {k} features"
    )
    print("Features:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "transform",
        "compute features of samples by a saved model",
        "The same map for the samples that the model was trained on and for new ones. Features "
        "that have names are matched by them.",
        [
            "dsnmf transform digits.model digits -o features.npy",
            "dsnmf transform faces.model new.csv --layer 1 -o features.csv",
            "dsnmf transform faces.model new.csv --metric data -o features.csv",
        ],
    )
    parser.add_argument("model", metavar="MODEL", help="a file that dsnmf fit or save wrote")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="samples x features, as for dsnmf fit: a file, or the name of a data set",
    )
    parser.add_argument(
        "--triples",
        action="store_true",
        help="DATA is a text of row, column, value, as for dsnmf fit --triples",
    )
    parser.add_argument(
        "--layer",
        type=arguments.integer(1),
        metavar="I",
        help="the layer whose features are wanted, counted from 1 (default: the last)",
    )
    parser.add_argument(
        "--metric",
        type=_metric,
        metavar="components|data|T",
        help="what distances between the features are: of the features themselves, of what they "
        "reconstruct, or a number from 0 to 1 between (default: the model's)",
    )
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="FEATURES",
        help="file for samples x features: .npy, .npz, .csv, .tsv or .mat",
    )
    parser.set_defaults(run=_run)
