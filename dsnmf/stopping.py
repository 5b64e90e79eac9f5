"""The authors' stopping rules, on the unsquared residual norms d_1, d_2, … of the iterations."""

#: Iterations between two looks in the authors' MATLAB code.
MATLAB_EVERY = 10


def has_converged(previous, current, tol):
    """previous - current <= tol · max(1, previous): the test of the papers and of their code.

    Parameters
    ----------
    previous, current : float >= 0
        ‖X - X̂‖_F after two successive iterations, not squared.
    tol : float >= 0
        1e-6 in the ICML paper's fine-tuning, looked at after every iteration; 1e-5 in the
        MATLAB code of Semi-NMF, see `matlab_stops`.

    Returns
    -------
    bool

    Examples
    --------
    >>> from dsnmf.stopping import has_converged
    >>> has_converged(2.0, 1.9, 1e-6), has_converged(2.0, 1.9999999, 1e-6)
    (False, True)
    """
    return bool(previous - current <= tol * max(1, previous))


def matlab_stops(norms, tol=1e-5):
    """Whether the MATLAB code of Semi-NMF stops here: `has_converged` at iteration 10, 20, ….

    Parameters
    ----------
    norms : sequence of float
        ‖X - ZH‖_F after iteration 1, 2, …, up to now.
    tol : float >= 0

    Returns
    -------
    bool
        Always False between the looks.
    """
    looks = len(norms) > 1 and len(norms) % MATLAB_EVERY == 0
    return looks and has_converged(norms[-2], norms[-1], tol)
