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
            f"{source} has unknown entries ({count}), which predict does not accept: fill them "
            "first, by dsnmf fill"
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


def _write(path, classes, samples):
    from dsnmf.files.writing import write_matrix

    if classes.dtype.kind not in "iu":
        classes = classes.astype(object if path.lower().endswith(".mat") else str)
    write_matrix(path, classes[:, None], features=["class"], samples=samples)


def _count_classes(classes):
    import numpy as np

    names, counts = np.unique(classes, return_counts=True)
    return ", ".join(f"{name} ({count})" for name, count in zip(names, counts))


def _run(parsed):
    from dsnmf.files.writing import WRITTEN

    inputs = (parsed.data, labels.source_of_labels(parsed), parsed.new)
    arguments.check_output(parsed.out, *filter(None, inputs), endings=WRITTEN)
    model = _estimator(parsed)
    table = _complete(tables.read_samples(parsed), parsed.data)
    n = table.values.shape[0]
    y = _one_attribute(labels.read_labels(parsed, n, table.samples), parsed)
    new = None if parsed.new is None else _new_samples(table, parsed)
    print(labels.count_classes(y), flush=True)
    with arguments.names_in_warnings(table.values, table.features):
        model.fit(table.values, y)
    classes = model.transduction_ if new is None else model.predict(new.values)
    _write(parsed.out, classes, (new or table).samples)
    print(f"{len(classes)} samples: {_count_classes(classes)}")
    print("Classes:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "predict",
        "predict classes of samples from labelled ones",
        "Semi-supervised: fits a WSF with the graphs of classes and of nearest neighbours to all "
        "of DATA, and predicts the classes of samples whose label is unknown (WSFClassifier). With "
        "--new, writes the classes of other samples instead.",
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
