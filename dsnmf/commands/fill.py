"""`dsnmf fill`: fill unknown entries of samples by a saved model."""

from dsnmf.commands import arguments, models, options


def _write(parsed, table, filled, gaps):
    """Write the filled samples; in a text file, change only the cells that were unknown."""
    from dsnmf.files import patching
    from dsnmf.files.writing import write_matrix

    layout = options.layout_of(parsed)
    table.values = filled
    if patching.can_patch(parsed.data, parsed.out, layout):
        patching.patch(parsed.data, parsed.out, layout, table, gaps)
    else:
        values = filled.T if parsed.transpose else filled
        names = {"features": table.features, "samples": table.samples}
        if parsed.transpose:
            names = {"features": table.samples, "samples": table.features}
        dialect = patching.dialect_beside(parsed.data, parsed.out, layout)
        write_matrix(parsed.out, values, **names, dialect=dialect)


def _run(parsed):
    import numpy as np
    import scipy.sparse

    from dsnmf.files.writing import WRITTEN
    from dsnmf.inspection import fill

    arguments.check_output(parsed.out, parsed.model, parsed.data, endings=(*WRITTEN, ".txt"))
    model = models.open_model(parsed.model)
    table = models.samples_for(model, parsed)
    X = table.values
    if scipy.sparse.issparse(X) or not isinstance(X, np.ndarray) or isinstance(X, np.memmap):
        raise ValueError(f"{parsed.data} must be a dense matrix of which all is read")
    (filled, test), gaps = fill(model, X, return_test=True), np.isnan(X)
    _write(parsed, table, filled, gaps)
    share = 100 * gaps.mean()
    print(f"{gaps.sum()} of {gaps.size} entries were unknown ({share:.2g} %), and are filled")
    if test is not None:
        print(test)
    print("Samples:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "fill",
        "fill unknown entries of samples by a saved model",
        "Only what was unknown is changed. Some known entries are hidden for a test; the output "
        "says how well they are filled, beside the features' means. With --index, --columns, "
        "--drop, --missing or --separator a text file keeps its other columns, and each known cell "
        "as it was written.",
        [
            "dsnmf fill table.model table.csv -o full.csv",
            "dsnmf fill survey.model survey.csv --index person --missing=-9 -o full.csv",
        ],
    )
    models.add_model(parser)
    models.add_data(parser)
    options.add_options(parser)
    parser.add_argument(
        "-o", "--out", required=True, metavar="TABLE", help=f"file: {arguments.OUTPUTS}"
    )
    parser.set_defaults(run=_run)
