"""`dsnmf transform`: features of samples by a saved model."""

import contextlib

from dsnmf.commands import arguments, models, tables


def _metric(text):
    """A number, or a name; the model says whether it knows it."""
    with contextlib.suppress(ValueError):
        return float(text)
    return text


def _run(parsed):
    from dsnmf.files import matrices

    matrices.suffix_of(parsed.out, matrices.WRITTEN)
    arguments.check_output(parsed.out, parsed.model, parsed.data)
    model = models.opened(parsed.model)
    index = models.layer_index(parsed.layer, model)
    if parsed.metric is not None:
        model.set_params(metric=parsed.metric)
    table = models.samples_for(model, parsed)
    features = model.transform(table.values, layer=index)
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
    models.add_model(parser)
    models.add_data(parser)
    models.add_layer(parser, "the layer whose features are wanted")
    parser.add_argument(
        "--metric",
        type=_metric,
        metavar="components|data|T",
        help="what distances between the features are: of the features themselves, of what they "
        "reconstruct, or a number from 0 to 1 between (default: the model's)",
    )
    tables.add_options(parser)
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="FEATURES",
        help="file for samples x features: .npy, .npz, .csv, .tsv or .mat",
    )
    parser.set_defaults(run=_run)
