"""`dsnmf score`: the variance of samples that a saved model explains."""

import json

from dsnmf.commands import arguments, models, options


def _run(parsed):
    model = models.open_model(parsed.model)
    table = models.samples_for(model, parsed)
    explained = float(model.score(table.values))
    n, p = arguments.shape_of(table.values)
    if parsed.json:
        print(json.dumps({"explained": explained, "n_samples": n, "n_features": p}))
    else:
        print(f"Explained variance: {100 * explained:.2f} % of {n} samples, {p} features")


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "score",
        "compute the variance of samples that a saved model explains",
        "Prints 1 - Σ (x - x̂)² / Σ (x - mean)² over the known entries, with the means of these "
        "samples and their features by transform. 100 % is perfect, 0 is as good as the means, and "
        "a negative score is worse.",
        ["dsnmf score table.model new.csv", "dsnmf score faces.model new.mat --json"],
    )
    models.add_model(parser)
    models.add_data(parser)
    options.add_options(parser, triples=True)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_run)
