"""`dsnmf plot`: a figure of a saved model."""

from dsnmf.commands import arguments, models, options

KINDS = ("components", "features", "history", "layers", "variance")


def _run(parsed):
    from dsnmf.inspection import draw_figure
    from dsnmf.plotting.saving import ENDINGS, save_figure

    inputs = [source for source in (parsed.model, parsed.data) if source is not None]
    arguments.check_output(parsed.out, *inputs, endings=ENDINGS)
    model, X, names = models.open_with_samples(parsed)
    index, features, name = models.layer_index(parsed.layer, model), None, None
    if X is not None and parsed.kind == "features":
        from dsnmf.inspection.given_samples import transform_text

        features = models.nameless(model).transform(X, layer=index).T
        name = transform_text(model, index)
    labels = models.labels_for(model, parsed, X, names)
    figure = draw_figure(
        model,
        parsed.kind,
        layer=index,
        features=features,
        features_name=name,
        labels=labels,
        shape=parsed.shape,
        style=parsed.style,
        width=parsed.width,
    )
    save_figure(figure, parsed.out)
    print("Figure:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "plot",
        "draw a saved model",
        "Draws the components as pictures, curves or bars; the features of samples in their first "
        "two principal components, coloured by labels (maps if the samples are pixels); the cost "
        "over the iterations; the similarities of samples in each layer, sorted by labels; or the "
        "variances of the components.",
        [
            "dsnmf plot faces.model --kind components --shape 32x32 -o components.pdf",
            "dsnmf plot table.model --kind components -o components.svg",
            "dsnmf plot table.model table.csv --kind features --labels kind -o features.png",
            "dsnmf plot table.model --kind variance --width 3.4 -o variance.pdf",
        ],
    )
    models.add_model(parser)
    models.add_data(parser, optional="samples instead of those of the fit")
    parser.add_argument("--kind", choices=KINDS, required=True, help="kind of figure")
    models.add_layer(parser, "layer that is drawn")
    options.add_labels(parser, "labels, for features and layers")
    models.add_shape(parser)
    parser.add_argument(
        "--style",
        choices=["pictures", "curves", "bars"],
        help="style of components (default: by the features' names)",
    )
    parser.add_argument(
        "--width",
        type=arguments.positive,
        default=7.0,
        metavar="INCHES",
        help="width of the figure (default: 7, for a page; 3.4 for a column)",
    )
    options.add_options(parser, triples=True)
    parser.add_argument(
        "-o", "--out", required=True, metavar="FIGURE", help="file: .png, .pdf or .svg"
    )
    parser.set_defaults(run=_run)
