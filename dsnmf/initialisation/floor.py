"""Which singular triplets count as noise."""

from dataclasses import dataclass

import numpy as np

from dsnmf.validation import as_number

#: Share of the largest σ² below which a component counts as noise: what
#: scipy.sparse.linalg.svds did to float32 data up to SciPy 1.8. The papers' results need it, in
#: every dtype; without it the first layer carries hundreds of noise components.
NOISE_FLOOR = 1e3 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class NoiseFloor:
    """What `noise_floor` stands for, with a number of triplets that it never takes.

    The largest σ² may be that of the data's mean, next to which all else looks like noise: a model
    that needs so many components gets them, however small they are.

    Attributes
    ----------
    share : float in [0, 1)
        Of the largest σ²: up to there triplets are noise.
    least : int >= 0
        So many leading triplets are none, unless they are rounding.
    """

    share: float = NOISE_FLOOR
    least: int = 0

    def count(self, energies, rounding=0.0):
        """How many of the σ², descending, are no noise; those up to `rounding` always are."""
        real = energies[energies > rounding]
        above = int((real > self.share * real[:1]).sum())
        return max(above, min(self.least, len(real)))


def as_noise_floor(value):
    """A NoiseFloor, also from its share, a float in [0, 1); TypeError or ValueError otherwise."""
    if isinstance(value, NoiseFloor):
        return value
    value = as_number(value, "noise_floor", 0)
    if value >= 1:
        raise ValueError(f"noise_floor must be in [0, 1), got {value!r}")
    return NoiseFloor(value)
