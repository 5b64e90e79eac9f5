"""`select`: the best candidate by a criterion."""

from __future__ import annotations

import contextlib
import warnings
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.data.recognition import as_blocks, unmasked
from dsnmf.data.shares import GoverningFeatureWarning
from dsnmf.data.sources import as_source
from dsnmf.extras import extra, tqdm_bar
from dsnmf.selection.judges import criterion_of
from dsnmf.selection.result import Selection, best_baseline
from dsnmf.tasks.pool import outcomes
from dsnmf.tasks.records import Records, identity, read
from dsnmf.training.interruption import raise_interruption
from dsnmf.validation import as_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Matrix, PathLike


def _as_seed(random_state):
    if isinstance(random_state, bool) or not isinstance(random_state, Integral) or random_state < 0:
        raise ValueError(f"random_state must be an integer >= 0, got {random_state!r}")
    return int(random_state)


def _samples(X):
    """X in memory: an array, which may have gaps, or a CSR matrix."""
    from dsnmf.estimators.of_views.user_views import are_views  # needs scikit-learn

    if are_views(X):
        raise ValueError(
            "select needs one matrix: views side by side, and the model's views=… which columns "
            "they are"
        )
    X, blocks = as_blocks(X)
    if blocks is not None and not isinstance(X, np.memmap):
        raise ValueError(f"select needs X in memory: give {as_source(X).to_memory}")
    check_array = extra("sklearn.utils", "dsnmf.selection").check_array
    options = {"accept_sparse": "csr", "dtype": (np.float64, np.float32), "ensure_min_samples": 5}
    return check_array(unmasked(X), ensure_all_finite="allow-nan", input_name="X", **options)


def _measure(item, criterion, fits, X, y):
    """The record of one item: rows of candidates that share their fits, or their error."""
    model, variants = fits[item["fit"]]
    try:
        with warnings.catch_warnings(), raise_interruption():
            # Stopped at max_iter, all candidates are alike; `best_estimator_` warns again.
            category = extra("sklearn.exceptions", "dsnmf.selection").ConvergenceWarning
            warnings.simplefilter("ignore", category)
            warnings.simplefilter("ignore", GoverningFeatureWarning)
            clone = extra("sklearn.base", "dsnmf.selection").clone
            rows = criterion.measure(clone(model), variants, X, y)
    except (FloatingPointError, np.linalg.LinAlgError) as error:
        return {**item, "failed": f"{type(error).__name__}: {' '.join(str(error).split())}"}
    return {**item, "results": {"rows": rows}}


def _identity(model, variants, number, folder):
    """An identity of a fit's parameters; with a folder, also among those of other calls."""
    from dsnmf.selection.candidates import hash_of

    if folder is None:
        return number
    given = model.get_params()
    for name, value in given.items():
        if hash_of(value) is None:
            raise TypeError(
                f"folder keeps results by the parameters, but what {name} = {value!r} does cannot "
                "be told in another process: define it in a module, or give no folder"
            )
    return hash_of((given, variants))


def _items(criterion, fits, X, y, folder):
    """One item per shared fit; for its identity see `tasks.records`."""
    hash_of = extra("joblib", "dsnmf.selection").hash
    data = hash_of((X, y))
    return [
        {
            "experiment": f"selection by {type(criterion).__name__}",
            "data": data,
            "features": hash_of(criterion),
            "method": type(model).__name__,
            "parameters": _identity(model, variants, i, folder),
            "seed": criterion.seed,
            "fit": i,
        }
        for i, (model, variants) in enumerate(fits)
    ]


def _run(items, arguments, folder, jobs, dask, verbose):
    """Measure every item that has no record in the folder; returns the outcomes of all."""
    tasks, found, records = [(item,) for item in items], {}, None
    with contextlib.ExitStack() as stack:
        if folder is not None:
            folder = Path(folder)
            folder.mkdir(parents=True, exist_ok=True)
            records = stack.enter_context(Records(folder / "results.jsonl"))
            found = {identity(record): record for record in read(folder / "results.jsonl")}
            tasks = [task for task in tasks if identity(task[0]) not in found]
        running = outcomes(_measure, tasks, arguments, jobs=jobs, dask=dask)
        stack.enter_context(contextlib.closing(running))
        done = len(items) - len(tasks)
        bar = {"total": len(items), "initial": done, "desc": "candidates", "unit": "fit"}
        bar = stack.enter_context(tqdm_bar(verbose, **bar))
        for outcome in running:
            found[identity(outcome)] = outcome
            if records is not None and "failed" not in outcome:
                records.append(outcome)
            bar.update()
    return found


def _fit_chosen(model, X, y, verbose):
    """Fit the chosen model; `verbose` is for this fit only."""
    own = model.verbose
    with raise_interruption():
        model.set_params(verbose=max(int(own), int(verbose))).fit(X, y)
    return model.set_params(verbose=own)


def _rows(items, found, candidates):
    """[(index of a candidate, its row)], in the candidates' order."""
    rows = []
    for item, (_, indices) in zip(items, candidates.fits):
        outcome = found[identity(item)]
        if "failed" in outcome:
            measured = [{"variant": v, "failed": outcome["failed"]} for v in range(len(indices))]
        else:
            measured = outcome["results"]["rows"]
        for row in measured:
            i = indices[row["variant"]]
            others = {name: value for name, value in row.items() if name != "variant"}
            size = {"size": candidates.sizes[i]}
            rows.append((i, {**candidates.kinds[i], **candidates.parameters[i], **others, **size}))
    return sorted(rows, key=lambda pair: pair[0])


def _choose(rows, judge):
    """The index of the best row among all, and the reason."""
    scored = [place for place, (_, row) in enumerate(rows) if "failed" not in row]
    if not scored:
        raise FloatingPointError(f"the fits of all candidates failed: {rows[0][1]['failed']}")
    compared = [rows[place][1] for place in scored]
    best = judge.best(compared)
    return scored[best], judge.reason(compared, best)


def _features(estimator, X, row, baselines, of_baselines):
    """Features of the chosen estimator, or of the best simple method if no model is better."""
    if not baselines:
        return None
    best = best_baseline(row, baselines)
    return np.asarray(estimator.transform(X)) if best is None else of_baselines[best]


def select(
    estimator: Factorisation | Sequence[Factorisation] | None,
    X: Matrix,
    candidates: Mapping[str, Any] | Sequence[Any] | None = None,
    y: ArrayLike | None = None,
    *,
    criterion: Literal["clusters", "entries", "components"] = "clusters",
    n_clusters: int | Sequence[int] | None = None,
    repeats: int = 6,
    random_state: int = 0,
    folder: PathLike | None = None,
    jobs: int = 1,
    dask: str | None = None,
    verbose: int = 0,
) -> Selection:
    """Choose layers, components, metric or other parameters of an estimator without known classes.

    "clusters": the agreement of repeated k-means on the features, each on a random 80 % of the
    samples (mean adjusted Rand index), beyond the agreement on normal data of the same covariance.
    For a graph without labels, also beyond that on the same fit's features of normal data like X.
    "entries": the squared error on entries that were hidden from the fit. The choice is the
    smallest model within one standard error of the least. "components": the agreement of the
    components of fits to random 80 % of the samples (matched absolute cosines), beyond chance.

    In a linear model the least error depends on k_m and min(k_i) only. So "entries" cannot choose
    other sizes of inner layers: use another criterion, or labels.

    Parameters
    ----------
    estimator : SemiNMF, DeepSemiNMF, WSF or DeepWSF, or a list of several, or None
        Its parameters apply unless a candidate changes them; it is not modified itself. The
        candidates of several estimators, e.g. a shallow and a deep one, are all compared. None is
        SemiNMF. For "clusters", None also includes DeepSemiNMF and, for a dense X without gaps and
        without `y`, WSF with a graph of neighbours.
    X : array-like or sparse matrix, shape (n_samples, n_features)
        In memory, or of one block, which is read as by `fit`. NaN and masks mark unknown entries.
    candidates : dict or list of dict, optional
        A grid for scikit-learn's `ParameterGrid`, e.g. {"n_components": [5, 10], "metric":
        ["components", "data"]}. Candidates that differ only in `metric` or `transform_method` share
        their fits. The default depends on X's shape: see
        `dsnmf.selection.candidates.default_candidates`. For several estimators, a list with a grid
        or None for each.
    y : array-like, optional
        Labels for `fit`.
    criterion : {"clusters", "entries", "components"}
    n_clusters : int >= 2, or several
        For "clusters"; among several, the one with the best agreement is chosen too.
    repeats : int >= 2
        Clusterings, sets of hidden entries, or subsets of samples per candidate.
    random_state : int >= 0
    folder : str or path-like, optional
        Stores the scores so far in results.jsonl; the same call continues from there. Functions as
        parameters must then be functions of a module.
    jobs : int >= 1
        Processes on this machine.
    dask : str, optional
        Address of the scheduler of a Dask cluster, which replaces these processes.
    verbose : int
        1 shows progress bars with the time left, for the candidates and the last fit (needs tqdm).

    Returns
    -------
    Selection

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the criterion cannot score such data or candidates.
    FloatingPointError
        If the fits of all candidates failed.
    OSError
        If the folder is not writable, or the scheduler cannot be reached.
    ImportError
        If an extra is missing.
    KeyboardInterrupt
        On Ctrl-C.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.selection import select
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((60, 3)) @ rng.standard_normal((3, 12)) + 0.1 * rng.standard_normal((60, 12))
    >>> model = SemiNMF(solver="bcd")
    >>> found = select(model, X, {"n_components": [2, 3, 5]}, criterion="entries", repeats=3)
    >>> found.best_params_
    {'n_components': 3}
    >>> found.best_estimator_.transform(X).shape
    (60, 3)
    """
    extra("sklearn", "dsnmf.selection")
    for each in estimator if isinstance(estimator, list | tuple) else [estimator]:
        if isinstance(each, type):
            raise TypeError(f"estimator is a class: give {each.__name__}(), with brackets")
    from dsnmf.selection.candidates import Candidates

    seed, jobs = _as_seed(random_state), as_size(jobs, "jobs")
    judge = criterion_of(criterion, n_clusters, as_size(repeats, "repeats"), seed)
    samples = _samples(X)
    if estimator is None:
        estimator, candidates = judge.estimators(samples, y), None
    has_labels = y is not None
    candidates = Candidates.from_grid(
        estimator, candidates, samples, judge.most_clusters, has_labels
    )
    judge.check(samples, candidates.models)
    fits = candidates.models_and_variants()
    items = _items(judge, fits, samples, y, folder)
    rows = _rows(
        items, _run(items, (judge, fits, samples, y), folder, jobs, dask, verbose), candidates
    )
    best, reason = _choose(rows, judge)
    index, row = rows[best]
    best_estimator = _fit_chosen(candidates.models[index], X, y, verbose)
    sizes = best_estimator._layer_sizes()
    baselines, of_baselines = judge.baselines(samples, sizes[-1], row)
    return Selection(
        criterion=criterion,
        label=judge.label,
        table=[row for _, row in rows],
        best_index_=best,
        best_params_=candidates.parameters[index],
        best_n_clusters_=row.get("n_clusters"),
        best_estimator_=best_estimator,
        baselines=baselines,
        features_=_features(best_estimator, X, row, baselines, of_baselines),
        reason=reason,
    )
