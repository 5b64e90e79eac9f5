"""Which singular triplets count as noise."""

from dataclasses import dataclass

import numpy as np

from dsnmf.validation import as_number

#: Share of the largest σ² below which a component counts as noise, as in scipy.sparse.linalg.svds
#: for float32 data up to SciPy 1.8. The papers' results need it, in every dtype: without it the
#: first layer has hundreds of noise components.
NOISE_FLOOR = 1e3 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class NoiseFloor:
    """The value of `noise_floor`, with a number of triplets that are never noise.

    The largest σ² may be that of the data's mean, and all others small next to it. So a model gets
    the components that it needs, however small they are.

    Attributes
    ----------
    share : float in [0, 1)
        Triplets up to this share of the largest σ² are noise.
    least : int >= 0
        This many leading triplets are not noise, unless they are rounding.
    """

    share: float = NOISE_FLOOR
    least: int = 0

    def count(self, energies, rounding=0.0):
        """The number of σ², descending, that are not noise; those up to `rounding` always are."""
        real = energies[energies > rounding]
        above = int((real > self.share * real[:1]).sum())
        return max(above, min(self.least, len(real)))


def as_noise_floor(value):
    """A NoiseFloor, or one from its share in [0, 1); TypeError or ValueError otherwise."""
    if isinstance(value, NoiseFloor):
        return value
    value = as_number(value, "noise_floor", 0)
    if value >= 1:
        raise ValueError(f"noise_floor must be in [0, 1), got {value!r}")
    return NoiseFloor(value)
