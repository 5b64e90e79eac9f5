"""Default features beside PCA's, on small data sets of many fields.

    python tests/benchmarks/fields.py [SET…] [--estimators A,B] [--metrics A,B] [--wheels DIR]

K classes: 2K components, (4K, 2K) in deep models; WSF and Deep WSF are told a fifth of the labels.
A cell has, in %, NMI (geometric) of k-means on `fit_transform`; then, for new samples by
`transform`, in three folds (three times on sets below 200 samples: --repeats), the accuracy of
logistic regression, and of five neighbours. Logistic regression gets features divided by one
number, so that their mean variance is 1: it depends on no unit; with --unscaled also as they come.
For a number to predict: - and R² of a ridge and of five neighbours. `PCA^t` has each component
times σ^(t-1): 1 is PCA, 0 is whitened. The second table has what each cell is above PCA of as many
components. With --center and --scale the estimators, but not PCA, have these parameters.

Where the data come from: field_sets.py. Sets that are not there are named.
"""

import warnings
from dataclasses import dataclass

import measuring
import numpy as np
from field_sets import field_sets
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.metrics import nmi

#: Of the labels that WSF and Deep WSF are told.
SHARE = 0.2
#: So far below PCA features may be.
TOLERANCE = 0.02
#: Folds, which are drawn several times on sets with fewer samples than this.
FOLDS, FEW = 3, 200
MEASURES = "k-means", "linear", "neighbours", "unscaled"


@dataclass(frozen=True)
class Directions:
    """Principal directions of features F, the i-th coordinate times σ_i^(t-1)."""

    mean: np.ndarray
    V: np.ndarray

    @classmethod
    def of(cls, F, t, at_most):
        mean = F.mean(axis=0)
        _, sigma, Vt = np.linalg.svd((F - mean) / np.sqrt(len(F)), full_matrices=False)
        kept = sigma > 1e-10 * sigma[0]
        kept[max(at_most, 1) :] = False
        return cls(mean, Vt[kept].T * sigma[kept] ** (t - 1))

    def __call__(self, F):
        return (F - self.mean) @ self.V


class Principal:
    """PCA as an estimator here, gaps filled with means; many components only once."""

    def __init__(self, k):
        self.k = k

    def fit(self, X, y=None):
        self.imputer = SimpleImputer(keep_empty_features=True).fit(X)
        filled = self.imputer.transform(X)
        self.pca = PCA(min(self.k, *X.shape), random_state=0).fit(filled)
        return self

    def features(self, X, metrics):
        """{name: function from samples to features}."""
        coordinates = self.coordinates(X)
        for less in (0, 1):
            for t in (1, 0.5, 0):
                name = "PCA" + (f"^{t:g}" if t < 1 else "") + (", k-1" if less else "")
                directions = Directions.of(coordinates, t, self.k - less)
                yield name, lambda X, d=directions: d(self.coordinates(X))

    def coordinates(self, X):
        return self.pca.transform(self.imputer.transform(X))


class Ours:
    """One of the package's estimators."""

    def __init__(self, estimator):
        self.model, self._found = estimator, {}

    def fit(self, X, y=None):
        self.model.fit(X, y)
        return self

    def transform(self, metric, X):
        """Features in a metric; those of the same array only once."""
        key = metric, id(X)
        if key not in self._found:
            chosen = self.model.metric
            try:
                found = self.model.set_params(metric=metric).transform(X)
            finally:
                self.model.set_params(metric=chosen)
            self._found[key] = X, found  # X stays, so that no other array gets its id
        return self._found[key][1]

    def features(self, X, metrics):
        """{name: function from samples to features}."""
        for metric in dict.fromkeys((self.model.metric, *metrics)):
            yield str(metric), lambda X, metric=metric: self.transform(metric, X)


ESTIMATORS = {
    "PCA": Principal,
    "SemiNMF": lambda k: Ours(SemiNMF(k)),
    "DeepSemiNMF": lambda k: Ours(DeepSemiNMF((2 * k, k))),
    "L-BFGS": lambda k: Ours(DeepSemiNMF((2 * k, k), solver="lbfgs")),
    "WSF": lambda k: Ours(WSF(k)),
    "DeepWSF": lambda k: Ours(DeepWSF((2 * k, k))),
}


def few_labels(y, has_classes):
    """A fifth of the labels, -1 elsewhere; none of numbers."""
    if not has_classes:
        return None
    known = np.random.default_rng(0).permutation(len(y)) < round(SHARE * len(y))
    return np.where(known, y, -1)


def refuses(function, *arguments):
    """The function's result, or None and the reason where the package refuses."""
    try:
        return function(*arguments)
    except (ValueError, FloatingPointError, np.linalg.LinAlgError) as error:
        warnings.warn(f"{type(error).__name__}: {error}", stacklevel=2)
        return None


def clusters(F, y, seeds):
    """Mean NMI over seeds of k-means."""
    n = len(np.unique(y))
    found = (KMeans(n, n_init=10, random_state=seed).fit_predict(F) for seed in range(seeds))
    return float(np.mean([nmi(y, labels) for labels in found]))


def predictions(train, y_train, test, y_test, has_classes, unscaled):
    """Scores of (linear, neighbours, linear without scale) on new samples."""
    size = np.sqrt(train.var(axis=0).mean()) or 1.0
    if has_classes:
        linear, neighbours = LogisticRegression(max_iter=1000), KNeighborsClassifier()
    else:
        linear, neighbours = RidgeCV(np.logspace(-4, 4, 9)), KNeighborsRegressor()
    yield linear.fit(train / size, y_train).score(test / size, y_test)
    yield neighbours.fit(train, y_train).score(test, y_test)
    if unscaled:
        yield linear.fit(train, y_train).score(test, y_test)


def folds_of(data, repeats):
    repeats = repeats if len(data.y) < FEW else 1
    kind = RepeatedStratifiedKFold if data.has_classes else RepeatedKFold
    return kind(n_splits=FOLDS, n_repeats=repeats, random_state=0).split(data.X, data.y)


def measured(data, make, arguments):
    """{features: {measure: score}} of one estimator on one set."""
    scores = {}

    def note(name, measure, value):
        scores.setdefault(name, {}).setdefault(measure, []).append(value)

    def fitted(X, y):
        return make(data.n_components).fit(X, few_labels(y, data.has_classes))

    if data.has_classes:
        model = fitted(data.X, data.y)
        for name, features_of in model.features(data.X, arguments.metrics):
            F = refuses(features_of, data.X)
            note(name, "k-means", None if F is None else clusters(F, data.y, arguments.seeds))
    for train, test in folds_of(data, arguments.repeats) if data.folds else ():
        parts = data.X[train], data.X[test]
        model = fitted(parts[0], data.y[train])
        for name, features_of in model.features(parts[0], arguments.metrics):
            both = [refuses(features_of, part) for part in parts]
            if any(F is None for F in both):
                continue
            values = predictions(
                both[0], data.y[train], both[1], data.y[test], data.has_classes, arguments.unscaled
            )
            for measure, value in zip(MEASURES[1:], values):
                note(name, measure, value)
    means = {
        name: {
            measure: None if values[0] is None else float(np.mean(values))
            for measure, values in of_name.items()
        }
        for name, of_name in scores.items()
    }
    default = getattr(getattr(make(data.n_components), "model", None), "metric", None)
    if default is None:
        return means
    return {f"default ({default})": means[str(default)]} | means


def cell(values, measures, sign=""):
    """ "63/81/78" """
    if not values or all(values.get(measure) is None for measure in measures):
        return "-"
    numbers = (values.get(measure) for measure in measures)
    return "/".join("-" if value is None else f"{100 * value:{sign}.0f}" for value in numbers)


def differences(values, reference):
    """{measure: how far above the reference}."""
    return {
        measure: value - reference[measure]
        for measure, value in values.items()
        if value is not None and reference.get(measure) is not None
    }


def summary(above, names, measures):
    """The last lines of a table of differences: sets within the tolerance, means, worst."""
    lines = {f"within {100 * TOLERANCE:g} of PCA": {}, "mean": {}, "worst": {}}
    for name in names:
        columns = [
            [row[name][m] for row in above.values() if m in row.get(name, {})] for m in measures
        ]
        counts = (f"{sum(v >= -TOLERANCE for v in column)}" for column in columns)
        within, mean, worst = lines.values()
        within[name] = "/".join(counts) + f" of {max(map(len, columns), default=0)}"
        mean[name] = "/".join(f"{100 * np.mean(c):+.1f}" if c else "-" for c in columns)
        worst[name] = "/".join(f"{100 * min(c):+.0f}" if c else "-" for c in columns)
    return lines


def show(estimator, results, references, measures):
    """The tables of one estimator: scores, and what they are above PCA."""
    scores = {
        name: {"PCA": cell(references.get(name), measures)}
        | {features: cell(values, measures) for features, values in of_set.items()}
        for name, of_set in results.items()
    }
    measuring.table(f"{estimator}: {', '.join(measures)}", scores)
    above = {
        name: {
            features: differences(values, references[name]) for features, values in of_set.items()
        }
        for name, of_set in results.items()
        if name in references
    }
    names = list(dict.fromkeys(features for row in above.values() for features in row))
    rows = {
        name: {features: cell(values, measures, "+") for features, values in row.items()}
        for name, row in above.items()
    }
    measuring.table(f"{estimator}: above PCA", rows | summary(above, names, measures))


def maker(estimator, arguments):
    """A function from a number of components to the estimator with the parameters asked for."""

    def make(k):
        found = ESTIMATORS[estimator](k)
        if isinstance(found, Ours):
            found.model.set_params(center=arguments.center, scale=arguments.scale)
        return found

    return make


def centers(text):
    """A value of `center`."""
    return {"False": False, "True": True, "median": "median"}[text]


def run(name, data, estimator, arguments):
    """The scores of one estimator on one set, and what was said on the way."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = refuses(measured, data, maker(estimator, arguments), arguments) or {}
    for message in dict.fromkeys(str(warning.message) for warning in said):
        print(f"  {name}, {estimator}: {message[:300]}")
    shown = ", ".join(f"{features} {cell(v, MEASURES)}" for features, v in found.items())
    print(f"{name}, {estimator}: {shown}", flush=True)
    return found


def names(known):
    """A parser of "A,B", each of known names."""

    def parse(text):
        chosen = tuple(text.split(","))
        if unknown := set(chosen) - set(known):
            raise ValueError(f"of {', '.join(known)}, got {', '.join(sorted(unknown))}")
        return chosen

    return parse


def metrics(text):
    """Metrics from "components,.5,data"."""
    named = ("components", "data")
    return tuple(part if part in named else float(part) for part in text.split(","))


def main():
    parser = measuring.parser(__doc__)
    known = field_sets(".")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {'; '.join(known)}; all")
    parser.add_argument(
        "--estimators", type=names(ESTIMATORS), default=tuple(ESTIMATORS), metavar="A,B"
    )
    parser.add_argument("--metrics", type=metrics, default=("components", 0.5, "data"))
    parser.add_argument("--center", type=centers, default=False, help="False, True or median")
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--seeds", type=int, default=2, help="of k-means")
    parser.add_argument("--repeats", type=int, default=3, help="of the folds of sets below 200")
    parser.add_argument("--unscaled", action="store_true", help="also features as they come")
    parser.add_argument("--wheels", default=".", help="folder of wheels with data sets in them")
    arguments = parser.parse_args()
    if unknown := set(arguments.sets) - set(known):
        parser.error(f"SET must be one of {'; '.join(known)}, got {', '.join(sorted(unknown))}")
    known, results, fields = field_sets(arguments.wheels), {}, set()
    for name in arguments.sets or known:
        field, load = known[name]
        try:
            data = load()
        except (FileNotFoundError, ImportError) as error:
            print(f"missing: {name} ({field}): {error}", flush=True)
            continue
        fields.add(field)
        print(f"\n{name} ({field}): {data.X.shape}, {data.n_components} components", flush=True)
        estimators = dict.fromkeys(("PCA", *arguments.estimators))
        results[name] = {of: run(name, data, of, arguments) for of in estimators}
        measuring.write_json(arguments, "fields", {"scores": results})  # what there is so far
    references = {name: of_set["PCA"]["PCA"] for name, of_set in results.items() if of_set["PCA"]}
    measures = MEASURES if arguments.unscaled else MEASURES[:3]
    for estimator in arguments.estimators:
        show(
            estimator, {name: row[estimator] for name, row in results.items()}, references, measures
        )
    print(f"\n{len(results)} sets of {len(fields)} fields")


if __name__ == "__main__":
    main()
