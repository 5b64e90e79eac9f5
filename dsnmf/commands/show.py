"""`dsnmf show`: describe a saved model."""

import json

from dsnmf.commands import arguments, models, options


def _run(parsed):
    from dsnmf.inspection import describe

    if parsed.out is not None:
        from dsnmf.files.matrices import suffix_of

        suffix_of(parsed.out, (".html",))
        inputs = [source for source in (parsed.model, parsed.data) if source is not None]
        arguments.check_output(parsed.out, *inputs)
    elif parsed.labels is not None or parsed.shape is not None:
        raise ValueError("--labels and --shape are for a page: -o MODEL.html")
    model, X, names = models.open_with_samples(parsed)
    index = models.layer_index(parsed.layer, model)
    options = {"n_features": parsed.features, "n_samples": parsed.samples, "names": names}
    if parsed.out is not None:
        from dsnmf.inspection import write_page

        labels = models.labels_for(model, parsed, X, names)
        write_page(model, parsed.out, X, layer=index, labels=labels, shape=parsed.shape, **options)
        print("Page:", parsed.out)
        return
    found = describe(model, X, layer=index, **options)
    if parsed.json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
    else:
        print(found)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "show",
        "describe a saved model",
        "Prints its class, data and fit, the variance that it explains, and the largest features "
        "and nearest samples of each component, by name if they have names.",
        [
            "dsnmf show digits.model",
            "dsnmf show table.model --layer 1 --features 10 --json",
            "dsnmf show table.model new.csv",
            "dsnmf show faces.model -o faces.html --labels faces.mat:gnd --shape 32x32",
        ],
    )
    models.add_model(parser)
    models.add_data(parser, optional="samples to describe instead of the fit's")
    models.add_layer(parser, "layer whose components are described")
    parser.add_argument(
        "--features",
        type=arguments.integer(0),
        default=5,
        metavar="N",
        help="number of features per component (default: 5)",
    )
    parser.add_argument(
        "--samples",
        type=arguments.integer(0),
        default=3,
        metavar="N",
        help="number of nearest samples per component (default: 3)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options.add_labels(parser, "labels for the colours of a page's figures")
    models.add_shape(parser)
    options.add_options(parser, triples=True)
    parser.add_argument(
        "-o",
        "--out",
        metavar="HTML",
        help="write a page with figures, which needs no network, to this file instead of a text",
    )
    parser.set_defaults(run=_run)
