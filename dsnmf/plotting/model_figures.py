"""Figures of models: components of a layer, training, features in the plane."""

from __future__ import annotations

import sys
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.plotting.array_figures import class_scatter, component_grid, cost_curve
from dsnmf.training import loop
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from dsnmf.dsnmf import DSNMF
    from dsnmf.estimators.base import Factorisation


def _is_original(model):
    """True if the model is a `DSNMF`; its module, which needs PyTensor, is not imported."""
    module = sys.modules.get("dsnmf.dsnmf")
    return module is not None and isinstance(model, module.DSNMF)


def fitted_attribute(model, attribute, function):
    """The attribute of a fitted estimator; an error explains the fault of other objects."""
    value = getattr(model, attribute, None)
    if value is not None:
        return value
    if hasattr(model, "get_params") and hasattr(model, "fit_transform"):
        state = "is not fitted: call fit first"
        if hasattr(model, "n_samples_seen_"):
            state = f"learned by partial_fit, which keeps no {attribute}: only fit does"
        raise ValueError(f"model is a {type(model).__name__} that {state}")
    raise TypeError(
        f"{function} takes a fitted estimator of this package, got {type(model).__name__}"
    )


def plot_components(
    model: DSNMF | Factorisation,
    image_shape: Sequence[int],
    layer: int = -1,
    *,
    largest: int | None = None,
    columns: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the components Z_1 … Z_layer of a model as small pictures.

    For arrays use `component_grid`.

    Parameters
    ----------
    model : DSNMF or fitted estimator
    image_shape : tuple of int
        (height, width), or (height, width, 3) for RGB.
    layer : int
        0 is the first layer, -1 the last.
    largest, columns, ax
        See `component_grid`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, the model is not fitted, or it has no such layer.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import DeepSemiNMF
    >>> from dsnmf.plotting import plot_components
    >>> X = np.random.default_rng(0).standard_normal((30, 12))
    >>> model = DeepSemiNMF((6, 2), solver="multiplicative").fit(X)
    >>> plot_components(model, (4, 3), layer=0).get_title()
    'layer 1: 6 components'
    """
    if _is_original(model):
        Zs = model.get_param_values()[:-1]
    else:
        Zs = fitted_attribute(model, "Z_", "plot_components")
    m = len(Zs)
    if isinstance(layer, bool) or not isinstance(layer, int | np.integer) or not -m <= layer < m:
        raise ValueError(f"layer must be an integer from {-m} to {m - 1}, got {layer!r}")
    i = layer % m
    components = reduce(np.matmul, Zs[: i + 1])
    k = components.shape[1]
    ax = component_grid(components, image_shape, largest=largest, columns=columns, ax=ax)
    shown = f"{k} components" if largest is None or largest >= k else f"{largest} of {k} components"
    ax.set_title(f"layer {i + 1}: {shown}", fontsize="medium")
    return ax


def plot_history(
    model: DSNMF | Factorisation, *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the cost that a model's training minimised, over its iterations.

    Parameters
    ----------
    model : DSNMF or fitted estimator
    label : str, optional
        Name of the curve; by default the model's class.
    ax : matplotlib Axes, optional
        A new figure by default; call again with the same axes for another model.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If the model is not of this package, or not fitted.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.plotting import plot_history
    >>> X = np.random.default_rng(0).standard_normal((30, 12))
    >>> ax = plot_history(SemiNMF(3, max_iter=40, tol=0).fit(X))
    >>> ax.get_lines()[0].get_xdata()
    array([ 0, 10, 20, 30])
    """
    label = getattr(model, "kind", type(model).__name__) if label is None else label
    if _is_original(model):
        if not model.history:
            raise ValueError("model is a DSNMF that is not fitted: call fit first")
        ax = cost_curve(model.history, label=label, ax=ax)
        ax.set_ylabel("cost: squared error")
        return ax
    costs = fitted_attribute(model, "history_", "plot_history")["cost"]
    # The rules' costs are computed only when the stopping rule needs them.
    every = 1 if len(costs) == model.n_iter_ else loop.CHECK_EVERY
    ax = cost_curve(costs, every=every, label=label, ax=ax)
    ax.set(xlabel="iteration", ylabel="cost (scaled squared error,\nwith penalties)")
    return ax


def _principal_plane(features):
    """The first two principal components of features, each axis with its farthest point > 0.

    And the shares of the features' variance that they have.
    """
    U, sigma, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    shares = np.square(sigma[:2]) / max(float(np.square(sigma).sum()), np.finfo(float).tiny)
    U, sigma = U[:, :2], sigma[:2]
    return U * sigma * np.sign(U[np.abs(U).argmax(axis=0), [0, 1]]), shares


def plot_embedding(
    features: ArrayLike, labels: ArrayLike | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the first two principal components of features, coloured by class.

    The axes say how much of the features' variance they have.

    For any other plane, e.g. t-SNE's: `class_scatter`.

    Parameters
    ----------
    features : array_like, shape (n_samples, k), at least 2 x 2
        E.g. `model.transform(X)`, or `DSNMF.get_features().T`.
    labels : array_like, shape (n_samples,), optional
        The classes; unknown ones are grey, see `class_scatter`.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.plotting import plot_embedding
    >>> features = np.random.default_rng(0).random((6, 4))
    >>> plot_embedding(features, ["a", "b", "c"] * 2).get_xlabel()
    'PCA 1 (39 % of variance)'
    """
    features = as_matrix(features, "features")
    if min(features.shape) < 2:
        raise ValueError(f"features must be at least 2 x 2, got shape {features.shape}")
    points, shares = _principal_plane(features)
    ax = class_scatter(points, labels, axis="PCA", ax=ax)
    x, y = (f"PCA {i} ({100 * share:.0f} % of variance)" for i, share in enumerate(shares, 1))
    ax.set(xlabel=x, ylabel=y)
    return ax
