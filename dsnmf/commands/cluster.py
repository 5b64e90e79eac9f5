"""`dsnmf cluster`: clusters of samples by a saved model's features."""

from dsnmf.commands import arguments, labels, mistakes, models, options


def _compare_with_labels(y, clusters, names):
    """How the clusters agree with known labels, per attribute."""
    import numpy as np

    from dsnmf.affinity.classes import as_label_codes
    from dsnmf.metrics import clustering_accuracy, nmi

    for name, codes in zip(names, as_label_codes(y)):
        known = codes >= 0
        if known.any():
            found = codes[known], np.asarray(clusters)[known]
            scores = f"NMI {100 * nmi(*found):.1f} %, AC {100 * clustering_accuracy(*found):.1f} %"
            print(f"Against label {name} of {known.sum()} samples: {scores}")


def _run(parsed):
    import numpy as np

    from dsnmf.files.writing import WRITTEN, write_matrix
    from dsnmf.inspection import cluster

    arguments.check_output(parsed.out, parsed.model, parsed.data, endings=WRITTEN)
    model = models.open_model(parsed.model)
    index = models.layer_index(parsed.layer, model)
    models.change(model, parsed)
    table = models.samples_for(model, parsed)
    y = labels.read_labels(parsed, arguments.shape_of(table.values)[0], table.samples)
    seed = {"random_state": parsed.seed}
    with mistakes.in_words_of_options(n_clusters="--clusters"):
        found = cluster(model, table.values, parsed.clusters, layer=index, **seed)
    write_matrix(parsed.out, found[:, None], features=["cluster"], samples=table.samples)
    sizes = ", ".join(map(str, np.bincount(found)))
    print(f"{len(found)} samples in {parsed.clusters} clusters of {sizes}")
    if y is not None:
        _compare_with_labels(y, found, labels.names_of(parsed, 1 if y.ndim == 1 else y.shape[1]))
    print("Clusters:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "cluster",
        "put samples into clusters by a saved model's features",
        "k-means on the features of dsnmf transform, the best of ten starts. Clusters are numbered "
        "from 0, the largest first.",
        [
            "dsnmf cluster table.model table.csv --clusters 5 -o clusters.csv",
            "dsnmf cluster faces.model faces.mat --clusters 40 --labels faces.mat:gnd -o found.csv",
        ],
    )
    models.add_model(parser)
    models.add_data(parser)
    parser.add_argument(
        "--clusters",
        type=arguments.integer(1),
        required=True,
        metavar="K",
        help="number of clusters",
    )
    models.add_layer(parser, "layer whose features are clustered")
    models.add_changes(parser)
    options.add_labels(parser, "known classes to compare with")
    arguments.add_seed(parser, "seed of k-means")
    options.add_options(parser, triples=True)
    parser.add_argument(
        "-o", "--out", required=True, metavar="CLUSTERS", help=f"file: {arguments.OUTPUTS}"
    )
    parser.set_defaults(run=_run)
