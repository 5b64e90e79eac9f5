"""`dsnmf transform`: features of samples by a saved model."""

from dsnmf.commands import arguments, models, options


def _check_target(parsed):
    """The file to write, checked before anything is computed."""
    from dsnmf.files.names import file_of
    from dsnmf.files.writing import WRITTEN

    source, _ = file_of(parsed.data)
    if parsed.in_place:
        if parsed.out is not None:
            raise ValueError("--in-place writes into DATA: give no -o")
        if not source.lower().endswith(arguments.ANNOTATED):
            raise ValueError(f"--in-place writes into a .h5ad or .h5mu file, got {parsed.data}")
        arguments.check_output(source, parsed.model)
        return source
    if parsed.out is None:
        raise ValueError(
            "name the output by -o FEATURES (or --in-place, for a .h5ad or .h5mu file)"
        )
    arguments.check_output(
        parsed.out, parsed.model, parsed.data, endings=(*WRITTEN, *arguments.ANNOTATED)
    )
    if parsed.out.lower().endswith(".h5mu") and not source.lower().endswith(".h5mu"):
        raise ValueError(f"{parsed.out} would be a copy of DATA, which is no .h5mu file")
    return parsed.out


def _description(model, index, parsed):
    """The model and the commands behind the features."""
    import shlex
    import sys

    from dsnmf.inspection import describe

    found = describe(model, layer=index, n_features=0, n_samples=0)
    return {
        "model": found.kind,
        "layers": found.layers,
        "layer": found.layer,
        "parameters": found.parameters,
        "explained_variance": found.explained,
        "fit": found.data.get("command"),
        "command": shlex.join(["dsnmf", *sys.argv[1:]]),
    }


def _split_modalities(model, index, name):
    """The transformed modality (None for all), and the components by modality."""
    Z = model.components_of(index).T
    if name is None:
        return None, {key: Z[own] for key, own in model.view_columns.items()}
    modality, _, inner = name.partition("/")
    of_variables = not inner.startswith(("obsm/", "raw/"))
    return modality, {modality: Z} if of_variables else {}


def _write_annotated(out, features, model, index, table, parsed):
    """Write features into a .h5ad or .h5mu file: a copy of DATA if it is one, else a new file."""
    from dsnmf.files import annotated, h5mu
    from dsnmf.files.names import file_of

    said, (source, name) = _description(model, index, parsed), file_of(parsed.data)
    if out.lower().endswith(".h5mu"):
        h5mu.add_features(source, out, features, *_split_modalities(model, index, name), said)
    elif source.lower().endswith(".h5ad"):
        of_variables = name is None or not name.startswith(("obsm/", "raw/"))
        Z = model.components_of(index).T if of_variables else None
        annotated.add_features(source, out, features, Z, said)
    else:
        names = model.get_feature_names_out(layer=index).tolist()
        annotated.write_features(out, features, table.samples, names, said)


def _run(parsed):
    import numpy as np

    from dsnmf.files.writing import write_matrix

    out = _check_target(parsed)
    model = models.open_model(parsed.model)
    index = models.layer_index(parsed.layer, model)
    models.change(model, parsed)
    table = models.samples_for(model, parsed)
    features = np.asarray(model.transform(table.values, layer=index))
    beside = out.lower().endswith(arguments.ANNOTATED)
    if beside:
        _write_annotated(out, features, model, index, table, parsed)
    else:
        names = model.get_feature_names_out(layer=index).tolist()
        write_matrix(out, features, features=names, samples=table.samples)
    (n, k), kind = features.shape, type(model).__name__
    print(f"{kind}, {models.layer_text(index, model)}: {n} samples, {k} features")
    print("Features:", f"obsm['X_dsnmf'] of {out}" if beside else out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "transform",
        "compute features of samples by a saved model",
        "Maps training samples and new ones in the same way. Features with names are matched by "
        "name. Names of samples and features are written too. A .h5ad file gets the features as "
        "obsm['X_dsnmf'], the components as varm['dsnmf'] and a description of the model as "
        "uns['dsnmf']; a .h5mu file gets the same, with components in each modality.",
        [
            "dsnmf transform digits.model digits -o features.npy",
            "dsnmf transform faces.model new.csv --layer 1 -o features.csv",
            "dsnmf transform faces.model new.csv --metric data -o features.csv",
            "dsnmf transform cells.model cells.h5ad --in-place",
        ],
    )
    models.add_model(parser)
    models.add_data(parser)
    models.add_layer(parser, "layer whose features are computed")
    models.add_changes(parser)
    options.add_options(parser, triples=True)
    parser.add_argument(
        "-o",
        "--out",
        metavar="FEATURES",
        help=f"file for samples x features: {arguments.OUTPUTS}, .h5ad or .h5mu (a copy of DATA "
        "with the features, if DATA is such a file)",
    )
    parser.add_argument(
        "--in-place", action="store_true", help="write into DATA, a .h5ad or .h5mu file, itself"
    )
    parser.set_defaults(run=_run)
