"""Ratings of which little is known: errors on hidden ones, and seconds, beside NumPy's regressions.

    python tests/benchmarks/ratings.py [--components 5] [--seeds 3] [--gaps] [--out DIR]

Simulated as large as MovieLens 100k: 943 users, 1,682 films, 5 % known, most of them of few users
and films, whole stars from 1 to 5: means of users and films, eight tastes, noise. A tenth is
hidden. Each method takes of its penalties the one with the least error on half of the hidden
ratings, and is judged by the other half: root mean square error, and processor seconds of the fit
with that penalty. Methods, all without means of their own: SemiNMF(l2) of the known entries;
alternating ridge regressions in NumPy, a loop over users and films with both factors free, the
penalty times the number of known entries or not; with --gaps SemiNMF(3) of the dense array with
NaN, which takes long. "beside" divides by the better of NumPy's two.
"""

import time
import warnings

import measuring
import numpy as np
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from dsnmf import SemiNMF

USERS, FILMS, SHARE = 943, 1682, 0.05
TASTES = np.array([0.35, 0.3, 0.25, 0.2, 0.18, 0.15, 0.12, 0.1])
LEAST_KNOWN = 3

#: Of alternating regressions, as many as are usual.
SWEEPS = 20

PENALTIES = {
    "SemiNMF": (0.01, 0.018, 0.027, 0.04),
    "NumPy, plain": (2.0, 4.0, 8.0),
    "NumPy, by number": (0.03, 0.06, 0.1, 0.15),
}


def simulated(seed):
    """Rows, columns and stars of the known ratings, in random order."""
    rng = np.random.default_rng(seed)
    means = 3.5 + 0.45 * rng.standard_normal((USERS, 1)) + 0.5 * rng.standard_normal((1, FILMS))
    users, films = (rng.standard_normal((count, len(TASTES))) for count in (USERS, FILMS))
    noise = 0.88 * rng.standard_normal((USERS, FILMS))
    stars = np.clip(np.round(means + (users * TASTES) @ films.T + noise), 1, 5)
    chance = np.outer(rng.lognormal(0, 1, USERS), rng.lognormal(0, 1.2, FILMS))
    keys = rng.random((USERS, FILMS)) ** (1 / chance)
    known = keys >= np.quantile(keys, 1 - SHARE)
    for lines, of in ((known, keys), (known.T, keys.T)):
        for line, key in zip(lines, of):
            line[np.argsort(key)[-LEAST_KNOWN:]] = True
    row, column = np.nonzero(known)
    order = rng.permutation(len(row))
    return row[order], column[order], stars[row, column][order]


def split(seed):
    """A sparse matrix, and two halves of hidden (rows, columns, stars)."""
    entries = np.array(simulated(seed))
    seen = entries[:, len(entries[0]) // 10 :]
    hidden = entries[:, : len(entries[0]) // 10]
    rows, columns = (np.bincount(line.astype(int), minlength=1) for line in seen[:2])
    lacks = (rows[hidden[0].astype(int)] == 0) | (columns[hidden[1].astype(int)] == 0)
    hidden, seen = hidden[:, ~lacks], np.hstack([seen, hidden[:, lacks]])
    row, column = seen[:2].astype(int)
    X = scipy.sparse.csr_matrix((seen[2], (row, column)), shape=(USERS, FILMS))
    return X, hidden[:, ::2], hidden[:, 1::2]


def error(users, films, hidden):
    row, column = hidden[:2].astype(int)
    return float(np.sqrt(np.mean((np.sum(users[row] * films[column], axis=1) - hidden[2]) ** 2)))


def by_numpy(X, k, penalty, by_number, seed):
    """Alternating ridge regressions, line by line; a first component of ones stands for means."""
    rng = np.random.default_rng(seed)
    users, films = (0.1 * rng.standard_normal((size, k)) for size in X.shape)
    films[:, 0] = 1
    sides = [(X.tocsr(), users, films), (X.T.tocsr(), films, users)]
    for _ in range(SWEEPS):
        for matrix, mine, others in sides:
            for i, (start, stop) in enumerate(zip(matrix.indptr, matrix.indptr[1:])):
                A, b = others[matrix.indices[start:stop]], matrix.data[start:stop]
                ridge = penalty * (len(b) if by_number else 1) * np.eye(k)
                mine[i] = np.linalg.solve(A.T @ A + ridge, A.T @ b)
    return users, films


def by_semi_nmf(X, k, penalty):
    model = SemiNMF(k, l2=penalty, absent="unknown").fit(X)
    return model.H_[0].T, model.Z_[0]


def by_gaps(X):
    entries = X.tocoo()
    dense = np.full(X.shape, np.nan)
    dense[entries.row, entries.col] = entries.data
    model = SemiNMF(3).fit(dense)
    return model.H_[0].T, model.Z_[0]


def timed(fit, *given):
    start = time.process_time()
    factors = fit(*given)
    return factors, time.process_time() - start


def one_split(k, seed, gaps):
    """{method: {column: number}}."""
    X, chosen_on, judged_on = split(seed)
    fits = {
        "SemiNMF": lambda penalty: by_semi_nmf(X, k, penalty),
        "NumPy, plain": lambda penalty: by_numpy(X, k, penalty, False, seed),
        "NumPy, by number": lambda penalty: by_numpy(X, k, penalty, True, seed),
    }
    rows = {}
    for name, fit in fits.items():
        tried = [(*timed(fit, penalty), penalty) for penalty in PENALTIES[name]]
        factors, seconds, penalty = min(tried, key=lambda each: error(*each[0], chosen_on))
        rows[name] = {"penalty": penalty, "RMSE": error(*factors, judged_on), "s": seconds}
    if gaps:
        factors, seconds = timed(by_gaps, X)
        rows["SemiNMF(3) with NaN"] = {"RMSE": error(*factors, judged_on), "s": seconds}
    return rows


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--components", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--gaps", action="store_true", help="also SemiNMF(3) of the dense array")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    by_semi_nmf(split(0)[0], arguments.components, 0.02)  # imports and compiles
    splits = [one_split(arguments.components, s, arguments.gaps) for s in range(arguments.seeds)]
    rows = {
        name: {column: float(np.median([s[name][column] for s in splits])) for column in columns}
        for name, columns in splits[0].items()
    }
    best = min((rows[name] for name in PENALTIES if "NumPy" in name), key=lambda row: row["RMSE"])
    rows["SemiNMF beside NumPy"] = {c: rows["SemiNMF"][c] / best[c] for c in ("RMSE", "s")}
    measuring.table(f"ratings, {arguments.components} components", rows)
    measuring.write_json(arguments, "ratings", {"components": arguments.components, "rows": rows})


if __name__ == "__main__":
    main()
