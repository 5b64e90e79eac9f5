"""What a figure of a model is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation


@dataclass
class Wanted:
    """What a figure is made from; see `draw_figure`."""

    model: Factorisation
    layer: int
    features: np.ndarray | None
    features_name: str | None
    labels: ArrayLike | None
    shape: tuple[int, ...] | None
    style: str | None
    width: float
