"""The rules as the papers print them, in NumPy: full pseudo-inverses, dense graphs.

Independent of the package: the tests compare with it where there is no reference run, the
benchmark measures against it.
"""

import numpy as np


def pinv(A):
    return np.linalg.pinv(A, rcond=max(A.shape) * np.finfo(A.dtype).eps)


def update_H(X, Psi, H, floor, W=None):
    A, B = Psi.T @ X, Psi.T @ Psi
    numerator = (abs(A) + A) / 2 + (abs(B) - B) / 2 @ H
    denominator = (abs(A) - A) / 2 + (abs(B) + B) / 2 @ H
    if W is not None:
        numerator = numerator + H @ W
        denominator = denominator + H * W.sum(axis=0)
    return H * np.sqrt(numerator / np.maximum(denominator, floor))


def residual_norm(X, Zs, Hs):
    return np.linalg.norm(X - np.linalg.multi_dot([*Zs, Hs[-1]]))


def semi_nmf(X, H, iterations, W=None):
    """Z, H after so many iterations."""
    for _ in range(iterations):
        Z = X @ pinv(H)
        H = update_H(X, Z, H, np.finfo(float).eps, W)
    return Z, H


def deep_semi_nmf(X, Zs, Hs, iterations, Ws=None, features="propagated"):
    """Zs, Hs after so many iterations."""
    Zs, Hs, m = list(Zs), list(Hs), len(Zs)
    floor = 1e-10 if Ws is None else 1e-6
    for _ in range(iterations):
        E = [Hs[-1]]
        for Z in reversed(Zs[1:]):
            E.insert(0, Z @ E[0])
        if features == "stored":
            E = [Zs[1] @ Hs[1] if m > 1 else Hs[0], *Hs[1:]]
        Psi = np.eye(len(X))
        for i in range(m):
            Zs[i] = (pinv(Psi) if i else Psi) @ X @ pinv(E[i])
            Psi = Psi @ Zs[i] if i else Zs[i]
            Hs[i] = update_H(X, Psi, Hs[i], floor, None if Ws is None else Ws[i])
    return Zs, Hs


def in_parts(X):
    """A CSR matrix with each entry in two parts, not sorted, as SciPy allows it."""
    data, indices = np.r_[0.25 * X.data, 0.75 * X.data], np.r_[X.indices, X.indices]
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    order = np.argsort(np.r_[rows, rows], kind="stable")
    return type(X)((data[order], indices[order], 2 * X.indptr), shape=X.shape)
