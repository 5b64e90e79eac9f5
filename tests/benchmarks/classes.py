"""Classes of new samples by WSFClassifier, beside scikit-learn's, by how many labels are known.

    python tests/benchmarks/classes.py [SET…] [--shares .05,.2,.5,1] [--splits 3] [--wheels DIR]

A cell is the accuracy, in %, on the other 40 % of the samples, mean over splits; of each class at
least one label is known. Sets have at most 2,500 samples. "ridge" and "logistic" learn from the
labelled samples alone; "spreading" is LabelSpreading over 7 neighbours, "self-training" that of the
logistic regression. Samples are divided by one number, so that their mean variance is 1.

Where the data come from: field_sets.py. Sets that are not there are named.
"""

import warnings

import measuring
import numpy as np
from field_sets import field_sets
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import train_test_split
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from dsnmf import WSFClassifier

AT_MOST = 2500
SETS = "iris", "wine", "coffee", "colon", "glioma", "stickfigures", "digits", "views", "orl", "pie"
PENALTIES = np.logspace(-6, 4, 21)


def classifiers():
    logistic = LogisticRegression(max_iter=500)
    return {
        "ridge": (RidgeClassifierCV(PENALTIES), False),
        "logistic": (logistic, False),
        "spreading": (LabelSpreading(kernel="knn", n_neighbors=7, max_iter=100), True),
        "self-training": (SelfTrainingClassifier(logistic), True),
        "WSFClassifier": (WSFClassifier(), True),
    }


def hidden(y, share, rng):
    """Labels, -1 but for this share of each class, one at least."""
    known = np.full(len(y), -1)
    for label in np.unique(y):
        of_class = rng.permutation(np.flatnonzero(y == label))
        known[of_class[: max(1, round(share * len(of_class)))]] = label
    return known


def scores(X, y, share, seed):
    """{classifier: accuracy} of one split."""
    train, test = train_test_split(np.arange(len(X)), test_size=0.4, random_state=seed, stratify=y)
    known = hidden(y[train], share, np.random.default_rng(seed))
    found = {}
    for name, (classifier, takes_all) in classifiers().items():
        used = slice(None) if takes_all else known >= 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", (ConvergenceWarning, RuntimeWarning, UserWarning))
            classifier.fit(X[train][used], known[used])
            found[name] = 100 * classifier.score(X[test], y[test])
    return found


def numbers(text):
    return tuple(float(number) for number in text.split(","))


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", default=SETS)
    parser.add_argument("--shares", type=numbers, default=(0.05, 0.2, 0.5, 1))
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--wheels", default=".", help="folder of wheels, see field_sets.py")
    arguments = parser.parse_args()
    rows, sets = {}, field_sets(arguments.wheels)
    for name in arguments.sets:
        try:
            data = sets[name][1]()
        except FileNotFoundError as error:
            print(f"{name}: {error}")
            continue
        drawn = np.random.default_rng(0).permutation(len(data.y))[:AT_MOST]
        X = SimpleImputer(keep_empty_features=True).fit_transform(data.X[drawn])
        X, y = X / np.sqrt(X.var(axis=0).mean()), data.y[drawn]
        for share in arguments.shares:
            splits = [scores(X, y, share, seed) for seed in range(arguments.splits)]
            row = f"{name}, {share:.0%} of the labels"
            rows[row] = {key: float(np.mean([split[key] for split in splits])) for key in splits[0]}
            measuring.table(row, {row: rows[row]})
    measuring.write_json(arguments, "classes", {"splits": arguments.splits, "rows": rows})


if __name__ == "__main__":
    main()
