"""`dsnmf fit`: train a model on a user's matrix."""

import os

from dsnmf.commands import arguments, labels, models, options, settings, tables


def _block_options(parsed):
    """The given options for data in blocks, by the estimators' names."""
    options = {name: getattr(parsed, name) for name in ("store", "checkpoint", "block_size")}
    return {name: value for name, value in options.items() if value is not None}


def _estimator(parsed):
    """The unfitted estimator for the options.

    Labels give WSF, several layers a deep model. Adam trains deep models only, also of one layer.
    """
    from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
    from dsnmf.files import h5mu

    options = {"random_state": parsed.seed, "verbose": int(not parsed.quiet)}
    if parsed.max_iter is not None:
        options["max_iter"] = parsed.max_iter
    if h5mu.holds_several(parsed.data):
        return _multi_view_estimator(parsed, options)
    deep = len(parsed.layers) > 1
    needs_deep = parsed.solver in arguments.OF_DEEP_MODELS
    solver = {} if parsed.solver is None else {"solver": parsed.solver}
    options |= _block_options(parsed)
    if parsed.triples or parsed.l2:
        if deep or parsed.labels is not None or needs_deep:
            raise ValueError("--triples and --l2 are for one layer without labels, by SemiNMF")
        if parsed.triples and parsed.dask is not None:
            raise ValueError("--triples are read into memory, and --dask is for data on disk")
        options |= {"l2": parsed.l2, "absent": "unknown" if parsed.triples else "zero"}
    if parsed.labels is None:
        if parsed.alpha is not None:
            raise ValueError("--alpha weighs labels, which --labels must name")
        if not deep and not needs_deep:
            return SemiNMF(parsed.layers[0], **solver, **options)
        return DeepSemiNMF(parsed.layers, solver=parsed.solver or "adam", **options)
    if needs_deep or parsed.solver == "bcd":
        raise ValueError(
            f"--solver {parsed.solver} takes no labels; with --labels the solver is multiplicative "
            "or hals"
        )
    options |= solver
    weight = {} if parsed.alpha is None else {"alphas" if deep else "alpha": parsed.alpha}
    if deep:
        return DeepWSF(parsed.layers, **weight, **options)
    return WSF(parsed.layers[0], **weight, **options)


def _multi_view_estimator(parsed, options):
    """The estimator for the several matrices of a .h5mu file."""
    from dsnmf import MultiViewDeepSemiNMF

    refused = {"--solver": parsed.solver, "--triples": parsed.triples, "--l2": parsed.l2}
    refused |= {
        f"--{name.replace('_', '-')}": value for name, value in _block_options(parsed).items()
    }
    refused["--dask"] = parsed.dask
    for name, value in refused.items():
        if value:
            raise ValueError(
                f"{name} is for one matrix; {parsed.data} has several, PATH:NAME selects one"
            )
    if parsed.labels is None and parsed.alpha is not None:
        raise ValueError("--alpha weighs labels, which --labels must name")
    if parsed.labels is not None:
        options["alphas"] = 0.1 if parsed.alpha is None else parsed.alpha
    return MultiViewDeepSemiNMF(parsed.layers, **options)


def _read(parsed):
    """Read the `Table` of samples, and a label per sample or None."""
    from dsnmf.data.lazy import lazy_matrix
    from dsnmf.files.named_tables import Table

    if parsed.dask is None:
        table = tables.read_samples(parsed, in_blocks=bool(_block_options(parsed)), several=True)
    else:
        table = Table(lazy_matrix(parsed.data, parsed.block_size))
    n, _ = arguments.shape_of(table.values)
    return table, labels.read_labels(parsed, n, table.samples)


def _entries(X):
    import scipy.sparse

    return X.data if scipy.sparse.issparse(X) else X


def _text_before(estimator, layers, X):
    import numpy as np

    from dsnmf.data.sources import as_source
    from dsnmf.estimators.of_views.multimodal import is_multimodal

    sizes, name = "-".join(map(str, layers)), type(estimator).__name__
    n, p = arguments.shape_of(X)
    if is_multimodal(X):
        views = ", ".join(f"{key} {own.n_obs} x {own.n_vars}" for key, own in X.mod.items())
        return f"{name} {sizes}: {n} samples, {p} features ({views})"
    source, more = as_source(X), ""
    if estimator.absent == "unknown" and hasattr(X, "nnz"):
        more = f", {X.nnz} known entries"
    elif source is not None:
        more = f", {source.size / 1e9:.3g} GB in each pass"
    elif unknown := np.isnan(_entries(X)).sum():
        more = f", {unknown} unknown entries"
    return f"{name} {sizes}: {n} samples, {p} features{more}"


def _norm(estimator, X):
    """‖X‖ over the known entries; from the scale of the fit if X was centred or on disk."""
    import numpy as np

    from dsnmf.data.sources import as_source
    from dsnmf.estimators.of_views.multimodal import is_multimodal

    if is_multimodal(X):  # each view's mean square is 1
        return np.sqrt(sum(own.n_obs for own in X.mod.values()))
    if as_source(X) is not None or estimator._centring:
        return estimator._scale * np.sqrt(arguments.shape_of(X)[0])
    return np.sqrt(np.nansum(np.square(_entries(X), dtype=np.float64)))


def _text_after(estimator, X):
    from dsnmf.files.output import tell_apart

    error, norm, share = estimator.reconstruction_err_, _norm(estimator, X), ""
    if norm:
        share = f" ({tell_apart(100 * error / norm, decimals=1)[0]} % of the data's norm)"
    return f"{estimator.n_iter_} iterations, reconstruction error {error:.5g}{share}"


def _save(estimator, parsed):
    """Write the model; an error tells whether a checkpoint remains."""
    try:
        estimator.save(parsed.out)
    except OSError as error:
        text = f"the fitted model could not be written: {error.strerror}"
        if parsed.checkpoint is not None and os.listdir(parsed.checkpoint):
            text += f"; the same command continues from the checkpoint in {parsed.checkpoint}"
        raise OSError(error.errno, text, parsed.out) from error


def _run(parsed):
    inputs = [s for s in (parsed.data, labels.source_of_labels(parsed)) if s is not None]
    arguments.check_output(parsed.out, *inputs)
    estimator = _estimator(parsed)
    settings.apply(estimator, parsed.set)
    with arguments.dask_client(parsed.dask):
        _fit(estimator, parsed)


def _fit(estimator, parsed):
    from dsnmf.estimators.checkpoints import keep_checkpoints
    from dsnmf.estimators.of_views.multimodal import is_multimodal

    table, y = _read(parsed)
    X, names = table.values, table.features
    n, most = arguments.shape_of(X)[0], max(parsed.layers)
    if most > n:
        raise ValueError(f"--layers {most}: at most {n}, the number of samples")
    print(_text_before(estimator, parsed.layers, X), flush=True)
    if y is not None:
        print(labels.count_classes(y), flush=True)
        labels.warn_of_similar_classes(y, parsed.labels)
    known = None if is_multimodal(X) else names
    with keep_checkpoints(), arguments.names_in_warnings(X, known):
        estimator.fit(X, y)
        models.keep_names(estimator, table, parsed.data)
        _save(estimator, parsed)
    print(_text_after(estimator, X))
    print("Model:", parsed.out)


def add(commands):
    """Add the command to argparse's sub-parsers."""
    parser = arguments.add_parser(
        commands,
        "fit",
        "train a model on a matrix and save it",
        "Without labels, one layer gives Semi-NMF and several give Deep Semi-NMF; with labels they "
        "give WSF and Deep WSF. A .h5mu file has several matrices of the same samples, and gives "
        "MultiViewDeepSemiNMF. NaN and empty cells of the data are unknown entries; -1 and empty "
        "cells are unknown labels. The model keeps the names of features. Data larger than memory "
        "are read in blocks, once per iteration: any .h5, .zarr or folder of files with more than "
        "one block, and .npy and sparse .npz files with --store, --checkpoint or --block-size.",
        [
            "dsnmf fit digits --layers 40,10 -o digits.model",
            "dsnmf fit faces.mat --layers 400,100 --max-iter 500 -o faces.model",
            "dsnmf fit table.csv --layers 20 -o table.model",
            "dsnmf fit faces.mat --labels faces.mat:gnd --layers 60 --alpha 0.05 -o faces.model",
            "dsnmf fit cells.h5ad --labels cells.h5ad:celltype --layers 20 -o cells.model",
            "dsnmf fit patients.h5mu --layers 50,10 -o patients.model",
            "dsnmf fit ratings.csv --triples --layers 5 --l2 0.03 -o ratings.model",
            "dsnmf fit big.npy --layers 50 --store features --checkpoint state -o big.model",
            "dsnmf fit big.h5:X --layers 50 --dask tcp://scheduler:8786 -o big.model",
        ],
    )
    parser.add_argument(
        "data",
        metavar="DATA",
        help=f"samples x features: a {arguments.FORMATS} file (PATH:NAME selects one of several "
        f"matrices), a folder of 10x Genomics, {arguments.ON_DISK}, or the name of a data set "
        "(see dsnmf datasets)",
    )
    parser.add_argument(
        "--layers",
        type=arguments.layers,
        required=True,
        metavar="K1,K2,…",
        help="numbers of components, one per layer",
    )
    options.add_labels(
        parser,
        "labels for WSF, or for Deep WSF with a column per layer (all -1: nearest neighbours "
        "instead)",
    )
    parser.add_argument(
        "--alpha",
        type=arguments.numbers,
        metavar="A1,A2,…",
        help="weight of the labels against the squared error, for all columns or for each "
        "(default: 0.1); it refers to samples of unit norm, to which the data are scaled",
    )
    parser.add_argument(
        "--solver",
        choices=arguments.SOLVERS,
        help="how it is fitted (default: multiplicative for one layer or labels, adam for several; "
        "bcd for one layer without labels; adam and lbfgs without labels, and for Deep Semi-NMF)",
    )
    parser.add_argument(
        "--max-iter",
        "--epochs",
        type=arguments.integer(1),
        metavar="N",
        help="largest number of iterations (default: 2000)",
    )
    arguments.add_seed(parser, "seed of the start")
    settings.add_set(parser, "tol=1e-6, init=nndsvd, nonlinearity=tanh")
    options.add_options(parser, triples=True)
    blocks = parser.add_argument_group("data in blocks")
    blocks.add_argument(
        "--store",
        metavar="DIR",
        help="folder for the features, as H_1.npy, … (samples x components); without it they stay "
        "in memory",
    )
    blocks.add_argument(
        "--checkpoint",
        metavar="DIR",
        help="folder, used for nothing else, for the state of the fit, saved every five minutes "
        "and at Ctrl-C: after an interruption the same command continues from there",
    )
    blocks.add_argument(
        "--block-size",
        type=arguments.integer(1),
        metavar="N",
        help="samples per block (default: blocks of about 4 million entries)",
    )
    blocks.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="scheduler of a Dask cluster whose workers read the files and keep the features; they "
        "must see the files under the same names, and need this package",
    )
    parser.add_argument(
        "--l2",
        type=arguments.numbers,
        default=0.0,
        metavar="W",
        help="weight of a penalty on the factors, for data with few known entries (default: 0; "
        "ratings: 0.01 to 0.05)",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    parser.add_argument("-o", "--out", required=True, metavar="MODEL", help="file for the model")
    parser.set_defaults(run=_run)
