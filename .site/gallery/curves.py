"""Three components of noisy derivative curves, which have both signs, over their positions."""

import numpy as np

from dsnmf import SemiNMF
from dsnmf.plotting import component_curves

rng = np.random.default_rng(0)
position = np.linspace(900, 1700, 200)  # nm
widths, centres = np.array([[40.0], [60], [90]]), np.array([[1100.0], [1300], [1500]])
bands = np.exp(-np.square((position - centres) / widths) / 2)
slopes = np.gradient(bands, axis=1)
X = rng.gamma(1, size=(150, 3)) @ slopes + 0.002 * rng.standard_normal((150, 200))
model = SemiNMF(3, max_iter=5000, random_state=0).fit(X)
names = [f"{each:.0f}" for each in position]
component_curves(model.components_of(-1).T, names, xlabel="wavelength in nm")
