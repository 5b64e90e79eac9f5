"""`dsnmf transform`: features of samples by a saved model."""

from dsnmf.commands import arguments


def _layer_index(layer, model):
    """Index of the layer that is counted from 1."""
    m = len(model.Z_)
    if layer is None:
        return m - 1
    if layer > m:
        raise ValueError(f"--layer must be from 1 to {m} for this model, got {layer}")
    return layer - 1


def _run(parsed):
    from dsnmf import matrix_files
    from dsnmf.extras import extra

    matrix_files.suffix_of(parsed.out)
    arguments.check_output(parsed.out, parsed.model, parsed.data)
    extra("sklearn", "dsnmf transform")
    from dsnmf.estimators.persistence import open_estimator

    model = open_estimator(parsed.model)
    index = _layer_index(parsed.layer, model)
    features = model.transform(arguments.samples(parsed.data), layer=index)
    matrix_files.write_matrix(parsed.out, features)
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
        "The same map for the samples that the model was trained on and for new ones.",
        [
            "dsnmf transform digits.model digits -o features.npy",
            "dsnmf transform faces.model new.csv --layer 1 -o features.csv",
        ],
    )
    parser.add_argument("model", metavar="MODEL", help="a file that dsnmf fit or save wrote")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="samples x features, as for dsnmf fit: a file, or the name of a data set",
    )
    parser.add_argument(
        "--layer",
        type=arguments.integer(1),
        metavar="I",
        help="the layer whose features are wanted, counted from 1 (default: the last)",
    )
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="FEATURES",
        help="file for samples x features: .npy, .npz, .csv or .mat",
    )
    parser.set_defaults(run=_run)
