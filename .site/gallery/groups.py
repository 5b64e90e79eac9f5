"""Features of WSF without labels, digits that it has not seen; colours are the true digits."""

from dsnmf import WSF
from dsnmf.datasets import load_digits
from dsnmf.plotting import plot_embedding

digits = load_digits()
model = WSF(20, random_state=0).fit(digits.data[:1000])
plot_embedding(model.transform(digits.data[1000:]), digits.target[1000:])
