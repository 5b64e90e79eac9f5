"""`dsnmf select`: choose layers, components and metric without labels, and train the choice."""

from dsnmf.commands import arguments, figures, mistakes, models, options, settings, tables

#: Models that can be compared.
MODELS = ("semi-nmf", "graph", "deep")


def _estimators(parsed):
    """The estimators to compare; deep ones if several layers or --models ask for them."""
    from dsnmf import WSF, DeepSemiNMF, SemiNMF

    options = {"random_state": parsed.seed}
    if parsed.max_iter is not None:
        options["max_iter"] = parsed.max_iter
    deep = DeepSemiNMF(solver=parsed.solver or "adam", **options)
    if parsed.models:
        kinds = dict(zip(MODELS, (SemiNMF(**options), WSF(**options), deep)))
        return [kinds[name] for name in dict.fromkeys(parsed.models)]
    if parsed.solver is not None:
        return [deep]
    lengths = {min(len(layers), 2) for layers in parsed.layers or [(1,)]}
    return [{1: SemiNMF(**options), 2: deep}[length] for length in sorted(lengths)]


def _candidates(parsed, estimator, shape):
    """The default grid, with the layers of the options."""
    from dsnmf.selection.candidates import default_candidates

    grid = default_candidates(estimator, shape, parsed.clusters and max(parsed.clusters))
    if not parsed.layers:
        return grid
    if "layers" in grid:
        several = [layers for layers in parsed.layers if parsed.solver or len(layers) > 1]
        return {**grid, "layers": several}
    sizes = [layers[0] for layers in parsed.layers if len(layers) == 1]
    return {**grid, "n_components": sizes} if sizes else grid


def _run(parsed):
    if parsed.out is not None:
        arguments.check_output(parsed.out, parsed.data)
    if parsed.figure is not None:
        arguments.check_output(parsed.figure, parsed.data, endings=(".png", ".pdf", ".svg"))
    from dsnmf.selection import select

    table = tables.read_samples(parsed)
    X, names = table.values, table.features
    estimators, shape = _estimators(parsed), arguments.shape_of(X)
    for estimator in estimators:
        settings.apply(estimator, parsed.set)
    grids = [_candidates(parsed, estimator, shape) for estimator in estimators]
    as_options = {"n_clusters": "--clusters", "criterion": "--criterion", "repeats": "--repeats"}
    with arguments.names_in_warnings(X, names), mistakes.in_words_of_options(**as_options):
        found = select(
            estimators if len(estimators) > 1 else estimator,
            X,
            grids if len(grids) > 1 else grids[0],
            criterion=parsed.criterion,
            n_clusters=parsed.clusters,
            repeats=parsed.repeats,
            random_state=parsed.seed,
            folder=parsed.folder,
            jobs=parsed.jobs,
            dask=parsed.dask,
            verbose=int(not parsed.quiet),
        )
    print(found)
    if len(found.table) == 1 and parsed.layers and len(parsed.layers[0]) > 1:
        sizes = " ".join(map(str, parsed.layers[0]))
        print(f"That is one model; several of one layer are --layers {sizes}")
    if parsed.restarts:
        print(f"\nIts fit from {parsed.restarts} starts:")
        print(found.consensus(X, n_init=parsed.restarts))
    if parsed.out is not None:
        models.keep_names(found.best_estimator_, table, parsed.data)
        found.best_estimator_.save(parsed.out)
        print("Model:", parsed.out)
    if parsed.figure is not None:
        size = 7, 1.5 + 0.25 * len(found.table)
        figures.write_figure(found.plot, parsed.figure, size)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "select",
        "choose layers, components and metric without labels",
        "Fits candidates and prints a table of their scores, the best candidate, and the reason. "
        "Criteria: the agreement of k-means with itself on a candidate's features (clusters, with "
        "--clusters), the error of filling hidden entries (entries), or the agreement of the "
        "components of fits to subsets of the samples (components).",
        [
            "dsnmf select digits --clusters 10",
            "dsnmf select digits --clusters 10 --models semi-nmf graph deep",
            "dsnmf select faces.mat --clusters 40 --solver adam -o faces.model",
            "dsnmf select table.csv --criterion entries --layers 2 3 4 5 6 --figure errors.png",
            "dsnmf select faces.mat --clusters 20,40,60 --layers 200,50 400,100 --folder state",
            "dsnmf select table.csv --criterion entries --layers 4 8 16,4 16,8",
        ],
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help=f"samples x features: a {arguments.FORMATS} file, or the name of a data set",
    )
    parser.add_argument(
        "--criterion",
        choices=["clusters", "entries", "components"],
        default="clusters",
        help="criterion of the choice (default: clusters)",
    )
    parser.add_argument(
        "--clusters",
        type=arguments.layers,
        metavar="N1,N2,…",
        help="for clusters: number of clusters, or several numbers to choose from",
    )
    parser.add_argument(
        "--layers",
        type=arguments.layers,
        nargs="+",
        metavar="K1,K2,…",
        help="candidates, shallow or deep: numbers of components, one per layer (default: by the "
        "data's shape)",
    )
    parser.add_argument(
        "--models",
        nargs="+",
        choices=MODELS,
        metavar="MODEL",
        help=f"models to compare: {', '.join(MODELS)} (Semi-NMF, WSF with a graph of nearest "
        "neighbours, Deep Semi-NMF; default: by --layers and --solver)",
    )
    parser.add_argument(
        "--solver",
        choices=[name for name in arguments.SOLVERS if name != "bcd"],
        help="of Deep Semi-NMF (default: Semi-NMF for one layer, adam for several)",
    )
    parser.add_argument(
        "--max-iter",
        type=arguments.integer(1),
        metavar="N",
        help="largest number of iterations of each fit (default: 2000)",
    )
    parser.add_argument(
        "--repeats",
        type=arguments.integer(2),
        default=6,
        metavar="N",
        help="clusterings, sets of hidden entries or subsets of samples per candidate (default: 6)",
    )
    parser.add_argument(
        "--seed",
        type=arguments.integer(0),
        default=0,
        metavar="N",
        help="seed of the starts and of all random draws (default: 0)",
    )
    parser.add_argument(
        "--folder",
        metavar="DIR",
        help="folder for the scores so far: the same command continues from there",
    )
    parser.add_argument(
        "--jobs",
        type=arguments.integer(1),
        default=1,
        metavar="N",
        help="processes, with one thread each (default: 1)",
    )
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster that computes the scores instead; its workers need this "
        'package and one thread each (pip install "dsnmf[distributed]")',
    )
    parser.add_argument(
        "--restarts",
        type=arguments.integer(2),
        metavar="N",
        help="also fit the choice from N starts, and print what recurs, see dsnmf consensus",
    )
    settings.add_set(parser, "tol=1e-6, nonlinearity=tanh")
    options.add_options(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    parser.add_argument(
        "--figure", metavar="FIGURE", help="file for a figure of the scores: .png, .pdf or .svg"
    )
    parser.add_argument("-o", "--out", metavar="MODEL", help="file for the chosen model")
    parser.set_defaults(run=_run)
