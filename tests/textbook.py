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


def _parts(X, Psi):
    A, B = Psi.T @ X, Psi.T @ Psi
    return [(abs(M) + M) / 2 for M in (A, -A, B, -B)]


def _penalty(H, W):
    return np.trace(H @ (np.diag(W.sum(axis=0)) - W) @ H.T)


def multiview_as_coded(Xs, Zss, Hss, Ws, gamma, iterations):
    """Zss, Hss and α after so many iterations of the authors' program, from α = 1 / V."""
    alpha = np.full(len(Xs), 1 / len(Xs))
    Zss, Hss = [[*Zs] for Zs in Zss], [[*Hs] for Hs in Hss]
    for _ in range(iterations):
        numerator, denominator = 0, 0
        for v, (X, W) in enumerate(zip(Xs, Ws)):
            old = Hss[v][-1]
            Zss[v], Hss[v] = deep_semi_nmf(X, Zss[v], Hss[v], 1)
            own, Psi = Hss[v][-1], np.linalg.multi_dot([*Zss[v], np.eye(len(old))])
            above, below, B_above, B_below = _parts(X, Psi)
            w = alpha[v] ** gamma
            numerator += w * (above + B_below @ own + old @ W)
            part = below + B_above @ own + old * W.sum(axis=0)
            denominator += w * np.maximum(part, 1e-10)
        R = np.empty(len(Xs))
        for v, (X, W) in enumerate(zip(Xs, Ws)):
            Hss[v][-1] = Hss[v][-1] * np.sqrt(numerator / denominator)
            R[v] = residual_norm(X, Zss[v], Hss[v]) + _penalty(Hss[v][-1], W)
        alpha = (gamma * R) ** (1 / (1 - gamma))
        alpha /= alpha.sum()
    return Zss, Hss, alpha


def multiview(Xs, S, Zss, Hss, Hm, Ws, alpha, gamma, iterations):
    """Zss, inner Hss, the one H_m and α, sample by sample; S says who has a view."""
    Zss, Hss, Hm = [[*Zs] for Zs in Zss], [[H.copy() for H in Hs] for Hs in Hss], Hm.copy()
    for _ in range(iterations):
        w, Psis = alpha**gamma, []
        for v, (X, s) in enumerate(zip(Xs, S > 0)):
            given = [*(H[:, s] for H in Hss[v]), Hm[:, s]]
            Zss[v], moved = deep_semi_nmf(X[:, s], Zss[v], given, 1)
            for H, new in zip(Hss[v], moved):
                H[:, s] = new
            Psis.append(np.linalg.multi_dot([*Zss[v], np.eye(len(Hm))]))
        W, new = sum(f * own for f, own in zip(w, Ws)), Hm.copy()
        for j in range(Hm.shape[1]):
            there = [v for v in range(len(Xs)) if S[v, j]]
            a = sum(w[v] * Psis[v].T @ Xs[v][:, j] for v in there)
            B = sum(w[v] * Psis[v].T @ Psis[v] for v in there)
            h, near = Hm[:, j], Hm @ W[:, j]
            top = np.maximum(a, 0) + np.maximum(-B, 0) @ h + near
            base = np.maximum(-a, 0) + np.maximum(B, 0) @ h + h * W[:, j].sum()
            new[:, j] = h * np.sqrt(top / np.maximum(base, 1e-10))
        Hm, R = new, np.empty(len(Xs))
        for v, (X, s) in enumerate(zip(Xs, S > 0)):
            R[v] = np.linalg.norm(X[:, s] - Psis[v] @ Hm[:, s]) ** 2 + _penalty(Hm, Ws[v])
        alpha = R ** (1 / (1 - gamma))
        alpha /= alpha.sum()
    return Zss, Hss, Hm, alpha


def in_parts(X):
    """A CSR matrix with each entry in two parts, not sorted, as SciPy allows it."""
    data, indices = np.r_[0.25 * X.data, 0.75 * X.data], np.r_[X.indices, X.indices]
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    order = np.argsort(np.r_[rows, rows], kind="stable")
    return type(X)((data[order], indices[order], 2 * X.indptr), shape=X.shape)
