"""`dsnmf predict`: classes of samples, learned from the labelled ones."""

from argparse import Namespace

from dsnmf.commands import arguments, labels, models, options, settings, tables


def _estimator(parsed):
    from dsnmf.extras import extra

    extra("sklearn", "a model")
    from dsnmf import WSFClassifier

    estimator = WSFClassifier(random_state=parsed.seed)
    names = [name for name in estimator.get_params() if name != "random_state"]
    settings.apply(estimator, parsed.set, names)
    return estimator


def _complete(table, source):
    """Read the table's values into memory; ValueError if they have gaps."""
    import numpy as np
    import scipy.sparse

    from dsnmf.data.recognition import in_memory

    table.values = in_memory(table.values)
    if not scipy.sparse.issparse(table.values) and np.isnan(table.values).any():
        count = np.isnan(table.values).sum()
        raise ValueError(
            f"{source} has unknown entries ({count}), which predict does not take: fill them "
            f"first, by dsnmf fill MODEL {source} -o FULL with a model that dsnmf fit makes of it"
        )
    return table


def _one_attribute(y, parsed):
    if y.ndim > 1:
        raise ValueError(
            f"--labels must be one column, got {y.shape[1]} in {parsed.labels}; FILE:NAME selects "
            "one"
        )
    return y


def _new_samples(table, parsed):
    """The `Table` of --new, read like DATA; from a table with a header, the same columns."""
    from dsnmf.files import frames
    from dsnmf.files.names import file_of

    changed = {"data": parsed.new, "labels": None}
    if table.features is not None and frames.is_frame(file_of(parsed.new)[0]):
        changed |= {"columns": tuple(table.features), "drop": ()}
    known = Namespace(n_features_in_=arguments.shape_of(table.values)[1])
    if table.features is not None:
        known.feature_names_in_ = table.features
    new = models.samples_for(known, Namespace(**{**vars(parsed), **changed}))
    return _complete(new, parsed.new)


#: Endings of files whose columns have names and any types.
_OF_COLUMNS = (".csv", ".tsv", ".parquet")


def _write(path, classes, samples, predicted):
    """Write the classes, and where it may be told, which of them are predicted."""
    import numpy as np

    from dsnmf.files.writing import write_matrix

    if path.lower().endswith(_OF_COLUMNS):
        texts = (
            predicted
            if path.lower().endswith(".parquet")
            else np.array(["false", "true"])[predicted.astype(int)]
        )
        columns = np.array([*zip(classes.tolist(), texts.tolist())], dtype=object)
        write_matrix(path, columns, features=["class", "predicted"], samples=samples)
        return
    if classes.dtype.kind not in "iu":
        classes = classes.astype(object if path.lower().endswith(".mat") else str)
    write_matrix(path, classes[:, None], features=["class"], samples=samples)


def _unknown(y, model):
    """Which labels the model takes for unknown."""
    import numpy as np

    from dsnmf.affinity.classes import as_label_codes

    (codes,) = as_label_codes(y)
    if -1 in model.classes_.tolist():  # one of two classes
        return np.zeros(len(codes), dtype=bool)
    return codes < 0


def _counted(classes):
    import numpy as np

    names, counts = np.unique(classes, return_counts=True)
    return ", ".join(f"{name} ({count})" for name, count in zip(names, counts))


def _run(parsed):
    import numpy as np

    from dsnmf.files.writing import WRITTEN

    inputs = (parsed.data, labels.source_of_labels(parsed), parsed.new)
    arguments.check_output(parsed.out, *filter(None, inputs), endings=WRITTEN)
    model = _estimator(parsed)
    table = _complete(tables.read_samples(parsed), parsed.data)
    n = table.values.shape[0]
    y = _one_attribute(labels.read_labels(parsed, n, table.samples), parsed)
    new = None if parsed.new is None else _new_samples(table, parsed)
    print(labels.count_classes(y), flush=True)
    labels.warn_of_similar_classes(y, parsed.labels)
    with arguments.names_in_warnings(table.values, table.features):
        model.fit(table.values, y)
    classes = model.transduction_ if new is None else model.predict(new.values)
    predicted = _unknown(y, model) if new is None else np.ones(len(classes), dtype=bool)
    _write(parsed.out, classes, (new or table).samples, predicted)
    print(f"{len(classes)} samples: {_counted(classes)}; {predicted.sum()} are predicted")
    print("Classes:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "predict",
        "give samples a class, from those whose label is known",
        "Semi-supervised: WSF with the classes' and the nearest neighbours' graph is fitted to all "
        "of DATA, and gives those samples a class whose label is unknown (WSFClassifier). All "
        "samples are written; in .csv, .tsv and .parquet files a column says which classes are "
        "predicted. With --new the classes of other samples are written instead.",
        [
            "dsnmf predict survey.csv --labels group --unknown refused -o groups.csv",
            "dsnmf predict plants.csv --index plant --labels kind --new more.csv -o kinds.csv",
            "dsnmf predict faces.mat --labels faces.mat:gnd --set n_components=80 -o gnd.mat",
        ],
    )
    models.add_data(parser)
    options.add_labels(parser, "classes", required=True)
    parser.add_argument("--new", metavar="DATA", help="other samples to classify, read like DATA")
    arguments.add_seed(parser, "seed of the start")
    settings.add_set(parser, "n_components=20, alpha=3, predictor=ridge")
    options.add_options(parser)
    parser.add_argument(
        "-o", "--out", required=True, metavar="CLASSES", help=f"file: {arguments.OUTPUTS}"
    )
    parser.set_defaults(run=_run)
