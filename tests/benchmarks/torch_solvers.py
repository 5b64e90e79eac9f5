"""Semi-NMF as one writes it in PyTorch: the multiplicative rule, and Adam on Z and relu(H).

Both start where `SemiNMF` does and run on one thread of the CPU. The error of an iteration is
known from the next one's own products.
"""

import time
from importlib.util import find_spec

import numpy as np

from dsnmf.initialisation import appr_seminmf
from dsnmf.initialisation.svd import raised

#: Iterations.
ITERATIONS = {"PyTorch, multiplicative": 2000, "PyTorch, Adam": 2000}

#: Learning rates of Adam, of which the one with the least error counts.
RATES = (1e-3, 3e-3, 1e-2)


def is_there():
    return find_spec("torch") is not None


def _multiplicative(torch, X, Z, H, iterations):
    """Errors before each iteration. X is features x samples."""
    total = (X * X).sum()
    for _ in range(iterations):
        XH, HH = X @ H.T, H @ H.T
        yield total - 2 * (Z * XH).sum() + ((Z.T @ Z) * HH).sum()
        Z = torch.linalg.lstsq(HH, XH.T, driver="gelsd").solution.T
        A, B = Z.T @ X, Z.T @ Z
        up = A.clamp(min=0) + (-B).clamp(min=0) @ H
        down = (-A).clamp(min=0) + B.clamp(min=0) @ H
        H = H * torch.sqrt(up / down.clamp(min=1e-35))


def _adam(torch, X, Z, H, iterations, rate):
    Z, H = Z.clone().requires_grad_(), H.clone().requires_grad_()
    moving = torch.optim.Adam([Z, H], lr=rate)
    for _ in range(iterations):
        moving.zero_grad()
        error = torch.square(X - Z @ torch.relu(H)).sum()
        error.backward()
        yield error.detach()
        moving.step()


def _run(make, X, k, iterations, target):
    """Errors, and CPU seconds until each was known, the start included."""
    import torch

    began = time.process_time()
    X = X / np.linalg.norm(X) * np.sqrt(len(X))  # as SemiNMF scales it
    Z, H = appr_seminmf(np.ascontiguousarray(X.T), k)
    start = X.T, Z, raised(H)
    tensors = [torch.from_numpy(np.ascontiguousarray(each)) for each in start]
    errors, seconds = [], []
    for error in make(torch, *tensors, iterations):
        errors.append(float(error))
        seconds.append(time.process_time() - began)
        if errors[-1] <= target:
            break
    return errors, seconds


def run(solver, X, k, target=-np.inf):
    """A row: the squared error, CPU seconds in all and until the error is at most the target.

    Parameters
    ----------
    solver : str
        Of `ITERATIONS`.
    X : ndarray of float64, shape (n_samples, n_features)
    k : int
    target : float
        In the unit in which X has a root mean square norm of 1.

    Returns
    -------
    dict
    """
    import torch

    torch.set_num_threads(1)
    iterations, found = ITERATIONS[solver] + 1, []  # the last one says the error before it
    if solver == "PyTorch, multiplicative":
        found.append((None, *_run(_multiplicative, X, k, iterations, target)))
    else:
        for rate in RATES:

            def make(torch, X, Z, H, iterations, rate=rate):
                return _adam(torch, X, Z, H, iterations, rate)

            found.append((rate, *_run(make, X, k, iterations, target)))
    rate, errors, seconds = min(found, key=lambda each: (each[1][-1] > target, each[2][-1]))
    if errors[-1] > target:
        rate, errors, seconds = min(found, key=lambda each: each[1][-1])
    row = {"iterations": len(errors) - 1, "error": errors[-1], "seconds": seconds[-1]}
    row["seconds to 2,000"] = seconds[-1] if errors[-1] <= target else None
    return row if rate is None else {**row, "learning rate": rate}
