#!/usr/bin/env bash
# set_output of a scikit-learn transformer whose transform is inherited.
#
# Expectation: set_output(transform="pandas") gives frames from whatever transform the class has: it returns
#   the estimator without a word, and get_feature_names_out is there.
# Behaviour: only a transform in the body of a class that has TransformerMixin among its bases is wrapped. One
#   that comes from a base without the mixin gives arrays, in either order of the bases; the same
#   method typed again, as a call of super(), gives frames.
# Versions: scikit-learn 1.9.0, pandas 3.1.0, numpy 2.4.0, Python 3.11.
# Output seen:
#   MixinFirst: ndarray
#   MixinLast: ndarray
#   Again: DataFrame
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'scikit-learn==1.9.0' 'pandas==3.1.0' 'numpy==2.4.0'
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin


class Doubles(BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return 2 * np.asarray(X)

    def get_feature_names_out(self, input_features=None):
        return np.array(["a", "b"], dtype=object)


class MixinFirst(TransformerMixin, Doubles):
    pass


class MixinLast(Doubles, TransformerMixin):
    pass


class Again(TransformerMixin, Doubles):
    def transform(self, X):
        return super().transform(X)


X = pd.DataFrame(np.eye(2))
for kind, expected in ((MixinFirst, np.ndarray), (MixinLast, np.ndarray), (Again, pd.DataFrame)):
    found = type(kind().set_output(transform="pandas").fit(X).transform(X))
    print(f"{kind.__name__}: {found.__name__}")
    assert found is expected, "inherited methods are wrapped now"
PYTHON
