"""Sixteen components of Semi-NMF on handwritten digits: red adds ink, blue takes it away."""

from dsnmf import SemiNMF
from dsnmf.datasets import load_digits
from dsnmf.plotting import plot_components

model = SemiNMF(16, random_state=0).fit(load_digits().data)
plot_components(model, (8, 8))
