"""`dsnmf consensus`: components and clusters that recur in fits from other starts."""

from dsnmf.commands import arguments, figures, labels, mistakes, models, options


def _run(parsed):
    from dsnmf.files.writing import WRITTEN, write_matrix
    from dsnmf.plotting.saving import ENDINGS

    for path, endings in ((parsed.out, WRITTEN), (parsed.figure, ENDINGS)):
        if path is not None:
            arguments.check_output(path, parsed.model, parsed.data, endings=endings)
    model = models.open_model(parsed.model)
    table = models.samples_for(model, parsed)
    y = labels.read_labels(parsed, arguments.shape_of(table.values)[0], table.samples)
    from dsnmf.selection import consensus

    with mistakes.in_words_of_options(n_clusters="--clusters"):
        found = consensus(
            model,
            table.values,
            y,
            n_init=parsed.n_init,
            n_clusters=parsed.clusters,
            threshold=parsed.threshold,
            random_state=parsed.seed,
            verbose=int(not parsed.quiet),
        )
    print(found)
    if parsed.out is not None:
        write_matrix(
            parsed.out, found.labels_[:, None], features=["cluster"], samples=table.samples
        )
        print("Clusters:", parsed.out)
    if parsed.figure is not None:
        figures.write_figure(found.plot, parsed.figure, (7, 3.2), columns=2)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "consensus",
        "count which components and clusters recur in fits from other starts",
        "Fits again with a saved model's parameters, from random starts, and matches the "
        "components of the best fit with those of the others. Prints the number of fits in which "
        "each component recurs, and the agreement of the fits on the samples' clusters.",
        [
            "dsnmf consensus table.model table.csv --figure consensus.pdf",
            "dsnmf consensus digits.model digits --clusters 10 --n-init 20 -o clusters.csv",
            "dsnmf consensus faces.model faces.mat --labels faces.mat:gnd",
        ],
    )
    models.add_model(parser)
    models.add_data(parser)
    parser.add_argument(
        "--n-init",
        type=arguments.integer(2),
        default=10,
        metavar="N",
        help="number of fits (default: 10)",
    )
    parser.add_argument(
        "--clusters",
        type=arguments.integer(2),
        metavar="K",
        help="number of clusters of k-means on each fit's features (default: a sample's cluster is "
        "its largest component)",
    )
    parser.add_argument(
        "--threshold",
        type=arguments.positive,
        default=0.9,
        metavar="COSINE",
        help="least cosine at which a component counts as recurring (default: 0.9)",
    )
    options.add_labels(parser, "labels of a model that was fitted with labels")
    arguments.add_seed(parser, "seed of k-means")
    options.add_options(parser, triples=True)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--figure", metavar="FIGURE", help="file for a figure: .png, .pdf or .svg")
    parser.add_argument(
        "-o",
        "--out",
        metavar="CLUSTERS",
        help=f"file for the clusters of all fits together: {arguments.OUTPUTS}",
    )
    parser.set_defaults(run=_run)
