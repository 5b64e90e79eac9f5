"""`dsnmf components`: the components of a saved model as a table."""

from dsnmf.commands import arguments, models


def _run(parsed):
    from dsnmf.estimators.saved_arrays import SavedModel
    from dsnmf.files.writing import WRITTEN, write_matrix
    from dsnmf.inspection.layer import component_names

    arguments.check_output(parsed.out, parsed.model, endings=WRITTEN)
    model = SavedModel(parsed.model)
    index = models.layer_index(parsed.layer, model)
    components, names = model.components_of(index), component_names(model, index)
    features = getattr(model, "feature_names_in_", None)
    features = None if features is None else [*features]
    if parsed.transpose:
        write_matrix(parsed.out, components.T, features=names, samples=features)
    else:
        write_matrix(parsed.out, components, features=features, samples=names)
    k, p = components.shape
    print(f"{model.kind}, {models.layer_text(index, model)}: {k} components, {p} features")
    print("Components:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "components",
        "write the components of a saved model",
        "Writes components x features, Z_1 … Z_layer transposed, with the names of both. A row is "
        "the contribution of a unit of its feature, in metric 'components', to a sample.",
        [
            "dsnmf components table.model -o components.csv",
            "dsnmf components cells.model --transpose -o genes.csv",
        ],
    )
    models.add_model(parser)
    models.add_layer(parser, "layer whose components are written")
    parser.add_argument("--transpose", action="store_true", help="write features x components")
    parser.add_argument(
        "-o",
        "--out",
        required=True,
        metavar="TABLE",
        help=f"file: {arguments.OUTPUTS}",
    )
    parser.set_defaults(run=_run)
